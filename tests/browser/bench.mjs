// `make bench-browser`: compares mapcp/browser with the plain API of the browser, in one interleaved run.
//
// The browser's storage is in a new profile on the disk, below TMPDIR. Each case has every plain way that people use,
// and the fastest of them counts. Figures are the
// best of ROUNDS rounds (5), because other work on the machine only adds to a time. A ratio of 1 is as fast as the fastest plain
// way; more is faster. SCALE=0.1 shrinks every case to a tenth. CHROMIUM has MAPCP_CHROMIUM or Debian's path.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { serve } from './server.mjs';

const rounds = Number(process.env.ROUNDS ?? 5);
const scale = Number(process.env.SCALE ?? 1);

/** Runs in a page: one round of all cases. Returns milliseconds by case and way. */
async function round(/** @type {number} */ scale) {
  const { mapcp } = /** @type {{ mapcp: typeof import('mapcp/browser') }} */ (
    /** @type {unknown} */ (globalThis)
  );
  const MiB = 2 ** 20;
  const size = Math.round(256 * scale) * MiB;
  const fileCount = Math.round(2000 * scale);
  const treeCount = Math.round(20_000 * scale);
  const part = Uint8Array.from({ length: 4 * MiB }, (_, index) => (index * index) >> 7);
  const root = await navigator.storage.getDirectory();

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
  /** @type {(name: string, data: unknown) => Promise<void>} */
  const inWorker = (name, data) =>
    new Promise((resolve, reject) => {
      const code = `
        const tasks = {
          async write({ directory, size, part }) {
            const file = await directory.getFileHandle('large', { create: true });
            const access = await file.createSyncAccessHandle();
            for (let at = 0; at < size; at += part.length) access.write(part, { at });
            access.close();
          },
          async copy({ from, directory }) {
            const file = await directory.getFileHandle('large', { create: true });
            const [reader, writer] = [await from.createSyncAccessHandle(), await file.createSyncAccessHandle()];
            const part = new Uint8Array(2 ** 22);
            for (let at = 0, count; (count = reader.read(part, { at })) > 0; at += count) {
              writer.write(part.subarray(0, count), { at });
            }
            reader.close();
            writer.close();
          },
        };
        onmessage = async ({ data: [name, data] }) => postMessage(await tasks[name](data));`;
      const worker = new Worker(URL.createObjectURL(new Blob([code])));
      worker.onerror = reject;
      worker.onmessage = () => {
        worker.terminate();
        resolve();
      };
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
  // Only the copy, because opening a sandbox takes the same for any copy.
  /** @type {(name: string, source: import('mapcp/browser').Preopen) => Promise<void>} */
  const timeCopy = async (name, source) => {
    const directory = await fresh();
    const sandbox = await mapcp.openSandbox({ '/in': source, '/out': { directory, access: 'read-write' } });
    await time(name, 'mapcp', () => sandbox.copy('/in', '/out/copy', { recursive: true }));
    sandbox.close();
  };

  const parts = Array.from({ length: size / part.length }, () => part);
  const source = new Uint8Array(size);
  for (let at = 0; at < size; at += part.length) {
    source.set(part, at);
  }
  const large = `memory to storage, ${size / MiB} MiB`;
  await timeCopy(large, { tree: { dir: { large: { source } } }, access: 'read' });
  for (const way of ['stream of 4 MiB parts', 'synchronous access']) {
    const directory = await fresh();
    await time(large, way, async () => {
      if (way === 'synchronous access') {
        await inWorker('write', { directory, size, part });
      } else {
        await write(await directory.getFileHandle('large', { create: true }), parts);
      }
    });
  }

  const stored = await fresh('stored');
  const from = await stored.getFileHandle('large', { create: true });
  await write(from, parts);
  const inside = `storage to storage, ${size / MiB} MiB`;
  await timeCopy(inside, { directory: stored, access: 'read' });
  for (const way of ['whole Blob', 'synchronous access']) {
    const directory = await fresh();
    await time(inside, way, async () => {
      if (way === 'synchronous access') {
        await inWorker('copy', { from, directory });
      } else {
        await write(await directory.getFileHandle('large', { create: true }), [await from.getFile()]);
      }
    });
  }

  const content = new Uint8Array(1024).fill(7);
  const names = Array.from({ length: fileCount }, (_, index) => `file-${index}`);
  /** @type {(directory: FileSystemDirectoryHandle, count: number) => Promise<void>} */
  const writeAll = (directory, count) =>
    inParallel(names, count, async (name) =>
      write(await directory.getFileHandle(name, { create: true }), [content]),
    );
  const small = `memory to storage, ${fileCount} files of 1 KiB`;
  const dir = Object.fromEntries(names.map((name) => [name, { source: content }]));
  await timeCopy(small, { tree: { dir }, access: 'read' });
  for (const count of [16, 32]) {
    const directory = await fresh();
    await time(small, `${count} at once`, () => writeAll(directory, count));
  }

  const many = await fresh('many');
  await writeAll(many, 32);
  const smallInside = `storage to storage, ${fileCount} files of 1 KiB`;
  await timeCopy(smallInside, { directory: many, access: 'read' });
  for (const count of [16, 32]) {
    const directory = await fresh();
    await time(smallInside, `${count} at once`, async () => {
      const handles = [];
      for await (const handle of many.values()) {
        handles.push(/** @type {FileSystemFileHandle} */ (handle));
      }
      await inParallel(handles, count, async (handle) =>
        write(await directory.getFileHandle(handle.name, { create: true }), [await handle.getFile()]),
      );
    });
  }

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
  await time(listing, '32 at once', async () => {
    /** @type {FileSystemFileHandle[]} */
    const handles = [];
    for await (const directory of listed.values()) {
      for await (const handle of /** @type {FileSystemDirectoryHandle} */ (directory).values()) {
        handles.push(/** @type {FileSystemFileHandle} */ (handle));
      }
    }
    await inParallel(handles, 32, (handle) => handle.getFile());
  });
  const sandbox = await mapcp.openSandbox({
    '/in': { directory: listed, access: 'read' },
    '/many': { directory: many, access: 'read-write' },
    '/large': { directory: stored, access: 'read-write' },
    '/memory': { tree: { dir: {} }, access: 'read-write' },
  });
  await time(listing, 'mapcp', () => sandbox.tree('/in'));

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
  for (let count = 0; count < rounds; count++) {
    for (const [name, ways] of Object.entries(await page.evaluate(round, scale))) {
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

console.log(`| case | fastest plain way | plain | mapcp | ratio |\n| --- | --- | --- | --- | --- |`);
for (const [name, ways] of results) {
  const { mapcp = [], ...plain } = Object.fromEntries(ways);
  const own = Math.min(...mapcp);
  const best = Object.entries(plain)
    .map(([way, values]) => /** @type {const} */ ([way, Math.min(...values)]))
    .sort(([, one], [, other]) => one - other)[0];
  const cells =
    best === undefined
      ? ['', '', `${own.toFixed(0)} ms`, '']
      : [best[0], `${best[1].toFixed(0)} ms`, `${own.toFixed(0)} ms`, (best[1] / own).toFixed(2)];
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}
