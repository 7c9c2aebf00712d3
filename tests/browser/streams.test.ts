import type { CopyError, Sandbox } from 'mapcp/browser';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PathList } from '../../ts/browser/path-list.js';
import { hasChromium, inChromium } from './chromium.js';
import { hasFirefox, inFirefox } from './firefox.js';
import { browsers, prepare } from './prepared.js';

declare const worker: () => Worker;
declare const slow: {
  readonly box: Sandbox;
  readonly copying: Promise<unknown>;
  readonly abort: AbortController;
  end(): void;
  locks(): Promise<string[]>;
  names(): Promise<string[]>;
};
declare const recorded: <Item>() => Promise<Item[]>;

const kinds = Object.entries(browsers);
const places = [
  { name: 'Chromium', isHere: hasChromium, start: inChromium, kinds },
  // The other kinds are imitated, and differ in what mapcp calls.
  { name: 'Firefox', isHere: hasFirefox, start: inFirefox, kinds: kinds.slice(0, 1) },
];

/** Makes the call with this number fail as if there were no more room, of those that can take room. Records the name. */
function withoutRoomAt(failing: number): string {
  return `
    let calls = 0;
    const wrap = (type, name, isSynchronous, takesRoom = () => true) => {
      const act = type?.prototype[name];
      if (act === undefined) {
        return;
      }
      type.prototype[name] = function (...parameters) {
        if (!takesRoom(...parameters) || calls++ !== ${failing}) {
          return act.apply(this, parameters);
        }
        recorded.push(name);
        const error = new DOMException('no room', 'QuotaExceededError');
        if (isSynchronous) {
          throw error;
        }
        // The browser ends the stream.
        return (name === 'close' ? this.abort() : Promise.resolve()).then(() => Promise.reject(error));
      };
    };
    const synchronous = globalThis.FileSystemSyncAccessHandle;
    const stream = globalThis.FileSystemWritableFileStream;
    wrap(FileSystemDirectoryHandle, 'getFileHandle', false, (_, options) => options?.create === true);
    wrap(FileSystemFileHandle, 'createSyncAccessHandle', false);
    wrap(FileSystemFileHandle, 'createWritable', false);
    wrap(FileSystemFileHandle, 'move', false);
    wrap(synchronous, 'write', true);
    wrap(synchronous, 'truncate', true);
    wrap(stream, 'write', false);
    wrap(stream, 'truncate', false);
    wrap(stream, 'close', false);`;
}

