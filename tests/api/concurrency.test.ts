import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import fc from 'fast-check';
import { type CopyProgress, copy, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { anyDirectory, make } from '../behaviour/random-tree.js';
import { look } from '../behaviour/tree.js';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { runFile } from '../helpers/runtimes.js';

const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));
const runs = 5 * Number(process.env.MAPCP_RUNS ?? 1);

const MiB = 1024 * 1024;

const divided = { recursive: true, concurrency: 2 } as const;

/** Creates small files with different contents. */
function makeFiles(path: string, count: number): void {
  mkdirSync(path, { recursive: true });
  for (let index = 0; index < count; index++) {
    writeFileSync(join(path, `f${index}`), `content ${index}`);
  }
}

/** The contents of the files in a directory. */
function contentsOf(path: string): Record<string, string> {
  return Object.fromEntries(Object.entries(look(path)).map(([name, { content = '' }]) => [name, content]));
}

/** Creates files that take long enough to interrupt their copy. */
function makeLargeFiles(path: string): void {
  mkdirSync(path, { recursive: true });
  for (let index = 0; index < 8; index++) {
    writeFileSync(join(path, `f${index}`), Buffer.alloc(16 * MiB, index + 1));
  }
}

/** Incomplete files in the copy of such a directory. */
function partial(path: string): string[] {
  const names = existsSync(path) ? readdirSync(path) : [];
  return names.filter((name) => !/^f\d$/.test(name) || statSync(join(path, name)).size !== 16 * MiB);
}

/**
 * Runs a program with `copy` and `openSandbox` in a process of its own, because threads are kept. Returns the values
 * that it passes to `print`. `threads` has the number of threads started so far.
 */
