// Copies in the browser's storage, in every way that a browser may need. The worker of each test takes some of
// Chromium's functions away.

import type { DirectoryEntry, FoundDirectory } from 'mapcp/browser';
import { describe, expect, it } from 'vitest';
import { hasChromium, inChromium } from './chromium.js';
import { hasFirefox, inFirefox } from './firefox.js';
import { browsers, prepare } from './prepared.js';

declare const worker: () => Worker;
declare const listing: (directory: DirectoryEntry) => Promise<string[]>;
declare const recorded: <Item>() => Promise<Item[]>;

const places = [
  { name: 'Chromium', isHere: hasChromium, start: inChromium },
  { name: 'Firefox', isHere: hasFirefox, start: inFirefox },
];

describe.each(places.filter(({ isHere }) => isHere))('a copy to storage in $name', ({ start }) => {
  const pages = start();

  for (const [name, before] of Object.entries(browsers)) {
    it(`is byte for byte the source, new and over other files, in ${name}`, async () => {
      const page = await pages.open();
      await prepare(page, before);
      const found = await page.evaluate(async () => {
        const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * index) >> 9);
        const tree = {
          dir: {
            empty: { source: '' },
            small: { source: 'small' },
            window: { source: bytes(1 << 20) },
            large: { source: bytes(9_000_001) },
            holed: {
              source: bytes(6 << 20)
                .fill(0, 1 << 20, 4 << 20)
                .fill(0, 5 << 20),
            },
            d: { dir: { e: { dir: {} }, README: { source: 'one' }, readme: { source: 'two' } } },
          },
        };
        const root = await navigator.storage.getDirectory();
        const directory = await root.getDirectoryHandle('private', { create: true });
        const sandbox = await mapcp.openSandbox(
          { '/in': { tree, access: 'read' }, '/out': { directory, access: 'read-write' } },
          { worker, memory: 40 << 20 },
        );
        const expected = await listing(await sandbox.tree('/in'));
        const outcomes: unknown[] = [];
        // New, then over itself, then over files of other sizes, read back.
        for (const [target, verify] of [
          ['/out/a', false],
          ['/out/a', false],
          ['/out/b', false],
          ['/out/b', true],
        ] as const) {
          const { files } = await sandbox.copy('/in', target, { recursive: true, verify });
          const copy = (await sandbox.tree('/out')).dir[target.slice(5)] as FoundDirectory;
          const lines = await listing(copy);
          outcomes.push([files, lines.join('\n') === expected.join('\n') ? 'same' : lines]);
          await sandbox.copy('/in/small', '/out/b/large');
          await sandbox.copy('/in/large', '/out/b/small');
        }
        const names = Object.keys((await sandbox.tree('/out')).dir).sort();
        sandbox.close();
        return { outcomes, names };
      });
      expect(found).toEqual({ outcomes: Array.from({ length: 4 }, () => [7, 'same']), names: ['a', 'b'] });
    });
  }

  it('reads each small file once, and a large file of the private file system only by synchronous access', async () => {
    const page = await pages.open();
    await prepare(
      page,
      `const { arrayBuffer } = Blob.prototype;
      Blob.prototype.arrayBuffer = function () {
        recorded.push(this.size);
        return arrayBuffer.call(this);
      };`,
    );
    const sizes = await page.evaluate(async () => {
      const tree = {
        dir: {
          large: { source: new Uint8Array(3 << 20).fill(7) },
          ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, { source: 'small' }])),
        },
      };
      const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle('once', {
        create: true,
      });
      const sandbox = await mapcp.openSandbox(
        { '/in': { tree, access: 'read' }, '/out': { directory, access: 'read-write' } },
        { worker },
      );
      await sandbox.copy('/in', '/out/one', { recursive: true });
      await sandbox.copy('/out/one', '/out/two', { recursive: true });
      const found = await recorded<number>();
      sandbox.close();
      return found;
    });
    expect(sizes.filter((size) => size === 5)).toHaveLength(40);
    // Firefox cannot open a file for reading only.
    expect(sizes.filter((size) => size !== 5).length).toBeLessThanOrEqual(start === inChromium ? 0 : 1);
  });

  it('gives a file of more than 1 MiB its name only when it is complete, even if it fits in one window', async () => {
    const page = await pages.open();
    await prepare(
      page,
      `const { createWritable } = FileSystemFileHandle.prototype;
      FileSystemFileHandle.prototype.createWritable = function () {
        recorded.push(this.name);
        return createWritable.call(this);
      };`,
    );
    const found = await page.evaluate(async () => {
      const bytes = new Uint8Array(2 << 20).fill(7);
      const tree = { dir: { small: { source: 'small' }, large: { source: bytes } } };
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox(
        { '/in': { tree, access: 'read' }, '/out': { directory, access: 'read-write' } },
        { worker },
      );
      await sandbox.copy('/in', '/out/complete', { recursive: true });
      const filledInPlace = await recorded<string>();
      sandbox.close();
      const copy = await (await directory.getDirectoryHandle('complete')).getFileHandle('large');
      return { filledInPlace, size: (await copy.getFile()).size };
    });
    expect(found).toEqual({ filledInPlace: ['small'], size: 2 << 20 });
  });

  it('is not listed if its directory is gone, and is listed without what vanishes meanwhile', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const directory = await root.getDirectoryHandle('listed', { create: true });
      await directory.getDirectoryHandle('inner', { create: true });
      await directory.getFileHandle('file', { create: true });
      const sandbox = await mapcp.openSandbox({ '/out': { directory, access: 'read' } });
      const { entries } = FileSystemDirectoryHandle.prototype;
      Object.assign(FileSystemDirectoryHandle.prototype, {
        async *entries(this: FileSystemDirectoryHandle) {
          if (this.name === 'inner') {
            await directory.removeEntry('inner');
          }
          yield* entries.call(this);
        },
      });
      const { dir } = await sandbox.tree('/out');
      Object.assign(FileSystemDirectoryHandle.prototype, { entries });
      await root.removeEntry('listed', { recursive: true });
      const error = await sandbox.tree('/out').then(
        () => 'it was listed',
        ({ code, path, message }) => ({
          code,
          path,
          message,
        }),
      );
      sandbox.close();
      return { names: Object.keys(dir), error };
    });
    expect(found).toEqual({
      names: ['file'],
      error: { code: 'ENOENT', path: '/out', message: "cannot list '/out': no such file or directory" },
    });
  });

  it('within storage is the source, under every policy and filter, at every size of a directory', async () => {
    const page = await pages.open();
    await prepare(page, '');
    const found = await page.evaluate(async () => {
      const file = (index: number) => ({ source: `${index} `.repeat(index % 50) });
      const wide = Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [`file-${index}.log`, file(index)]),
      );
      let deep: DirectoryEntry = { dir: { end: file(3) } };
      for (let level = 0; level < 40; level++) {
        deep = {
          dir: { [`level-${level}`]: deep, [`a-${level}`]: file(level), [`z-${level}`]: file(level + 1) },
        };
      }
      const tree = {
        dir: { wide: { dir: wide }, deep, large: { source: new Uint8Array(20 << 20).fill(3) } },
      };
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/store': { directory, access: 'read-write' },
        '/memory': { tree: { dir: {} }, access: 'read-write' },
      });
      const expected = (await listing(await sandbox.tree('/in'))).join('\n');
      await sandbox.copy('/in', '/store/a', { recursive: true });
      let seen = 0;
      await sandbox.copy('/store/a', '/store/b', { recursive: true, onProgress: () => void seen++ });
      const counts: unknown[] = [];
      for (const overwrite of ['never', 'newer', 'always'] as const) {
        const report = await sandbox.copy('/store/a', '/store/b', {
          recursive: true,
          overwrite,
          verify: overwrite === 'always',
        });
        counts.push([report.files, report.skipped]);
      }
      await sandbox.copy('/store/b', '/memory/c', { recursive: true });
      const filtered = await sandbox.copy('/store/b', '/store/d', {
        recursive: true,
        exclude: ['file-[1-6]*.log', 'level-30'],
        onEntry: () => {},
      });
      const stored = (await sandbox.tree('/store')).dir as Record<string, FoundDirectory>;
      const memory = (await sandbox.tree('/memory')).dir as Record<string, FoundDirectory>;
      const lists = await Promise.all(
        [stored.a, stored.b, memory.c].map((each) => listing(each ?? { dir: {} })),
      );
      sandbox.close();
      return {
        same: lists.map((lines) => lines.join('\n') === expected),
        counts,
        seen: seen > 0,
        filtered: [filtered.files, filtered.skipped],
      };
    });
    expect(found.same).toEqual([true, true, true]);
    expect(found.counts).toEqual([
      [0, 382],
      [0, 382],
      [382, 0],
    ]);
    expect(found.seen).toBe(true);
    expect(found.filtered[0]).toBeGreaterThan(20);
  });

  it('within storage has the entries of a list, and no others', async () => {
    const page = await pages.open();
    await prepare(page, '');
    const found = await page.evaluate(async () => {
      const tree = {
        dir: {
          a: { dir: { b: { dir: { one: { source: '1' }, two: { source: '2' } } }, three: { source: '3' } } },
          c: { dir: { d: { dir: { four: { source: '4' } } } } },
          five: { source: '5' },
        },
      };
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/store': { directory, access: 'read-write' },
      });
      await sandbox.copy('/in', '/store/from', { recursive: true });
      const files = ['a/b/two', 'five', 'c/d/four', 'a/three'];
      const counts: unknown[] = [];
      for (const overwrite of ['error', 'never'] as const) {
        const report = await sandbox.copy('/store/from', '/store/to', { recursive: true, overwrite, files });
        counts.push([report.files, report.skipped]);
      }
      const { dir } = await sandbox.tree('/store');
      sandbox.close();
      return { counts, lines: (await listing(dir.to as FoundDirectory)).map((line) => line.split(' ')[0]) };
    });
    expect(found).toEqual({
      counts: [
        [4, 0],
        [0, 4],
      ],
      lines: ['a/', 'a/b/', 'a/b/two', 'a/three', 'c/', 'c/d/', 'c/d/four', 'five'],
    });
  });

  it('takes no more memory than allowed, reports its progress to the end, and leaves nothing if it is aborted', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const part = new Uint8Array(4 << 20).fill(1);
      const source = new Blob(Array.from({ length: 16 }, () => part));
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox(
        {
          '/in': { tree: { dir: { a: { source } } }, access: 'read' },
          '/out': { directory, access: 'read-write' },
        },
        { memory: 1 << 20 },
      );
      const done: number[] = [];
      await sandbox.copy('/in/a', '/out/a', { onProgress: ({ bytesDone }) => void done.push(bytesDone) });
      const abort = new AbortController();
      let temporary = '';
      const aborted = await sandbox
        .copy('/in/a', '/out/b', {
          signal: abort.signal,
          onProgress: async ({ bytesDone }) => {
            if (bytesDone > 8 << 20) {
              temporary =
                Object.keys((await sandbox.tree('/out')).dir).find((name) => name.startsWith('.mapcp-')) ??
                '';
              abort.abort(new Error('enough'));
            }
          },
        })
        .catch((error: unknown) => (error as Error).message);
      const { dir } = await sandbox.tree('/out');
      sandbox.close();
      return {
        last: done.at(-1),
        steps: done.length > 1,
        aborted,
        temporary: temporary !== '',
        names: Object.keys(dir),
      };
    });
    expect(found).toEqual({ last: 64 << 20, steps: true, aborted: 'enough', temporary: true, names: ['a'] });
  });
});

describe.skipIf(!hasChromium)('a copy to storage', () => {
  const pages = inChromium();

  it('of a tab that was closed leaves at most a temporary file, which clean removes', async () => {
    const page = await pages.open();
    const other = await pages.open();
    await page.evaluate(async () => {
      const part = new Uint8Array(4 << 20).fill(1);
      const source = new Blob(Array.from({ length: 64 }, () => part));
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source } } }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      await new Promise<void>((begun) => {
        const onProgress = ({ bytesDone }: { bytesDone: number }) => {
          if (bytesDone > 8 << 20) {
            begun();
            return new Promise<void>(() => {});
          }
          return undefined;
        };
        void sandbox.copy('/in/a', '/out/a', { onProgress });
      });
    });
    await page.close();
    const found = await other.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } });
      const before = Object.keys((await sandbox.tree('/out')).dir);
      const removed = await sandbox.clean('/out');
      const after = Object.keys((await sandbox.tree('/out')).dir);
      sandbox.close();
      return {
        isTemporary: before.every((name) => /^\.mapcp-[0-9a-f]+\.tmp$/.test(name)),
        count: before.length,
        removed,
        after,
      };
    });
    expect(found).toEqual({ isTemporary: true, count: 1, removed: 1, after: [] });
  });
});
