// `make suites`: runs test suites that others wrote on several hosts, and writes the result as a page,
// build/out/suites.md. It fails if a test that passes in wasmtime does not pass on mapcp/host, and no reason is written
// here.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describeMachine, markdown } from '../bench/report.mjs';
import { goVersion, testPackage } from './go.mjs';
import { hostNames, wasmtimeVersion, withWorkplace } from './hosts.mjs';
import { testWasiLibc } from './wasi-libc.mjs';
import { languages, testWasi } from './wasi-testsuite.mjs';

/**
 * What one host made of the tests of a row.
 * @typedef {{ passed: readonly string[], failed: readonly string[], broken?: string | undefined }} Results
 */

/** The checkouts of wasi-testsuite, of wasi-libc and of the libc-test that it uses. */
const { WASI_TESTSUITE: checkout, WASI_LIBC: wasiLibc, LIBC_TEST: libcTest } = process.env;

/** The packages of Go. They read files, use clocks, random numbers and threads, or need much memory. */
const packages = [
  'archive/tar',
  'archive/zip',
  'bufio',
  'compress/gzip',
  'context',
  'crypto/rand',
  'debug/elf',
  'encoding/csv',
  'io',
  'io/fs',
  'io/ioutil',
  'log',
  'log/slog',
  'mime',
  'mime/multipart',
  'net',
  'os',
  'os/user',
  'path',
  'path/filepath',
  'sync',
  'testing/fstest',
  'text/template',
  'time',
];

/**
 * Why mapcp/host passes fewer tests of a row than wasmtime.
 * @type {Readonly<Record<string, string>>}
 */
const reasons = {
  'wasi-libc':
    'The test wants `faccessat` to say that a directory which was opened for reading refuses new files. mapcp/host lets a ' +
    'program change a directory by any of its descriptors, and says so',
};

/** @param {Results} results */
const cell = ({ passed, failed, broken }) =>
  [
    passed.length.toLocaleString('en'),
    ...(failed.length > 0 ? [`${failed.length} fail`] : []),
    ...(broken === undefined ? [] : [`then ${broken}`]),
  ].join(', ');

/** @param {readonly string[]} names */
const list = (names) => names.map((name) => `\`${name}\``).join(', ');

const go = goVersion();
if (go === undefined) {
  process.stderr.write('there is no go: put it on PATH, or name it in MAPCP_GO\n');
  process.exit(2);
}

/**
 * A row of a table, and the tests that pass in wasmtime only.
 * @param {string} name
 * @param {Readonly<Record<import('./hosts.mjs').Host, Results>>} results
 */
function row(name, results) {
  const { 'mapcp/host': mapcp, wasmtime } = results;
  process.stderr.write(`${name}: ${hostNames.map((host) => cell(results[host])).join(' | ')}\n`);
  return { name, results, lost: wasmtime.passed.filter((test) => !mapcp.passed.includes(test)) };
}

const { ofGo, ofWasi, ofLibc } = await withWorkplace(async (workplace) => {
  const ofWasi = [];
  for (const language of checkout === undefined ? [] : languages) {
    ofWasi.push(row(language, await testWasi(workplace, checkout ?? '', language, hostNames)));
  }
  const ofLibc =
    wasiLibc === undefined || libcTest === undefined
      ? []
      : [row('wasi-libc', await testWasiLibc(workplace, wasiLibc, libcTest, hostNames))];
  const ofGo = [];
  for (const name of packages) {
    ofGo.push(row(`\`${name}\``, await testPackage(workplace, name, hostNames)));
  }
  return { ofGo, ofWasi, ofLibc };
});

/** @param {readonly ReturnType<typeof row>[]} rows */
const rowsOf = (rows) => [
  ['', ...hostNames],
  ...rows.map(({ name, results }) => [name, ...hostNames.map((host) => cell(results[host]))]),
];

/** @param {readonly ReturnType<typeof row>[]} rows */
const table = (rows) =>
  markdown([
    ...rowsOf(rows),
    [
      'all',
      ...hostNames.map((host) =>
        rows.reduce((sum, { results }) => sum + results[host].passed.length, 0).toLocaleString('en'),
      ),
    ],
  ]);

const behind = [...ofGo, ...ofWasi, ...ofLibc].filter(({ lost }) => lost.length > 0);
const unexplained = behind.filter(({ name }) => reasons[name] === undefined);
const explained = behind.map(
  ({ name, lost }) => `- ${name}: ${list(lost)}. ${reasons[name] ?? 'The reason is unknown'}.\n`,
);

const wasiSection = `## wasi-testsuite

[wasi-testsuite](https://github.com/WebAssembly/wasi-testsuite) tests each call of WASI preview 1, with programs in three
languages. \`make suites WASI_TESTSUITE=…\` names a checkout of its branch \`prod/testsuite-base\`, which contains the
compiled programs.

${table(ofWasi)}
`;

const libcSection = `## wasi-libc

[wasi-libc](https://github.com/WebAssembly/wasi-libc) tests the calls of a C library on files, clocks and streams, with
programs of its own and of [libc-test](https://github.com/bytecodealliance/libc-test). \`make suites WASI_LIBC=… LIBC_TEST=…\`
names checkouts of both, and compiles the tests with \`build/clang.mjs\`. Those that need threads or sockets do not link for
WASI preview 1, and are left out.

${markdown(rowsOf(ofLibc))}
`;

const page = `# Test suites of others

These programs test a WASI host, and nobody who works on mapcp wrote them. \`make suites\` ran them on
${new Date().toISOString().slice(0, 10)} with ${go} and ${wasmtimeVersion()}, on
${describeMachine()}.

## Go's standard library

\`go test -c\` compiles the tests of a package for WASI preview 1. \`mapcp-run\`, wasmtime and \`node:wasi\` run them with
\`-test.short\`. A scratch directory is the root that they see. The figures are tests and subtests that pass. Go skips
tests that need more than WASI, such as processes. If a host crashes, the table names the signal, and the other tests
of the package do not run. \`node:wasi\` crashes at other tests in each run. preview2-shim is not in the table, because
it runs only components and Go makes core modules.

${table(ofGo)}
${ofWasi.length === 0 ? '' : wasiSection}${ofLibc.length === 0 ? '' : libcSection}## Tests that pass in wasmtime but not on mapcp/host

${explained.length > 0 ? explained.join('') : 'None.\n'}
`;
const out = join(import.meta.dirname, '../../build/out');
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'suites.md'), page);
process.stdout.write(page);
if (unexplained.length > 0) {
  process.stderr.write(`no reason is written for: ${unexplained.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 1;
}