describe.each(places.filter(({ isHere }) => isHere))('a stream in $name', ({ start, kinds }) => {
  const pages = start();

  it('is not taken for a list of paths', async () => {
    const page = await pages.open();
    await prepare(
      page,
      `const { decode } = TextDecoder.prototype;
      TextDecoder.prototype.decode = function (bytes, ...options) {
        recorded.push(bytes?.byteLength ?? 0);
        return decode.call(this, bytes, ...options);
      };`,
    );
    const sizes = await page.evaluate(async () => {
      const sandbox = await mapcp.openSandbox(
        { '/out': { tree: { dir: {} }, access: 'read-write' } },
        { worker },
      );
      await sandbox.copy(new Uint8Array(1e6), '/out/zeros');
      await sandbox.copy(new Blob(['a'.repeat(1e6)]), '/out/letters');
      const sizes = await recorded<number>();
      sandbox.close();
      return sizes;
    });
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });

  it('is sent once, also if it comes as views of a large buffer', async () => {
    const page = await pages.open();
    const sent = await page.evaluate(async () => {
      const { postMessage } = Worker.prototype;
      let sum = 0;
      Worker.prototype.postMessage = function (message, transfer) {
        for (const item of message?.parameters ?? []) {
          sum += ArrayBuffer.isView(item) ? item.buffer.byteLength : 0;
        }
        return postMessage.call(this, message, transfer as unknown as StructuredSerializeOptions);
      };
      const bytes = new Uint8Array(5e6).fill(65);
      const parts = Array.from({ length: 50 }, (_, index) => bytes.subarray(index * 1e5, (index + 1) * 1e5));
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const part of parts) {
            controller.enqueue(part);
          }
          controller.close();
        },
      });
      const sandbox = await mapcp.openSandbox({ '/out': { tree: { dir: {} }, access: 'read-write' } });
      const sent: number[] = [];
      for (const source of [bytes, parts, stream, new Blob([bytes])]) {
        sum = 0;
        await sandbox.copy(source, '/out/copy');
        sent.push(sum);
      }
      const { dir } = await sandbox.tree('/out');
      const copy = await (dir.copy as { source: Blob }).source.arrayBuffer();
      sandbox.close();
      // The caller still has the bytes.
      return [...sent, copy.byteLength, bytes.length];
    });
    expect(sent).toEqual([5e6, 5e6, 5e6, 5e6, 5e6, 5e6]);
  });

  it('whose target cannot be made fails once, and nothing fails in the background', async () => {
    const page = await pages.open();
    await prepare(
      page,
      `// Each step does one thing.
      let time = 0;
      performance.now = () => (time += 1000);
      const { getFileHandle } = FileSystemDirectoryHandle.prototype;
      FileSystemDirectoryHandle.prototype.getFileHandle = function (name, options) {
        return options?.create
          ? Promise.reject(new DOMException('it is gone', 'NotFoundError'))
          : getFileHandle.call(this, name, options);
      };
      addEventListener('unhandledrejection', ({ reason }) => recorded.push(String(reason)));`,
    );
    const found = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } }, { worker });
      const { code, message } = (await sandbox
        .copy(new Blob(['a']), '/out/x')
        .catch((error: unknown) => error)) as CopyError;
      const unhandled = await recorded<string>();
      sandbox.close();
      return { code, message, unhandled };
    });
    expect(found).toEqual({
      code: 'ENOENT',
      message: "cannot copy '-' to '/out/x': cannot write '/out/x': no such file or directory",
      unhandled: [],
    });
  });

  it('whose directory is gone fails with ENOENT, as a tree does', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const messages: unknown[] = [];
      for (const source of [new Blob(['a']), new Blob([new Uint8Array(3e6)]), '/in/d']) {
        const directory = await root.getDirectoryHandle('gone', { create: true });
        const sandbox = await mapcp.openSandbox({
          '/in': { tree: { dir: { d: { dir: {} } } }, access: 'read' },
          '/out': { directory, access: 'read-write' },
        });
        await root.removeEntry('gone', { recursive: true });
        const error = (await sandbox
          .copy(source, '/out/x', { recursive: true })
          .catch((reason: unknown) => reason)) as CopyError;
        messages.push([error.code, error.message.replace(/.*: /, '')]);
        sandbox.close();
      }
      return messages;
    });
    const expected = ['ENOENT', 'no such file or directory'];
    expect(found).toEqual([expected, expected, expected]);
  });

  for (const [name, before] of kinds) {
    it(`leaves nothing if there is no more room at any call, in ${name}`, async () => {
      const page = await pages.open();
      const calls: string[] = [];
      for (;;) {
        await prepare(page, before + withoutRoomAt(calls.length));
        const { failed, outcomes } = await page.evaluate(async () => {
          const root = await navigator.storage.getDirectory();
          const directory = await root.getDirectoryHandle('room', { create: true });
          const outcomes: unknown[] = [];
          const failed: string[] = [];
          for (const [old, isTree] of [
            [undefined, false],
            ['old', false],
            [undefined, true],
          ] as const) {
            for await (const name of directory.keys()) {
              await directory.removeEntry(name, { recursive: true });
            }
            const target = isTree ? '/out/d' : '/out/photo';
            const large = new Uint8Array(6e6).fill(65);
            const dir = { photo: { source: large }, small: { source: 'small' } };
            const seed = await mapcp.openSandbox({
              '/in': { tree: { dir: { old: { source: 'old' } } }, access: 'read' },
              '/out': { directory, access: 'read-write' },
            });
            await (old && seed.copy('/in/old', '/out/photo'));
            seed.close();
            const sandbox = await mapcp.openSandbox(
              { '/in': { tree: { dir }, access: 'read' }, '/out': { directory, access: 'read-write' } },
              { worker },
            );
            const error = await sandbox
              .copy(isTree ? '/in' : new Blob([large]), target, { recursive: true })
              .then(
                () => undefined,
                (reason: CopyError) => reason,
              );
            const found = await sandbox.tree('/out');
            const entries = Object.entries(
              isTree ? ((found.dir.d as typeof found | undefined)?.dir ?? {}) : found.dir,
            );
            const sizes = entries.map(([name, entry]) => [name, (entry as { source: Blob }).source.size]);
            const isWhole = isTree ? sizes.length === 2 : sizes.length === 1;
            failed.push(...(await recorded<string>()));
            sandbox.close();
            const places = isTree ? ['/out/d', '/out/d/photo', '/out/d/small'] : ['/out/photo'];
            const expected: Record<string, number> = { photo: 6e6, small: 5 };
            const isRight =
              error === undefined
                ? isWhole && sizes.every(([name, size]) => expected[name as string] === size)
                : error.code === 'EDQUOT' &&
                  places.includes(error.path) &&
                  error.leftover === undefined &&
                  (isTree
                    ? sizes.every(([name, size]) => expected[name as string] === size)
                    : JSON.stringify(sizes) === (old ? '[["photo",3]]' : '[]'));
            outcomes.push(isRight ? 'right' : [String(error), error?.code, sizes]);
          }
          return { failed, outcomes };
        });
        expect({ call: calls.length, failed, outcomes }).toEqual({
          call: calls.length,
          failed,
          outcomes: ['right', 'right', 'right'],
        });
        if (failed.length === 0) {
          break;
        }
        calls.push(...failed.slice(0, 1));
      }
      expect(calls.length).toBeGreaterThan(3);
    });
  }
});

