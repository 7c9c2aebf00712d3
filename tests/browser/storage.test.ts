import type { CopyError } from 'mapcp/browser';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasChromium, inChromium } from './chromium.js';
import { prepare } from './prepared.js';

declare const worker: () => Worker;

/** Lets the browser write 3,000,000 bytes, and then no more. Chromium itself does not apply a new quota at once. */
const ROOM_ENDS = `
  let room = 3_000_000;
  for (const type of [FileSystemSyncAccessHandle, FileSystemWritableFileStream]) {
    const { write } = type.prototype;
    type.prototype.write = function (data, ...rest) {
      room -= (data.data ?? data).byteLength ?? data.size;
      if (room >= 0) {
        return write.call(this, data, ...rest);
      }
      const error = new DOMException('no room', 'QuotaExceededError');
      if (type === FileSystemSyncAccessHandle) {
        throw error;
      }
      return Promise.reject(error);
    };
  }`;

/** The content of the origin's private file system: the text of each file by its path, and null for each directory. */
function stored(page: Page): Promise<Record<string, string | null>> {
  return page.evaluate(async () => {
    const found: Record<string, string | null> = {};
    async function look(directory: FileSystemDirectoryHandle, below: string): Promise<void> {
      for await (const [name, handle] of directory.entries()) {
        const path = below + name;
        found[path] = null;
        if (handle.kind === 'directory') {
          await look(handle as FileSystemDirectoryHandle, `${path}/`);
        } else {
          const file = await (handle as FileSystemFileHandle).getFile();
          const bytes = new Uint8Array(await file.arrayBuffer());
          found[path] = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
        }
      }
    }
    await look(await navigator.storage.getDirectory(), '');
    return found;
  });
}

/** Copies a tree of small files to a path in the private file system. */
function copyTree(page: Page, names: readonly string[], target: string): Promise<number> {
  return page.evaluate(
    async ([names, target]) => {
      const files = Object.fromEntries(names.map((name) => [name, { source: `content of ${name}` }]));
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: files }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      const report = await sandbox.copy('/in', `/out/${target}`, { recursive: true });
      sandbox.close();
      return report.files;
    },
    [names, target] as const,
  );
}

