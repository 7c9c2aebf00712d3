// Processes that end in the middle of a copy, and sandboxes that are forgotten.

import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import type { Outcome } from '../helpers/program.js';
import { runFile } from '../helpers/runtimes.js';

const GiB = 2 ** 30;

const library = JSON.stringify(resolve('build/out/js/index.js'));

function run(directory: string, program: string, ...flags: string[]): Outcome {
  writeFileSync(join(directory, 'program.mjs'), `import { copy, openSandbox } from ${library};\n${program}`);
  return runFile(process.execPath, [...flags, 'program.mjs'], directory);
}

/** Creates a tree `a` of sparse files. If they are verified, their copy takes long enough to interrupt it. */
function makeFiles(directory: string): void {
  mkdirSync(join(directory, 'a'));
  mkdirSync(join(directory, 'b'));
  for (const name of ['f', 'g', 'h', 'i']) {
    writeFileSync(join(directory, 'a', name), '');
    truncateSync(join(directory, 'a', name), GiB);
  }
}

const temporary = `
  import { readdirSync } from 'node:fs';
  const temporary = () => readdirSync('b').filter((name) => name.startsWith('.mapcp-'));`;

/** Each ends the process once the copy has this many temporary files. */
const endings: readonly (readonly [string, number, string, string])[] = [
  ['process.exit', 3, 'process.exit(3)', ''],
  ['an error that nothing catches', 1, 'setImmediate(() => { throw new Error("mine"); })', 'Error: mine'],
  ['a signal that is listened to', 4, 'process.kill(process.pid, "SIGINT")', ''],
];

describe('a process that ends in the middle of a copy', () => {
  for (const [jobs, copying] of [
    [1, "copy('a/f', 'b/f', { verify: true, onProgress })"],
    [
      1,
      "(await openSandbox({ '/d': { path: '.', access: 'read-write' } })).copy('/d/a/f', '/d/b/f', { verify: true, onProgress })",
    ],
    [2, "copy('a', 'b', { recursive: true, concurrency: 2, verify: true, onProgress })"],
  ] as const) {
    it.for(endings)(
      `by %s leaves no temporary file: ${copying}`,
      ([_, status, end, error], { inMemory: directory }) => {
        makeFiles(directory);
        const outcome = run(
          directory,
          `${temporary}
          process.on('SIGINT', () => process.exit(4));
          let most = 0;
          process.on('exit', () => console.log(most));
          const onProgress = () => {
            most = Math.max(most, temporary().length);
            if (most >= ${jobs}) {
              ${end};
            }
          };
          await ${copying};
          console.log('copied');`,
        );
        expect(outcome).toEqual({
          status,
          stdout: `${jobs}\n`,
          stderr: error === '' ? '' : expect.stringContaining(error),
        });
        expect(readdirSync(join(directory, 'b')).filter((name) => name.startsWith('.mapcp-'))).toEqual([]);
      },
    );
  }

  it('has no listener of ours once no copy is running', ({ inMemory: directory }) => {
    const outcome = run(
      directory,
      `const before = process.listenerCount('exit');
        await Promise.all(['x', 'y', 'z'].map((name) => copy('program.mjs', name)));
        console.log(process.listenerCount('exit') - before);`,
    );
    expect(outcome).toEqual({ status: 0, stdout: '0\n', stderr: '' });
  });
});

describe('a sandbox that is forgotten', () => {
  it('is closed when it is collected, with a warning', ({ inMemory: directory }) => {
    const outcome = run(
      directory,
      `import { readdirSync, readlinkSync } from 'node:fs';
        const held = () => readdirSync('/proc/self/fd').filter((fd) => {
          try { return readlinkSync('/proc/self/fd/' + fd) === process.cwd(); } catch { return false; }
        }).length;
        const before = held();
        const use = async () => {
          const box = await openSandbox({ '/d': { path: '.', access: 'read-write' } });
          await box.copy('/d/program.mjs', '/d/x');
        };
        await use();
        console.log(held() - before);
        let warning;
        process.on('warning', (each) => { warning = each; });
        while (warning === undefined) {
          gc();
          await new Promise((resolve) => setImmediate(resolve));
        }
        console.log(warning.code, held() - before);`,
      '--expose-gc',
    );
    expect(outcome).toMatchObject({ status: 0, stdout: '1\nMAPCP_NOT_CLOSED 0\n' });
    expect(outcome.stderr).toMatch(/a sandbox was not closed, and held '.*' open until now/);
  });

  it('is not collected while it copies', ({ inMemory: directory }) => {
    writeFileSync(join(directory, 'big'), '');
    truncateSync(join(directory, 'big'), GiB / 4);
    const outcome = run(
      directory,
      `const start = async () => {
          const box = await openSandbox({ '/d': { path: '.', access: 'read-write' } });
          return [box.copy('/d/big', '/d/x', { verify: true, onProgress: () => gc() })];
        };
        const [copying] = await start();
        console.log((await copying).files);
        process.exit();`,
      '--expose-gc',
    );
    expect(outcome).toEqual({ status: 0, stdout: '1\n', stderr: '' });
  });

  it('causes no warning if it was closed', ({ inMemory: directory }) => {
    const outcome = run(
      directory,
      `const use = async () => (await openSandbox({ '/d': { path: '.', access: 'read' } })).close();
        await use();
        for (let turn = 0; turn < 10; turn++) {
          gc();
          await new Promise((resolve) => setImmediate(resolve));
        }`,
      '--expose-gc',
    );
    expect(outcome).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
