// `make bench-browser`: compares mapcp/browser with the plain API of the browser, in one interleaved run.
//
// The browser's storage is in a new profile on the disk, below TMPDIR. Each case has every plain way that people use,
// and the fastest of them counts. Figures are the best of ROUNDS rounds (5), because other work on the machine only adds
// to a time. A ratio of 1 is as fast as the fastest plain way; more is faster. "As safe" is plain JavaScript that makes the
// same calls as mapcp. SCALE=0.1 shrinks every case to a tenth. CHROMIUM has MAPCP_CHROMIUM or Debian's path.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { serve } from './server.mjs';

const rounds = Number(process.env.ROUNDS ?? 5);
const scale = Number(process.env.SCALE ?? 1);

/** Runs in a page: one round of all cases. Returns milliseconds by case and way. */
async function round(/** @type {{ scale: number; number: number }} */ { scale, number }) {
  const { mapcp } = /** @type {{ mapcp: typeof import('mapcp/browser') }} */ (
    /** @type {unknown} */ (globalThis)
  );
  const MiB = 2 ** 20;
  const size = 4 * Math.ceil(64 * scale) * MiB;
  const fileCount = Math.round(2000 * scale);
  const treeCount = Math.round(20_000 * scale);
  const part = Uint8Array.from({ length: 4 * MiB }, (_, index) => (index * index) >> 7);
  const root = await navigator.storage.getDirectory();

  const AS_SAFE = 'as safe';

  /** @type {Record<string, Record<string, number>>} */
  const times = {};
  /** @type {(name: string, way: string, act: () => Promise<unknown>) => Promise<void>} */
  const time = async (name, way, act) => {
    const started = performance.now();
    await act();
    times[name] = { ...times[name], [way]: performance.now() - started };
  };
  const fresh = async (name = 'out') => {
    await root.removeEntry(name, { recursive: true }).catch(() => {});
    return root.getDirectoryHandle(name, { create: true });
  };
  /** @type {<T>(items: Iterable<T>, count: number, act: (item: T) => Promise<unknown>) => Promise<void>} */
  const inParallel = async (items, count, act) => {
    const left = items[Symbol.iterator]();
    const work = async () => {
      for (let next = left.next(); !next.done; next = left.next()) {
        await act(next.value);
      }
    };
    await Promise.all(Array.from({ length: count }, work));
  };
  // In one worker, because starting one takes longer than some cases.
  const code = `
    const open = async (directory, name, create = false) =>
      (await directory.getFileHandle(name, { create })).createSyncAccessHandle(create ? {} : { mode: 'read-only' });
    const missing = (directory, name) => directory.getFileHandle(name).then(() => false, () => true);
    // As mapcp: finds out whether there is room and the name is free, fills a window of WebAssembly's memory, and writes
    // under a temporary name.
    const inWindows = async (directory, size, fill) => {
      const root = await navigator.storage.getDirectory();
      await root.resolve(directory);
      const { quota, usage } = await navigator.storage.estimate();
      if (quota - usage < size || !(await missing(directory, 'large'))) throw new Error();
      const copy = await open(directory, 'temporary', true);
      const part = new Uint8Array(new WebAssembly.Memory({ initial: 32 }).buffer, 65536, 2 ** 20);
      for (let at = 0; at < size; at += part.length) {
        fill(part, at);
        copy.write(part, { at });
      }
      copy.close();
      if (!(await missing(directory, 'large'))) throw new Error();
      await (await directory.getFileHandle('temporary')).move('large');
    };
    let source;
    const tasks = {
      hold: (data) => { source = data; },
      async write({ directory }) {
        const file = await open(directory, 'large', true);
        for (let at = 0; at < source.length; at += 2 ** 22) file.write(source.subarray(at, at + 2 ** 22), { at });
        file.close();
      },
      writeInWindows: ({ directory }) =>
        inWindows(directory, source.length, (part, at) => part.set(source.subarray(at, at + part.length))),
      async copy({ stored, directory }) {
        const [from, to] = [await open(stored, 'large'), await open(directory, 'large', true)];
        const part = new Uint8Array(2 ** 22);
        for (let at = 0, count; (count = from.read(part, { at })) > 0; at += count) {
          to.write(part.subarray(0, count), { at });
        }
        from.close();
        to.close();
      },
      async copyInWindows({ stored, directory }) {
        const from = await open(stored, 'large');
        await inWindows(directory, from.getSize(), (part, at) => from.read(part, { at }));
        from.close();
      },
    };
    onmessage = async ({ data: [name, data] }) => postMessage(await tasks[name](data));`;
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  /** @type {(name: string, data: unknown) => Promise<void>} */
  const inWorker = (name, data) =>
    new Promise((resolve, reject) => {
      worker.onerror = reject;
      worker.onmessage = () => resolve();
      worker.postMessage([name, data]);
    });
  /** @type {(file: FileSystemFileHandle, parts: Iterable<BlobPart>) => Promise<void>} */
  const write = async (file, parts) => {
    const stream = await file.createWritable();
    for (const each of parts) {
      await stream.write(/** @type {FileSystemWriteChunkType} */ (each));
    }
    await stream.close();
  };
  /**
   * Times some ways, in another order in each round: a way that comes after a large one suffers from what the disk still
   * does. Each prepares itself, and returns what is timed.
   * @type {(name: string, ways: Readonly<Record<string, (directory: FileSystemDirectoryHandle) => Promise<() => Promise<unknown>>>>) => Promise<void>}
   */
  const compare = async (name, ways) => {
    const entries = Object.entries(ways);
    for (const [index] of entries.entries()) {
      const [way, prepare] = /** @type {typeof entries[0]} */ (entries[(index + number) % entries.length]);
      await time(name, way, await prepare(await fresh()));
    }
  };
  // Only the copy, because opening a sandbox takes the same for any copy.
  /** @type {(source: import('mapcp/browser').Preopen) => Parameters<typeof compare>[1][string]} */
  const copyOf = (source) => async (directory) => {
    const sandbox = await mapcp.openSandbox({ '/in': source, '/out': { directory, access: 'read-write' } });
    return () => sandbox.copy('/in', '/out/copy', { recursive: true }).finally(() => sandbox.close());
  };

  const parts = Array.from({ length: size / part.length }, () => part);
  const source = new Uint8Array(size);
  for (let at = 0; at < size; at += part.length) {
    source.set(part, at);
  }
  await inWorker('hold', source);
  await compare(`memory to storage, ${size / MiB} MiB`, {
    mapcp: copyOf({ tree: { dir: { large: { source } } }, access: 'read' }),
    'stream of 4 MiB parts': async (directory) => async () =>
      write(await directory.getFileHandle('large', { create: true }), parts),
    'synchronous access': async (directory) => () => inWorker('write', { directory }),
    [AS_SAFE]: async (directory) => () => inWorker('writeInWindows', { directory }),
  });

  const stored = await fresh('stored');
  const from = await stored.getFileHandle('large', { create: true });
  await write(from, parts);
  await compare(`storage to storage, ${size / MiB} MiB`, {
    mapcp: copyOf({ directory: stored, access: 'read' }),
    'whole Blob': async (directory) => async () =>
      write(await directory.getFileHandle('large', { create: true }), [await from.getFile()]),
    'synchronous access': async (directory) => () => inWorker('copy', { stored, directory }),
    [AS_SAFE]: async (directory) => () => inWorker('copyInWindows', { stored, directory }),
  });

  const content = new Uint8Array(1024).fill(7);
  const names = Array.from({ length: fileCount }, (_, index) => `file-${index}`);
  /** @type {(directory: FileSystemDirectoryHandle, count: number) => Promise<void>} */
  const writeAll = (directory, count) =>
    inParallel(names, count, async (name) =>
      write(await directory.getFileHandle(name, { create: true }), [content]),
    );
  const dir = Object.fromEntries(names.map((name) => [name, { source: content }]));
  await compare(`memory to storage, ${fileCount} files of 1 KiB`, {
    mapcp: copyOf({ tree: { dir }, access: 'read' }),
    '16 at once': async (directory) => () => writeAll(directory, 16),
    '32 at once': async (directory) => () => writeAll(directory, 32),
  });

  const many = await fresh('many');
  await writeAll(many, 32);
  /** @type {(directory: FileSystemDirectoryHandle, count: number) => Promise<void>} */
  const copyAll = async (directory, count) => {
    const handles = [];
    for await (const handle of many.values()) {
      handles.push(/** @type {FileSystemFileHandle} */ (handle));
    }
    await inParallel(handles, count, async (handle) =>
      write(await directory.getFileHandle(handle.name, { create: true }), [await handle.getFile()]),
    );
  };
  await compare(`storage to storage, ${fileCount} files of 1 KiB`, {
    mapcp: copyOf({ directory: many, access: 'read' }),
    '16 at once': async (directory) => () => copyAll(directory, 16),
    '32 at once': async (directory) => () => copyAll(directory, 32),
  });

  const listed = await fresh('listed');
  await inParallel(
    Array.from({ length: treeCount }, (_, index) => index),
    32,
    async (index) => {
      const directory = await listed.getDirectoryHandle(`d-${index % 100}`, { create: true });
      await directory.getFileHandle(`file-${index}`, { create: true });
    },
  );
  const listing = `list ${treeCount} files with their sizes`;
  const sandbox = await mapcp.openSandbox({
    '/in': { directory: listed, access: 'read' },
    '/many': { directory: many, access: 'read-write' },
    '/large': { directory: stored, access: 'read-write' },
    '/memory': { tree: { dir: {} }, access: 'read-write' },
  });
  await compare(listing, {
    mapcp: async () => () => sandbox.tree('/in'),
    '32 at once': async () => async () => {
      /** @type {FileSystemFileHandle[]} */
      const handles = [];
      for await (const directory of listed.values()) {
        for await (const handle of /** @type {FileSystemDirectoryHandle} */ (directory).values()) {
          handles.push(/** @type {FileSystemFileHandle} */ (handle));
        }
      }
      await inParallel(handles, 32, (handle) => handle.getFile());
    },
  });

  await time('one file beside many', 'mapcp', () => sandbox.copy('/many/file-1', '/many/one'));

  // How long a copy goes on after it was aborted, in milliseconds.
  for (const [name, path] of [
    ['a large file', '/large'],
    ['small files', '/many'],
    ['a directory to list', '/in'],
  ]) {
    const abort = new AbortController();
    const copying = sandbox.copy(`${path}`, path === '/large' ? '/large/../large/copy' : '/memory/copy', {
      recursive: true,
      signal: abort.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const started = performance.now();
    abort.abort();
    await copying.catch(() => {});
    times[`abort: ${name}`] = { mapcp: performance.now() - started };
  }
  sandbox.close();
  worker.terminate();
  for await (const name of root.keys()) {
    await root.removeEntry(name, { recursive: true });
  }
  return times;
}

const server = await serve();
const profile = mkdtempSync(join(tmpdir(), 'mapcp-bench-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.MAPCP_CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
/** @type {Map<string, Map<string, number[]>>} */
const results = new Map();
try {
  const page = await context.newPage();
  await page.goto(server.origin);
  await page.waitForFunction('globalThis.mapcp !== undefined');
  for (let number = 0; number < rounds; number++) {
    for (const [name, ways] of Object.entries(await page.evaluate(round, { scale, number }))) {
      const all = results.get(name) ?? new Map();
      results.set(name, all);
      for (const [way, milliseconds] of Object.entries(ways)) {
        all.set(way, [...(all.get(way) ?? []), milliseconds]);
      }
    }
  }
} finally {
  await context.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}

/** @type {(values: readonly number[]) => string} */
const best = (values) => (values.length === 0 ? '' : `${Math.min(...values).toFixed(0)} ms`);

console.log('| case | fastest plain way | plain | as safe | mapcp | ratio |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [name, ways] of results) {
  const { mapcp = [], 'as safe': safe = [], ...plain } = Object.fromEntries(ways);
  const [way, values] = Object.entries(plain).sort(
    ([, one], [, other]) => Math.min(...one) - Math.min(...other),
  )[0] ?? ['', []];
  const ratio = values.length === 0 ? '' : (Math.min(...values) / Math.min(...mapcp)).toFixed(2);
  console.log(`| ${[name, way, best(values), best(safe), best(mapcp), ratio].join(' | ')} |`);
}