describe.skipIf(!hasChromium)("in the browser's private file system", () => {
  const pages = inChromium();

  it('a copy is complete when the promise resolves, and after a reload, byte for byte', async () => {
    const page = await pages.open();
    await page.evaluate(async () => {
      const bytes = Uint8Array.from({ length: 700_000 }, (_, index) => (index * index) >> 5);
      const tree = {
        dir: {
          large: { source: bytes },
          d: { dir: { e: { dir: {} }, text: { source: 'text' } } },
          empty: { source: '' },
        },
      };
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      await sandbox.copy('/in', '/out/b', { recursive: true, windowSize: 65_536 });
      // Not closed: the page may be left at any time.
    });
    await page.reload();
    const bytes = Uint8Array.from({ length: 700_000 }, (_, index) => (index * index) >> 5);
    const found = await stored(page);
    expect(Object.keys(found).toSorted()).toEqual(['b', 'b/d', 'b/d/e', 'b/d/text', 'b/empty', 'b/large']);
    expect(found).toMatchObject({ 'b/d': null, 'b/d/e': null, 'b/d/text': 'text', 'b/empty': '' });
    // toEqual would print all the bytes.
    expect(found['b/large'] === Buffer.from(bytes).toString('latin1')).toBe(true);
  });

  it('is a source, and a target for replacing and merging', async () => {
    const page = await pages.open();
    await copyTree(page, ['a', 'b'], 'from');
    await copyTree(page, ['b', 'c'], 'to');
    const report = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { directory: await root.getDirectoryHandle('from'), access: 'read' },
        '/out': { directory: await root.getDirectoryHandle('to'), access: 'read-write' },
      });
      await sandbox.copy('/in', '/out', { recursive: true, overwrite: 'always' });
      const report = await sandbox.copy('/in', '/out', { recursive: true, overwrite: 'never' });
      sandbox.close();
      return report;
    });
    expect(report).toMatchObject({ files: 0, skipped: 2 });
    const content = (name: string) => `content of ${name}`;
    expect(await stored(page)).toEqual({
      from: null,
      'from/a': content('a'),
      'from/b': content('b'),
      to: null,
      'to/a': content('a'),
      'to/b': content('b'),
      'to/c': content('c'),
    });
  });

  it('sees changes by others between two copies', async () => {
    const page = await pages.open();
    const code = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source: 'x' } } }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      await directory.getFileHandle('b', { create: true });
      const error = (await sandbox
        .copy('/in/a', '/out/b', { overwrite: 'error' })
        .catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      return error.code;
    });
    expect(code).toBe('EEXIST');
    expect(await stored(page)).toEqual({ b: '' });
  });

  it('refuses a portable name if another one beside it is the same to some file systems', async () => {
    const page = await pages.open();
    const outcomes = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      await directory.getFileHandle('README', { create: true });
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source: 'x' } } }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      const copyTo = (target: string) =>
        sandbox.copy('/in/a', target, { names: 'portable' }).then(
          ({ files }) => files,
          ({ code, sibling }) => [code, sibling],
        );
      const found = [await copyTo('/out/readme'), await copyTo('/out/other')];
      sandbox.close();
      return found;
    });
    expect(outcomes).toEqual([['ERR_MAPCP_NAME_NOT_PORTABLE', 'README'], 1]);
  });

  it('holds neither links nor times, and reports that', async () => {
    const page = await pages.open();
    const messages = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const tree = { dir: { file: { source: 'x' }, link: { symlink: 'file' } } };
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      const tried = [
        sandbox.copy('/in/link', '/out/link'),
        sandbox.copy('/in/file', '/out/timed', { preserveTimestamps: true }),
        sandbox.copy('/in/link', '/out/followed', { symlinks: 'follow' }),
      ];
      const results = await Promise.allSettled(tried);
      sandbox.close();
      return results.flatMap((result) =>
        result.status === 'rejected' ? result.reason.message : result.value.warnings.map(String),
      );
    });
    expect(messages).toEqual([
      "cannot copy '/in/link' to '/out/link': cannot create '/out/link': the target's file system has no symbolic links; copy what they lead to, with symlinks: 'follow', or leave them out, with symlinks: 'skip'",
      expect.stringContaining("cannot set the times of '/out/timed'"),
    ]);
    expect(await stored(page)).toEqual({ followed: 'x', timed: 'x' });
  });

  it('has nothing of a file whose copy was aborted', async () => {
    const page = await pages.open();
    await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const source = new Blob([new Uint8Array(30 << 20).fill(1)]);
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source } } }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      const abort = new AbortController();
      const options = { signal: abort.signal, onProgress: () => abort.abort() };
      await sandbox.copy('/in/a', '/out/a', options).catch(() => {});
      sandbox.close();
    });
    expect(await stored(page)).toEqual({});
  });

  it('is refused before the copy starts if the browser grants too little room', async () => {
    const page = await pages.open();
    const error = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      // The same 64 MiB many times. They are never read.
      const part = new Blob([new Uint8Array(64 << 20)]);
      const source = new Blob(Array.from({ length: 8192 }, () => part));
      const sandbox = await mapcp.openSandbox(
        {
          '/in': { tree: { dir: { a: { source } } }, access: 'read' },
          '/out': { directory, access: 'read-write' },
        },
        { memory: 2 ** 50 },
      );
      const error = (await sandbox
        .copy('/in', '/out/c', { recursive: true })
        .catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      return { code: error.code, operation: error.operation, message: error.message };
    });
    expect(error).toMatchObject({ code: 'EDQUOT', operation: 'accept' });
    expect(error.message).toMatch(
      /the copy has 549755813888 bytes, and the browser grants this page \d+ more$/,
    );
    expect(await stored(page)).toEqual({});
  });

  it('names the file for which there was no room, and keeps nothing of it', async () => {
    const page = await pages.open();
    const client = await pages.context.newCDPSession(page);
    // Takes the room away after the first check.
    await page.exposeFunction('takeRoomAway', () =>
      client.send('Storage.overrideQuotaForOrigin', { origin: pages.origin, quotaSize: 1 << 19 }),
    );
    const error = await page.evaluate(async () => {
      const { takeRoomAway } = globalThis as unknown as { takeRoomAway(): Promise<void> };
      const directory = await navigator.storage.getDirectory();
      const tree = {
        dir: { first: { source: 'x' }, second: { source: new Uint8Array(1 << 20).fill(1) } },
      };
      const sandbox = await mapcp.openSandbox(
        { '/in': { tree, access: 'read' }, '/out': { directory, access: 'read-write' } },
        { watch: takeRoomAway },
      );
      const error = (await sandbox
        .copy('/in', '/out/c', { recursive: true })
        .catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      return { ...error, message: error.message };
    });
    expect(error).toMatchObject({
      code: 'EDQUOT',
      operation: 'write',
      source: '/in/second',
      target: '/out/c/second',
      message:
        "cannot copy '/in/second' to '/out/c/second': cannot write '/out/c/second': " +
        'the browser grants this page no more room',
    });
    expect(await stored(page)).toEqual({ c: null, 'c/first': 'x' });
  });

  it.each([
    ['a tree that does not fit', 'tree'],
    ['a tree that does not fit, while each entry is reported', 'reported'],
    ['a tree that does not fit, with keepGoing', 'keepGoing'],
    ['a tree into a directory that was removed', 'removed'],
    ['a tree into a directory that was removed, while each entry is reported', 'removed, reported'],
    ['a tree of large files into a directory that was removed', 'removed, large'],
    ['a stream that does not fit', 'stream'],
    ['a stream into a directory that was removed', 'removed, stream'],
  ])('counts and reports only what was stored: %s', async (_, kind) => {
    const page = await pages.open();
    await prepare(page, ROOM_ENDS);
    const { counted, entries, ...error } = await page.evaluate(async (kind) => {
      const root = await navigator.storage.getDirectory();
      const directory = await root.getDirectoryHandle('d', { create: true });
      const source = new Uint8Array(kind.endsWith('large') ? 3e6 : kind.endsWith('stream') ? 4e6 : 2e5).fill(
        65,
      );
      const files = Array.from({ length: 40 }, (_, index) => [`f${index}`, { source }]);
      const tree = { dir: { sub: { dir: Object.fromEntries(files) } } };
      const sandbox = await mapcp.openSandbox(
        { '/in': { tree, access: 'read' }, '/out': { directory, access: 'read-write' } },
        { worker },
      );
      if (kind.startsWith('removed')) {
        await root.removeEntry('d', { recursive: true });
      }
      const entries: string[] = [];
      const options = {
        recursive: true,
        keepGoing: kind === 'keepGoing',
        onEntry: kind.endsWith('reported')
          ? ({ target }: { target: string }) => void entries.push(target)
          : undefined,
      };
      const copying = kind.endsWith('stream')
        ? sandbox.copy(new Blob([source]), '/out/x')
        : sandbox.copy('/in', '/out/./x/', options);
      const error = (await copying.catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      const { code, source: from, target, path, report } = error;
      const { bytes, files: count, directories } = report ?? {};
      return { code, source: from, target, path, entries, counted: { bytes, files: count, directories } };
    }, kind);
    const found = Object.entries(await stored(page)).filter(([path]) => path !== 'd');
    const files = found.filter(([, content]) => content !== null);
    expect(counted).toEqual({
      bytes: files.reduce((sum, [, content]) => sum + (content?.length ?? 0), 0),
      files: files.length,
      directories: found.length - files.length,
    });
    const isRemoved = kind.startsWith('removed');
    expect(error.code).toBe(isRemoved ? 'ENOENT' : 'EDQUOT');
    expect(`${error.source} ${error.target} ${error.path}`).not.toContain('mapcp');
    expect(files.length > 0).toBe(!isRemoved && kind !== 'stream');
    if (kind.endsWith('reported')) {
      expect(entries.map((path) => path.replace('/./', '/').replace(/\/$/, '')).toSorted()).toEqual(
        found.map(([path]) => path.replace(/^d/, '/out')).toSorted(),
      );
    }
  });

  it('names the entry in an error, and not its temporary file', async () => {
    const page = await pages.open();
    const error = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const directory = await root.getDirectoryHandle('d', { create: true });
      const tree = { dir: { sub: { dir: { large: { source: new Uint8Array(3e6).fill(65) } } } } };
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      await root.removeEntry('d');
      const error = (await sandbox
        .copy('/in/sub', '/out', { recursive: true })
        .catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      return error.message;
    });
    expect(error).toBe(
      "cannot copy '/in/sub/large' to '/out/large': cannot write '/out/large': no such file or directory",
    );
  });

  it('reports a file that is in use, and leaves it unchanged', async () => {
    const page = await pages.open();
    const error = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const file = await directory.getFileHandle('b', { create: true });
      const code = `onmessage = async ({ data }) => {
        const access = await data.createSyncAccessHandle();
        access.write(new TextEncoder().encode('old'));
        access.flush();
        postMessage('held');
      };`;
      const holder = new Worker(URL.createObjectURL(new Blob([code])));
      await new Promise((held) => {
        holder.onmessage = held;
        holder.postMessage(file);
      });
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source: 'new' } } }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      const error = (await sandbox.copy('/in/a', '/out/b').catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      holder.terminate();
      return { code: error.code, message: error.message };
    });
    expect(error).toEqual({
      code: 'EBUSY',
      message: "cannot copy '/in/a' to '/out/b': cannot write '/out/b': it is in use, perhaps by another tab",
    });
  });

  it('is written by two tabs in turn', async () => {
    const [one, other] = [await pages.open(), await pages.open()];
    const names = (tab: string) => Array.from({ length: 40 }, (_, index) => `${tab}${index}`);
    const files = await Promise.all([copyTree(one, names('one'), 'd'), copyTree(other, names('other'), 'd')]);
    expect(files).toEqual([40, 40]);
    await one.reload();
    const expected = [...names('one'), ...names('other')].map((name) => [`d/${name}`, `content of ${name}`]);
    expect(await stored(one)).toEqual({ d: null, ...Object.fromEntries(expected) });
  });

  it('leaves the queue if it is aborted while another tab copies', async () => {
    const [one, other] = [await pages.open(), await pages.open()];
    await one.evaluate(() => {
      navigator.locks.request('mapcp', () => new Promise(() => {}));
    });
    const message = await other.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } });
      const abort = new AbortController();
      const copying = sandbox.copy('/out/a', '/out/b', { signal: abort.signal });
      const isWaiting = async () => ((await navigator.locks.query()).pending ?? []).length > 0;
      while (!(await isWaiting())) {
        // Waits until the browser has queued it.
      }
      abort.abort(new Error('too long'));
      const error = (await copying.catch((reason: unknown) => reason)) as CopyError;
      sandbox.close();
      return error.message;
    });
    expect(message).toBe('too long');
  });

  it('leaves the queue if its sandbox is closed while another tab copies', async () => {
    const [one, other] = [await pages.open(), await pages.open()];
    await one.evaluate(
      () =>
        new Promise<void>((held) => {
          navigator.locks.request('mapcp', () => {
            held();
            return new Promise((leave) => Object.assign(globalThis, { leave }));
          });
        }),
    );
    const codes = await other.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox({ '/out': { directory, access: 'read-write' } });
      // More than run at a time, so that some wait for the others.
      const waiting = Array.from({ length: 20 }, (_, index) => sandbox.copy('/out/a', `/out/${index}`));
      const cleaning = sandbox.clean('/out');
      sandbox.close();
      const results = await Promise.allSettled([...waiting, cleaning]);
      const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'done'));
      return [...new Set(codes)];
    });
    expect(codes).toEqual(['ERR_MAPCP_CLOSED']);
    // It holds no turn that it may have got meanwhile.
    await one.evaluate(() => Reflect.get(globalThis, 'leave')());
    expect(await copyTree(other, ['a'], 'd')).toBe(1);
  });

  it("is not opened without the visitor's permission", async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const directory = await root.getDirectoryHandle('picked', { create: true });
      const asked: string[] = [];
      // A picked directory that was granted for reading.
      directory.queryPermission = async ({ mode }) => (mode === 'read' ? 'granted' : 'prompt');
      directory.requestPermission = async ({ mode }) => {
        asked.push(mode);
        return 'denied';
      };
      const error = (await mapcp
        .openSandbox({ '/out': { directory, access: 'read-write' } })
        .catch((reason: unknown) => reason)) as CopyError;
      const sandbox = await mapcp.openSandbox({ '/in': { directory, access: 'read' } });
      sandbox.close();
      return { code: error.code, message: error.message, asked };
    });
    expect(found).toEqual({
      code: 'EACCES',
      message: "cannot open '/out': writing 'picked' was not granted; ask the visitor again",
      asked: ['readwrite'],
    });
  });

  it('is not opened twice if one directory is in the other, or is the other', async () => {
    const page = await pages.open();
    const messages = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const inner = await root.getDirectoryHandle('inner', { create: true });
      const tried = [inner, root, await navigator.storage.getDirectory()].map((directory) =>
        mapcp.openSandbox({
          '/out': { directory: root, access: 'read-write' },
          '/in': { directory, access: 'read' },
        }),
      );
      const results = await Promise.allSettled(tried);
      return results.map((result) =>
        result.status === 'rejected' ? result.reason.message : 'it was opened',
      );
    });
    expect(messages).toEqual(Array.from({ length: 3 }, () => "the preopen '/in' lies in the preopen '/out'"));
  });

  it('is not replaced by a directory, with a reason that does not advise links', async () => {
    const page = await pages.open();
    const message = await page.evaluate(async () => {
      const directory = await navigator.storage.getDirectory();
      await directory.getFileHandle('file', { create: true });
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: {} }, access: 'read' },
        '/out': { directory, access: 'read-write' },
      });
      const error = await sandbox
        .copy('/in', '/out/file', { recursive: true })
        .catch((reason: Error) => reason);
      sandbox.close();
      return (error as Error).message;
    });
    expect(message).toBe("cannot copy '/in' to '/out/file': cannot open '/out/file': not a directory");
  });
});
