// Runs the tests of wasi-libc, and those of musl's libc-test that it uses, on several hosts. The checkout's CMakeLists.txt
// lists them. Those that need threads, or do not link for WASI preview 1, are left out.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { run } from './hosts.mjs';

/** @typedef {import('./hosts.mjs').Host} Host */

/**
 * A test, with the options that its line in CMakeLists.txt has.
 * @typedef {{ source: string, options: Readonly<Record<string, readonly string[] | undefined>> }} Test
 */

/** The most time that a test may take, in milliseconds. node:wasi never returns from some sleeps. */
const LIMIT = 20_000;

/** The tests that need threads. Some link without, but fail on every host. */
const THREADED = /^(?:coop|pthread)_/;

const OPTIONS =
  /^(?:FS|NETWORK|SETJMP|NOSHARED|ARGV|ENV|CFLAGS|LDFLAGS|SHARED_LIBS|ENGINE_ARG|PASS_REGULAR_EXPRESSION)$/;

/**
 * Lists the tests.
 * @param {string} wasiLibc
 * @param {string} libcTest
 * @returns {Test[]}
 */
function testsIn(wasiLibc, libcTest) {
  const text = readFileSync(join(wasiLibc, 'test/CMakeLists.txt'), 'utf8');
  return [...text.matchAll(/^ *add_(wasilibc|libc)_test\(([^$\s)]+\.c)([^)]*)\)/gm)].map(
    ([, kind, file = '', rest = '']) => {
      /** @type {Record<string, string[]>} */
      const options = {};
      let latest = '';
      for (const [word] of rest.matchAll(/"[^"]*"|\S+/g)) {
        if (OPTIONS.test(word)) {
          latest = word;
          options[latest] = [];
        } else {
          options[latest]?.push(word.replaceAll('"', ''));
        }
      }
      return {
        source: join(kind === 'libc' ? join(libcTest, 'src') : join(wasiLibc, 'test/src'), file),
        options,
      };
    },
  );
}

/**
 * Runs the C compiler. Returns whether it succeeds.
 * @param {string[]} args
 */
const compiles = (...args) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../../build/clang.mjs'), '-w', ...args], {
    stdio: 'ignore',
  }).status === 0;

/**
 * Runs the tests.
 * @template {Host} Name
 * @param {string} workplace
 * @param {string} wasiLibc a checkout of wasi-libc
 * @param {string} libcTest a checkout of the libc-test that it uses
 * @param {readonly Name[]} on
 * @returns {Promise<Record<Name, { passed: string[], failed: string[] }>>}
 */
export async function testWasiLibc(workplace, wasiLibc, libcTest, on) {
  const root = join(workplace, 'root-of-libc');
  const program = join(workplace, 'test.wasm');
  /** @type {[Name, { passed: string[], failed: string[] }][]} */
  const results = on.map((host) => [host, { passed: [], failed: [] }]);
  const common = join(libcTest, 'src/common');
  const support = ['path', 'print', 'rand', 'utf8'].map((name) => {
    const object = join(workplace, `${name}.o`);
    if (!compiles(`-I${common}`, '-c', join(common, `${name}.c`), '-o', object)) {
      throw new Error(`${common} does not compile`);
    }
    return object;
  });
  for (const { source, options } of testsIn(wasiLibc, libcTest)) {
    if (THREADED.test(basename(source))) {
      continue;
    }
    const { CFLAGS = [], LDFLAGS = [], SETJMP } = options;
    const jumps = SETJMP ? ['-mllvm', '-wasm-enable-sjlj', '-lsetjmp'] : [];
    if (!compiles(...CFLAGS, `-I${common}`, source, ...support, ...LDFLAGS, ...jumps, '-o', program)) {
      continue;
    }
    const { FS, ENV = [], ARGV = [], PASS_REGULAR_EXPRESSION: [expected = ''] = [] } = options;
    for (const [host, { passed, failed }] of results) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root);
      const { stdout, end } = await run(host, FS && root, ENV, program, ARGV, LIMIT);
      const isRight = end === 0 && stdout.includes(expected);
      (isRight ? passed : failed).push(basename(source, '.c'));
    }
  }
  return /** @type {Record<Name, { passed: string[], failed: string[] }>} */ (Object.fromEntries(results));
}
