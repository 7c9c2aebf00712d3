// `make bench-browser`: compares mapcp/browser with the plain API of the browser, in one interleaved run.
//
// The browser's storage is in a new profile on the disk, below TMPDIR. Each case has every plain way that people use,
// and the fastest of them counts. Figures are the best of ROUNDS rounds (5), because other work on the machine only
// adds to a time. A ratio of 1 is as fast as the fastest plain way; more is faster. "As safe" is plain JavaScript that
// makes the same calls as mapcp, and passes every byte through WebAssembly's memory. No component can be faster.
// SCALE=0.1 shrinks every case to a tenth. CASE='memory to storage' runs only the cases whose names contain this.
// MAPCP_CHROMIUM is the path of the browser; by default, Debian's. `make bench-browser-publish` puts the result of a
// whole run into docs/browser.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { serve } from './server.mjs';

const rounds = Number(process.env.ROUNDS ?? 5);
const scale = Number(process.env.SCALE ?? 1);
const wanted = process.env.CASE ?? '';

/** Runs in a page: one round of all cases. Returns milliseconds by case and way. */
async function round(
  /** @type {{ scale: number; number: number; wanted: string }} */ { scale, number, wanted },
) {
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
  const ABORTED = 'end after an abort, at most';

  /** @type {Record<string, Record<string, number>>} */
  const times = {};
  /** @type {(name: string, way: string, act: () => Promise<unknown>) => Promise<void>} */
  const time = async (name, way, act) => {
    const started = performance.now();
    await act();
    times[name] = { ...times[name], [way]: performance.now() - started };
  };
  /** @type {<T>(make: () => Promise<T>) => () => Promise<T>} */
  const once = (make) => {
    /** @type {ReturnType<typeof make> | undefined} */
    let made;
    return () => {
      made ??= make();
      return made;
    };
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
      const part = new Uint8Array(new WebAssembly.Memory({ initial: 80 }).buffer, 65536, 2 ** 22);
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
    if (!name.includes(wanted)) {
      return;
    }
    const entries = Object.entries(ways);
    for (const [index] of entries.entries()) {
      const [way, prepare] = /** @type {typeof entries[0]} */ (entries[(index + number) % entries.length]);
      await time(name, way, await prepare(await fresh()));
    }
  };
  // Only the copy, because opening a sandbox takes the same for any copy.
  /** @type {(source: () => Promise<import('mapcp/browser').Preopen>) => Parameters<typeof compare>[1][string]} */
  const copyOf = (source) => async (directory) => {
    const sandbox = await mapcp.openSandbox({
      '/in': await source(),
      '/out': { directory, access: 'read-write' },
    });
    return () => sandbox.copy('/in', '/out/copy', { recursive: true }).finally(() => sandbox.close());
  };

  const parts = Array.from({ length: size / part.length }, () => part);
  const inMemory = once(async () => {
    const source = new Uint8Array(size);
    for (let at = 0; at < size; at += part.length) {
      source.set(part, at);
    }
    await inWorker('hold', source);
    return source;
  });
  await compare(`memory to storage, ${size / MiB} MiB`, {
    mapcp: copyOf(async () => ({ tree: { dir: { large: { source: await inMemory() } } }, access: 'read' })),
    'stream of 4 MiB parts': async (directory) => async () =>
      write(await directory.getFileHandle('large', { create: true }), parts),
    'synchronous access': async (directory) => {
      await inMemory();
      return () => inWorker('write', { directory });
    },
    [AS_SAFE]: async (directory) => {
      await inMemory();
      return () => inWorker('writeInWindows', { directory });
    },
  });

  const storedFile = once(async () => {
    const directory = await fresh('stored');
    const file = await directory.getFileHandle('large', { create: true });
    await write(file, parts);
    return { directory, file };
  });
  await compare(`storage to storage, ${size / MiB} MiB`, {
    mapcp: copyOf(async () => ({ directory: (await storedFile()).directory, access: 'read' })),
    'whole Blob': async (directory) => {
      const { file } = await storedFile();
      return async () =>
        write(await directory.getFileHandle('large', { create: true }), [await file.getFile()]);
    },
    'synchronous access': async (directory) => {
      const { directory: stored } = await storedFile();
      return () => inWorker('copy', { stored, directory });
    },
    [AS_SAFE]: async (directory) => {
      const { directory: stored } = await storedFile();
      return () => inWorker('copyInWindows', { stored, directory });
    },
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
    mapcp: copyOf(async () => ({ tree: { dir }, access: 'read' })),
    '16 at once': async (directory) => () => writeAll(directory, 16),
    '32 at once': async (directory) => () => writeAll(directory, 32),
  });

  const many = once(async () => {
    const directory = await fresh('many');
    await writeAll(directory, 32);
    return directory;
  });
  /** @type {(from: FileSystemDirectoryHandle, directory: FileSystemDirectoryHandle, count: number) => Promise<void>} */
  const copyAll = async (from, directory, count) => {
    const handles = [];
    for await (const handle of from.values()) {
      handles.push(/** @type {FileSystemFileHandle} */ (handle));
    }
    await inParallel(handles, count, async (handle) =>
      write(await directory.getFileHandle(handle.name, { create: true }), [await handle.getFile()]),
    );
  };
  await compare(`storage to storage, ${fileCount} files of 1 KiB`, {
    mapcp: copyOf(async () => ({ directory: await many(), access: 'read' })),
    '16 at once': async (directory) => copyAll.bind(undefined, await many(), directory, 16),
    '32 at once': async (directory) => copyAll.bind(undefined, await many(), directory, 32),
  });

  const listed = once(async () => {
    const directory = await fresh('listed');
    await inParallel(
      Array.from({ length: treeCount }, (_, index) => index),
      32,
      async (index) => {
        const inner = await directory.getDirectoryHandle(`d-${index % 100}`, { create: true });
        await inner.getFileHandle(`file-${index}`, { create: true });
      },
    );
    return directory;
  });
  await compare(`\`tree\` of ${treeCount} files with their sizes`, {
    mapcp: async () => {
      const sandbox = await mapcp.openSandbox({ '/in': { directory: await listed(), access: 'read' } });
      return () => sandbox.tree('/in').finally(() => sandbox.close());
    },
    '32 at once': async () => async () => {
      /** @type {FileSystemFileHandle[]} */
      const handles = [];
      for await (const directory of (await listed()).values()) {
        for await (const handle of /** @type {FileSystemDirectoryHandle} */ (directory).values()) {
          handles.push(/** @type {FileSystemFileHandle} */ (handle));
        }
      }
      await inParallel(handles, 32, (handle) => handle.getFile());
    },
  });

  await compare(`copy one file of 1 KiB, beside ${fileCount} others`, {
    mapcp: async () => {
      const sandbox = await mapcp.openSandbox({
        '/many': { directory: await many(), access: 'read-write' },
      });
      return () => sandbox.copy('/many/file-1', '/many/one').finally(() => sandbox.close());
    },
  });

  /** @type {readonly [source: string, target: string][]} */
  const aborted = [
    ['/large/large', '/large/copy'],
    ['/many', '/memory/copy'],
    ['/in', '/memory/copy'],
  ];
  if (ABORTED.includes(wanted)) {
    const sandbox = await mapcp.openSandbox({
      '/in': { directory: await listed(), access: 'read' },
      '/many': { directory: await many(), access: 'read' },
      '/large': { directory: (await storedFile()).directory, access: 'read-write' },
      '/memory': { tree: { dir: {} }, access: 'read-write' },
    });
    for (const [source, target] of aborted) {
      const abort = new AbortController();
      const copying = sandbox.copy(source, target, { recursive: true, signal: abort.signal });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const started = performance.now();
      abort.abort();
      await copying.catch(() => {});
      times[ABORTED] = { mapcp: Math.max(times[ABORTED]?.mapcp ?? 0, performance.now() - started) };
    }
    sandbox.close();
  }
  worker.terminate();
  for await (const name of root.keys()) {
    await root.removeEntry(name, { recursive: true });
  }
  return times;
}

