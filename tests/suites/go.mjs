// Runs the tests of Go's standard library on several hosts. The `go` command compiles a package's tests to a core module
// for WASI preview 1, which is run in a directory of its own.
//
// The directory is the root that the program sees. It has what the tests read: a part of GOROOT, /etc/hosts, /tmp, and
// /dev/null if the user may make a device.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { run } from './hosts.mjs';

/**
 * The results of a run: the names of tests and subtests. `broken` says how the program ended, if it printed no verdict.
 * @typedef {{ passed: readonly string[], failed: readonly string[], broken: string | undefined }} Results
 */

/** @typedef {import('./hosts.mjs').Host} Host */

const { MAPCP_GO: go = 'go' } = process.env;

/** The environment of `go`: it neither downloads another release nor follows settings of the user. */
const environment = {
  ...process.env,
  GOROOT: '',
  GOTOOLCHAIN: 'local',
  GOENV: 'off',
  GOFLAGS: '',
  GOWORK: 'off',
};

/** The version of Go, or undefined if it is missing. */
export function goVersion() {
  const { status, stdout } = spawnSync(go, ['env', 'GOVERSION'], { env: environment, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Compiles the tests of a package, and copies its directory into the root that the tests see.
 * @param {string} workplace
 * @param {string} name for example `os`
 * @returns {string} the path of the program
 */
function prepare(workplace, name) {
  const goroot = execFileSync(go, ['env', 'GOROOT'], { env: environment, encoding: 'utf8' }).trim();
  const root = join(workplace, 'root');
  mkdirSync(join(root, 'dev'), { recursive: true });
  spawnSync('mknod', [join(root, 'dev/null'), 'c', '1', '3']);
  for (const part of ['lib/time', 'src/testdata', 'src/unicode', `src/${name}`]) {
    mkdirSync(dirname(join(root, 'go', part)), { recursive: true });
    cpSync(join(goroot, part), join(root, 'go', part), { recursive: true });
  }
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  // The tests of `os` look for these names. Some packages of Go lack the last two.
  for (const file of ['go.env', 'LICENSE', 'CONTRIBUTING.md']) {
    writeFileSync(join(root, 'go', file), 'some text\n');
  }
  const program = join(workplace, `${name.replaceAll('/', '-')}.wasm`);
  execFileSync(go, ['test', '-c', '-o', program, '.'], {
    cwd: join(goroot, 'src', name),
    env: { ...environment, GOOS: 'wasip1', GOARCH: 'wasm' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return program;
}

/**
 * Runs the tests of a package on one host after the other.
 * @template {Host} Name
 * @param {string} workplace
 * @param {string} name
 * @param {readonly Name[]} on
 * @returns {Promise<Record<Name, Results>>}
 */
export async function testPackage(workplace, name, on) {
  const program = prepare(workplace, name);
  const root = join(workplace, 'root');
  const variables = ['GOROOT=/go', 'TMPDIR=/tmp', 'HOME=/tmp', 'PATH=/bin', `PWD=/go/src/${name}`];
  /** @type {[Name, Results][]} */
  const results = [];
  for (const host of on) {
    rmSync(join(root, 'tmp'), { recursive: true, force: true });
    mkdirSync(join(root, 'tmp'));
    const { stdout, end } = await run(host, root, variables, program, ['-test.v', '-test.short']);
    const named = (/** @type {string} */ verdict) =>
      [...stdout.matchAll(new RegExp(`^ *--- ${verdict}: (\\S+)`, 'gm'))].map(([, test = '']) => test);
    const hasEnded = typeof end === 'number' && /^(?:PASS|FAIL)$/m.test(stdout);
    results.push([
      host,
      {
        passed: named('PASS'),
        failed: named('FAIL'),
        broken: hasEnded ? undefined : typeof end === 'number' ? `exit status ${end}` : end,
      },
    ]);
  }
  return /** @type {Record<Name, Results>} */ (Object.fromEntries(results));
}