/** `before` is a module that runs before mapcp is loaded. */
function inProcess(directory: string, program: string, before = ''): unknown[] {
  const library = JSON.stringify(resolve('build/out/js/index.js'));
  writeFileSync(join(directory, 'before.mjs'), before);
  const text = `
    import './before.mjs';
    import { copy, openSandbox } from ${library};
    const threads = [];
    process.on('worker', (worker) => threads.push(worker));
    const print = (value) => console.log(JSON.stringify(value));
    ${program}`;
  writeFileSync(join(directory, 'program.mjs'), text);
  const { status, stdout, stderr } = runFile(process.execPath, ['program.mjs'], directory);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('a copy by several jobs', () => {
  it(`copies any tree like one job, and reports the same (MAPCP_SEED=${seed})`, () =>
    fc.assert(
      fc.asyncProperty(anyDirectory(true), fc.integer({ min: 2, max: 4 }), (tree, concurrency) =>
        inTemporaryDirectory(async (directory) => {
          const [source, one, several] = ['a', 'one', 'several'].map((name) => join(directory, name)) as [
            string,
            string,
            string,
          ];
          make(source, tree);
          const options = { recursive: true, preserveTimestamps: true, exclude: ['b'] };
          const { milliseconds, ...expected } = await copy(source, one, { ...options, concurrency: 1 });
          const report = await copy(source, several, { ...options, concurrency });
          expect(look(several)).toEqual(look(one));
          expect(report).toEqual({ ...expected, milliseconds: expect.any(Number) });
        }),
      ),
      { seed, numRuns: runs, endOnFailure: true },
    ));

  it('starts a thread for each job except one, which later copies reuse, and which do not keep the process alive', ({
    directory,
  }) => {
    makeFiles(join(directory, 'a'), 20);
    const printed = inProcess(
      directory,
      `for (const target of ['b', 'c']) {
          const { files } = await copy('a', target, { recursive: true, concurrency: 3 });
          print([files, threads.length]);
        }
        print(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker'));`,
    );
    expect(printed).toEqual([[20, 2], [20, 2], []]);
  });

  it('starts new threads if the kept ones are just ending', ({ directory }) => {
    makeFiles(join(directory, 'a'), 100);
    expect(
      inProcess(
        directory,
        `const box = await openSandbox({ '/all': { path: '.', access: 'read-write' } });
          await box.copy('/all/a', '/all/b', ${JSON.stringify(divided)});
          globalThis.ends.forEach((end) => end());
          const { files } = await box.copy('/all/a', '/all/c', ${JSON.stringify(divided)});
          print({ threads: threads.length, files });`,
        `import { syncBuiltinESMExports } from 'node:module';
          import timers from 'node:timers';
          globalThis.ends = [];
          timers.setTimeout = (end) => {
            globalThis.ends.push(end);
            return { unref: () => undefined };
          };
          syncBuiltinESMExports();`,
      ),
    ).toEqual([{ threads: 2, files: 100 }]);
  });

  it('ends without stopping a thread that already works for another copy', ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    makeFiles(join(directory, 'b'), 5000);
    const printed = inProcess(
      directory,
      `import { truncateSync } from 'node:fs';
        const options = ${JSON.stringify(divided)};
        // Long enough for the test.
        await copy('a', 'dry', { ...options, concurrency: 1, dryRun: true, shard: { index: 0, count: 2 },
          onEntry: ({ kind, source }) => kind === 'file' && truncateSync(source, 2 ** 36) });
        const controller = new AbortController();
        const idle = new Promise((resolve) =>
          process.on('worker', (worker) => worker.on('message', (told) => told === 'idle' && resolve())));
        const long = copy('a', 'c', { ...options, verify: true, signal: controller.signal }).catch(({ name }) => name);
        await idle;
        const other = copy('b', 'd', { ...options, onProgress: () => controller.abort() });
        print([await long, (await other).files, threads.length]);`,
    );
    expect(printed).toEqual([['AbortError', 5000, 1]]);
  });

  it('uses patterns from any kind of list', ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const printed = inProcess(
      directory,
      `const include = new Proxy(['f1*'], {});
        print((await copy('a', 'b', { recursive: true, concurrency: 2, include })).files);`,
    );
    expect(printed).toEqual([11]);
  });

  it('starts no thread for a single file, or unless it is asked to', ({ directory }) => {
    writeFileSync(join(directory, 'file'), 'content');
    makeFiles(join(directory, 'tree'), 20);
    const printed = inProcess(
      directory,
      `await copy('file', 'a', { recursive: true, concurrency: 2 });
        await copy('tree', 'b', { recursive: true });
        print(threads.length);`,
    );
    expect(printed).toEqual([0]);
  });

  it.for(['esm', 'cjs'] as const)(
    'uses one job, with a warning, in a bundle without its worker, as %s',
    async (format, { directory }) => {
      makeFiles(join(directory, 'a'), 20);
      makeFiles(join(directory, 'a/d'), 20);
      const program = `import { copy } from 'mapcp';
        const options = { recursive: true, concurrency: 3 };
        copy('a', 'b', options).then(async ({ files, bytes, errorCount, warnings: [{ operation, code, reason }] }) => {
          // It remembers that threads cannot be started.
          const again = await copy('a', 'c', options);
          console.log(JSON.stringify([files, bytes, errorCount, operation, code, reason, again.files, again.warningCount]));
        });`;
      const outfile = format === 'esm' ? 'program.mjs' : 'program.cjs';
      await build({
        stdin: { contents: program, resolveDir: resolve('.') },
        outfile: join(directory, outfile),
        bundle: true,
        platform: 'node',
        format,
        logLevel: 'error',
      });
      const { stdout, ...ending } = runFile(process.execPath, [outfile], directory);
      expect(ending).toEqual({ status: 0, stderr: '' });
      const why =
        format === 'esm'
          ? /^no thread could be started: Cannot find module/
          : /^no thread could be started: only an ES module can find mapcp-worker.js/;
      expect(JSON.parse(stdout)).toEqual([
        40,
        380,
        0,
        'divide',
        'ENOTSUP',
        expect.stringMatching(why),
        40,
        1,
      ]);
      for (const copied of ['b', 'c']) {
        expect(contentsOf(join(directory, copied))).toEqual(contentsOf(join(directory, 'a')));
      }
    },
  );

  it('uses threads in a bundle that has the worker', async ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const program = `import { copy } from 'mapcp';
        let threads = 0;
        process.on('worker', () => threads++);
        const { files, warningCount } = await copy('a', 'b', { recursive: true, concurrency: 3 });
        console.log(files, warningCount, threads);`;
    writeFileSync(join(directory, 'program.js'), program);
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    await build({
      entryPoints: [join(directory, 'program.js'), resolve('build/out/js/mapcp-worker.js')],
      entryNames: '[name]',
      outdir: join(directory, 'out'),
      alias: { mapcp: resolve('build/out/js/index.js') },
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    expect(runFile(process.execPath, ['out/program.js'], directory)).toEqual({
      status: 0,
      stdout: '20 0 2\n',
      stderr: '',
    });
  });

  it('uses fewer threads, with one warning, if the system allows fewer', ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const printed = inProcess(
      directory,
      `// Node shares a number too, once it is loaded.
        import 'node:worker_threads';
        let states = 0;
        const { SharedArrayBuffer: Memory } = globalThis;
        // Each thread shares a number with this one. This leaves no room for a second.
        globalThis.SharedArrayBuffer = class {
          constructor(size) {
            if (size === 4 && ++states > 1) throw new Error('no more');
            return new Memory(size);
          }
        };
        const { files, warnings } = await copy('a', 'b', { recursive: true, concurrency: 4 });
        print([files, threads.length, warnings.map(({ reason }) => reason)]);`,
    );
    expect(printed).toEqual([[20, 1, ['no thread could be started: no more']]]);
  });

  it('is not divided in a program that a bundler has made one file of', async ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const program = `import { copy } from 'mapcp'; await copy('a', 'b', { recursive: true });`;
    await build({
      stdin: { contents: program, resolveDir: resolve('.') },
      outfile: join(directory, 'program.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    expect(runFile(process.execPath, ['program.mjs'], directory)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(directory, 'b'))).toHaveLength(20);
  });

  it('reports progress that grows, and ends', async ({ directory }) => {
    makeLargeFiles(join(directory, 'a'));
    const told: CopyProgress[] = [];
    const onProgress = (progress: CopyProgress) => told.push(progress);
    await copy(join(directory, 'a'), join(directory, 'b'), { ...divided, onProgress });
    expect(told.length).toBeGreaterThan(1);
    for (const [index, progress] of told.entries()) {
      const before = told[index - 1] ?? { bytesDone: 0, filesDone: 0 };
      expect(progress.bytesDone).toBeGreaterThanOrEqual(before.bytesDone);
      expect(progress.filesDone).toBeGreaterThanOrEqual(before.filesDone);
      expect(progress.currentPath.startsWith(join(directory, 'a'))).toBe(true);
    }
    const all = 8 * 16 * MiB;
    expect(told.at(-1)).toMatchObject({ bytesDone: all, bytesTotal: all, filesDone: 8, filesTotal: 8 });
  });

  it('ends if its signal is aborted, and leaves only complete files and no descriptor', async ({
    directory,
  }) => {
    makeLargeFiles(join(directory, 'a'));
    // Starts the threads before.
    await copy(join(directory, 'a'), join(directory, 'dry'), { ...divided, dryRun: true });
    const descriptors = readdirSync('/proc/self/fd').length;
    const controller = new AbortController();
    const options = { ...divided, signal: controller.signal, onProgress: () => controller.abort() };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), options);
    await expect(copying).rejects.toMatchObject({ name: 'AbortError' });
    expect(partial(join(directory, 'b'))).toEqual([]);
    expect(readdirSync('/proc/self/fd')).toHaveLength(descriptors);
  });

  it.for<[string, number]>([
    ['of this thread', 0],
    ['of another', 1],
  ])('ends as a whole if the job %s fails, with its error', async ([_, index], { directory }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    makeLargeFiles(source);
    const ofJob: string[] = [];
    await copy(source, target, {
      recursive: true,
      dryRun: true,
      shard: { index, count: 2 },
      onEntry: ({ kind, target }) => kind === 'file' && ofJob.push(target),
    });
    const blocked = ofJob.at(-1) ?? '';
    mkdirSync(blocked, { recursive: true });
    await expect(copy(source, target, divided)).rejects.toMatchObject({ code: 'EISDIR', path: blocked });
    rmSync(blocked, { recursive: true });
    expect(partial(target)).toEqual([]);
  });

  it('fails instead of hanging if a thread ends before its job', ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const printed = inProcess(
      directory,
      `process.on('worker', (worker) => worker.once('online', () => worker.terminate()));
        await copy('a', 'b', { recursive: true, concurrency: 2 }).catch(({ message }) => print(message));`,
    );
    expect(printed).toEqual(['a thread of the copy ended before it was done, with status 1']);
  });

  it('with keepGoing, reports each entry that could not be copied once', async ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    makeFiles(join(directory, 'a/d'), 20);
    const blocked = ['f1', 'f5', 'f12'].map((name) => join(directory, 'b', name));
    for (const path of blocked) {
      mkdirSync(path, { recursive: true });
    }
    writeFileSync(join(directory, 'b/d'), 'in the way');
    const report = await copy(join(directory, 'a'), join(directory, 'b'), { ...divided, keepGoing: true });
    expect(report).toMatchObject({ files: 17, directories: 1 });
    expect(report.errors.map(({ code, path }) => `${code} ${path}`).sort()).toEqual(
      [...blocked.map((path) => `EISDIR ${path}`), `ENOTDIR ${join(directory, 'b/d')}`].sort(),
    );
  });

  it('changes nothing in a dry run, and counts the same', async ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const report = await copy(join(directory, 'a'), join(directory, 'b'), { ...divided, dryRun: true });
    expect(report).toMatchObject({ files: 20, directories: 1 });
    expect(existsSync(join(directory, 'b'))).toBe(false);
  });

  it('copies only its shard, if one is given', async ({ directory }) => {
    makeFiles(join(directory, 'a'), 50);
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    const first = await copy(source, target, { ...divided, shard: { index: 0, count: 2 } });
    expect(readdirSync(target)).toHaveLength(first.files);
    const second = await copy(source, target, { ...divided, shard: { index: 1, count: 2 } });
    expect(first.files + second.files).toBe(50);
    expect(look(target)).toMatchObject(Object.fromEntries(readdirSync(source).map((name) => [name, {}])));
  });

  it('uses the directories that the sandbox has opened, even if they have moved', async ({ directory }) => {
    makeFiles(join(directory, 'in/a'), 20);
    mkdirSync(join(directory, 'out'));
    using box = await openSandbox({
      '/in': { path: join(directory, 'in'), access: 'read' },
      '/out': { path: join(directory, 'out'), access: 'read-write' },
    });
    renameSync(join(directory, 'out'), join(directory, 'elsewhere'));
    mkdirSync(join(directory, 'out'));
    await box.copy('/in/a', '/out/b', divided);
    expect(readdirSync(join(directory, 'elsewhere/b'))).toHaveLength(20);
    expect(readdirSync(join(directory, 'out'))).toEqual([]);
    await expect(box.copy('/in/a', '/in/b', divided)).rejects.toMatchObject({ code: 'EPERM' });
  });

  it('ends if its sandbox is closed, and leaves only complete files', async ({ directory }) => {
    makeLargeFiles(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    const box = await openSandbox({
      '/in': { path: join(directory, 'in'), access: 'read' },
      '/out': { path: join(directory, 'out'), access: 'read-write' },
    });
    const copying = box.copy('/in', '/out/b', { ...divided, onProgress: () => box.close() });
    await expect(copying).rejects.toThrow('the sandbox is closed');
    expect(partial(join(directory, 'out/b'))).toEqual([]);
  });

  it('is refused with a host that other threads cannot have', async ({ directory }) => {
    makeFiles(join(directory, 'a'), 20);
    const host = () => ({ imports: new Proxy({}, { get: () => new Proxy({}, { get: () => class {} }) }) });
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { ...divided, host });
    await expect(copying).rejects.toThrow(TypeError);
    expect(existsSync(join(directory, 'b'))).toBe(false);
  });

  it.each([0, -1, 1.5, 257, Number.NaN, '2', null])('is refused for %s jobs', async (concurrency) => {
    const anyCopy = copy as (...args: unknown[]) => Promise<unknown>;
    await expect(anyCopy('a', 'b', { concurrency })).rejects.toThrow('options.concurrency must be a');
  });
});

describe('the command line with --concurrency', () => {
  const cli = resolve('build/out/js/cli/main.js');
  const run = (directory: string, ...args: string[]) => runFile(process.execPath, [cli, ...args], directory);

  it('copies a tree with read-only directories as an ordinary user', ({ directory }) => {
    for (const name of ['a', 'a/d', 'a/d/e']) {
      makeFiles(join(directory, name), 40);
    }
    for (const name of ['a/d/e', 'a/d', 'a']) {
      chmodSync(join(directory, name), 0o555);
    }
    const outcome = run(directory, '-r', '--concurrency', '4', 'a', 'b');
    expect(outcome).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(look(join(directory, 'b'))).toMatchObject({ d: { mode: 0o555 }, 'd/e': { mode: 0o555 } });
    expect(Object.keys(look(join(directory, 'b')))).toHaveLength(122);
  });

  it('is wrong usage with any value except a number of jobs', ({ directory }) => {
    expect(run(directory, '-r', '--concurrency', 'many', 'a', 'b')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('It must be a whole number from 1 to 256.'),
    });
  });
});