const RESULT = 'build/out/bench-browser.md';
if (process.argv[2] === 'publish') {
  const page = 'docs/browser.md';
  const [before, , after] = readFileSync(page, 'utf8').split(
    /(?<=<!-- bench: begin -->\n)|(?=<!-- bench: end -->)/,
  );
  writeFileSync(page, `${before}\n${readFileSync(RESULT, 'utf8')}\n${after}`);
  process.exit();
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
    for (const [name, ways] of Object.entries(await page.evaluate(round, { scale, number, wanted }))) {
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
const time = (values) => (values.length === 0 ? '' : `${Math.min(...values).toFixed(0)} ms`);

const lines = [
  '| case | fastest plain way | plain | as safe | ratio | mapcp | ratio |',
  '| --- | --- | --- | --- | --- | --- | --- |',
];
for (const [name, ways] of results) {
  const { mapcp = [], 'as safe': safe = [], ...plain } = Object.fromEntries(ways);
  const [way, values] = Object.entries(plain).sort(
    ([, one], [, other]) => Math.min(...one) - Math.min(...other),
  )[0] ?? ['', []];
  /** @type {(ours: readonly number[]) => string} */
  const ratio = (ours) =>
    [values, ours].some(({ length }) => length === 0)
      ? ''
      : (Math.min(...values) / Math.min(...ours)).toFixed(2);
  const ours = name.endsWith('at most') ? [Math.max(...mapcp)] : mapcp;
  const cells = [name, way, time(values), time(safe), ratio(safe), time(ours), ratio(mapcp)];
  lines.push(`| ${cells.join(' | ')} |`);
}
const table = lines.join('\n');
process.stdout.write(`${table}\n`);
if (scale === 1 && wanted === '') {
  const machine = `on ${cpus().length} cores`;
  const made = `${new Date().toISOString().slice(0, 10)}, with \`ROUNDS=${rounds}\` and ${machine}`;
  writeFileSync(RESULT, `On ${made}, the best times were:\n\n${table}\n`);
  process.stdout.write('`make bench-browser-publish` puts this into docs/browser.md.\n');
}
