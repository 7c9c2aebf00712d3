// Runs tests of CPython's standard library on several hosts. The user names an interpreter for WASI preview 1, and the
// directory Lib of a CPython of the same version, which contains the tests.

import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './hosts.mjs';

/** @typedef {import('./hosts.mjs').Host} Host */
/** @typedef {{ passed: readonly string[], failed: readonly string[], broken: string | undefined }} Results */

/** The modules whose tests read and write files, or whose code does. */
export const modules = [
  'bz2',
  'csv',
  'filecmp',
  'fileio',
  'fnmatch',
  'genericpath',
  'glob',
  'gzip',
  'io',
  'os',
  'pathlib',
  'posixpath',
  'shutil',
  'tempfile',
];

/**
 * Makes the root that the tests see, one for each host.
 * @template {Host} Name
 * @param {string} workplace
 * @param {string} lib the directory Lib of CPython
 * @param {readonly Name[]} on
 */
export function prepareCPython(workplace, lib, on) {
  return on.map((host, index) => {
    const root = join(workplace, `root-of-python-${index}`);
    cpSync(lib, join(root, 'lib'), { recursive: true });
    cpSync(join(import.meta.dirname, 'cpython.py'), join(root, 'lib/test/cpython.py'));
    return { host, root };
  });
}

/**
 * Runs the tests of a module on each host at the same time.
 * @template {Host} Name
 * @param {readonly { host: Name, root: string }[]} roots what `prepareCPython` returned
 * @param {string} python the path of the interpreter
 * @param {string} name for example `os`
 * @returns {Promise<Record<Name, Results>>}
 */
export async function testModule(roots, python, name) {
  const args = ['/lib/test/cpython.py', `test.test_${name}`];
  const variables = ['PYTHONDONTWRITEBYTECODE=1', 'TMPDIR=/tmp'];
  const results = roots.map(async ({ host, root }) => {
    for (const left of readdirSync(root).filter((each) => each !== 'lib')) {
      rmSync(join(root, left), { recursive: true });
    }
    mkdirSync(join(root, 'tmp'));
    const { stdout, end } = await run(host, root, variables, python, args);
    const named = (/** @type {string} */ verdict) => [
      ...new Set(
        [...stdout.matchAll(new RegExp(`^--- ${verdict}: (\\S+)`, 'gm'))].map(([, test = '']) => test),
      ),
    ];
    const hasEnded = end === 0 && stdout.includes('\n--- END\n');
    return /** @type {[Name, Results]} */ ([
      host,
      {
        passed: named('PASS'),
        failed: named('FAIL'),
        broken: hasEnded ? undefined : typeof end === 'number' ? `exit status ${end}` : end,
      },
    ]);
  });
  return /** @type {Record<Name, Results>} */ (Object.fromEntries(await Promise.all(results)));
}