describe.skipIf(!hasChromium)('while a stream waits', () => {
  const pages = inChromium();

  /** Begins to copy a stream to `/out/slow`, which then waits for its end. `slow` of the page continues it. */
  async function begin(page: Page, length: number, target = '/out/slow'): Promise<void> {
    await page.evaluate(
      async ([length, target]) => {
        const directory = await navigator.storage.getDirectory();
        const box = await mapcp.openSandbox({
          '/in': { tree: { dir: { a: { source: 'a' } } }, access: 'read-write' },
          '/out': { directory, access: 'read-write' },
        });
        const abort = new AbortController();
        let end = () => {};
        const source = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new Uint8Array(length).fill(65));
            end = () => {
              controller.enqueue(new Uint8Array(5).fill(66));
              controller.close();
            };
          },
        });
        const copying = box
          .copy(source, target, { overwrite: 'error', names: 'portable', signal: abort.signal })
          .then(
            ({ bytes }) => bytes,
            ({ code, message }) => code ?? message,
          );
        const locks = async () => {
          const { held = [], pending = [] } = await navigator.locks.query();
          return [held, pending].map((some) => some.map(({ name }) => name).join());
        };
        while (!/^mapcp file [^,]+$/.test((await locks())[0] ?? '')) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const names = async () => {
          const found: string[] = [];
          for await (const name of directory.keys()) {
            found.push(name);
          }
          return found.toSorted();
        };
        Object.assign(globalThis, { slow: { box, copying, abort, end: () => end(), locks, names } });
      },
      [length, target] as const,
    );
  }

  for (const length of [5, 3_000_000]) {
    it(`of more than ${length} bytes, all other copies run`, async () => {
      const [page, other] = [await pages.open(), await pages.open()];
      await begin(page, length);
      const found = await page.evaluate(async () => {
        const { box } = slow;
        await box.copy('/in/a', '/in/b');
        await box.copy('/in/a', '/out/b');
        await box.copy('/out/b', '/out/d/b');
        await box.copy(new Blob(['x']), '/out/c');
        return Object.keys((await box.tree('/out')).dir).filter((name) => !name.startsWith('.mapcp-'));
      });
      expect(found.toSorted()).toEqual(['b', 'c', 'd']);
      await other.evaluate(async () => {
        const directory = await navigator.storage.getDirectory();
        const box = await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } });
        await box.copy(new Blob(['other']), '/out/e');
        box.close();
      });
      const last = await page.evaluate(async () => {
        // Another tab has made its source meanwhile.
        await slow.box.copy('/out/e', '/out/f');
        slow.end();
        const outcome = await slow.copying;
        const { dir } = await slow.box.tree('/out');
        const text = await (dir.slow as { source: Blob }).source.text();
        return [outcome, text.length, text.slice(-6), await slow.names(), await slow.locks()];
      });
      const names = ['b', 'c', 'd', 'e', 'f', 'slow'];
      expect(last).toEqual([length + 5, length + 5, 'ABBBBB', names, ['', '']]);
    });

    it(`of more than ${length} bytes, it can be aborted, and leaves nothing`, async () => {
      const page = await pages.open();
      await begin(page, length);
      const found = await page.evaluate(async () => {
        slow.abort.abort(new Error('enough'));
        return [await slow.copying, await slow.names(), await slow.locks()];
      });
      expect(found).toEqual(['enough', [], ['', '']]);
    });

    it.each(['slow', 'new/slow'])(
      `of more than ${length} bytes, it may lose the name %s to another tab`,
      async (name) => {
        const [page, other] = [await pages.open(), await pages.open()];
        await begin(page, length, `/out/${name}`);
        await other.evaluate(async (name) => {
          const directory = await navigator.storage.getDirectory();
          const box = await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } });
          await box.copy(new Blob(['other']), `/out/${name}`);
          box.close();
        }, name);
        const found = await page.evaluate(async () => {
          slow.end();
          const outcome = await slow.copying;
          const { dir } = await slow.box.tree('/out');
          const [holder = dir] = Object.values(dir).flatMap((entry) => ('dir' in entry ? [entry.dir] : []));
          const text = await (holder.slow as { source: Blob }).source.text();
          return [outcome, text, Object.keys(holder)];
        });
        expect(found).toEqual(['EEXIST', 'other', ['slow']]);
      },
    );
  }

  it('its temporary file is not removed, and other ones are', async () => {
    const [page, other] = [await pages.open(), await pages.open()];
    await begin(page, 3_000_000);
    const clean = async () => {
      const directory = await navigator.storage.getDirectory();
      await directory.getFileHandle('.mapcp-0123456789abcdef.tmp', { create: true });
      const box =
        (globalThis as { slow?: { box: Sandbox } }).slow?.box ??
        (await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } }));
      return box.clean('/out');
    };
    expect([await other.evaluate(clean), await page.evaluate(clean)]).toEqual([1, 1]);
    const found = await page.evaluate(async () => {
      slow.end();
      return [await slow.copying, await slow.names()];
    });
    expect(found).toEqual([3_000_005, ['slow']]);
  });
});

describe('a list of paths', () => {
  it('is taken in pieces, and does not grow with a path that is too long', () => {
    const list = new PathList('\0');
    const add = (text: string) => list.add(new TextEncoder().encode(text));
    expect(add('a\0b')).toEqual(['a']);
    expect(add('c\0')).toEqual(['bc']);
    for (let index = 0; index < 20; index++) {
      expect(add('x'.repeat(65_536))).toEqual([]);
      expect(list.rest.length).toBe(65_536);
    }
    expect(add('x\0d\0')).toEqual(['d']);
    expect(list.rest).toBe('');
  });
});
