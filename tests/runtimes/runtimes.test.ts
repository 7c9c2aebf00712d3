// The table of behaviours in Bun, in Deno, and in Windows' Node under Wine, by the API and the command line; under Wine,
// also with koffi, and the tests of the host that need no symbolic links.

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { built } from '../helpers/runtimes.js';
import { mayTest } from '../helpers/tools.js';
import type { Result } from './vitest.js';

/** The table by a frontend, the tests of strict confinement, those of the host, or those of Windows' paths. */
type Part = 'API' | 'command line' | 'confinement' | 'host' | 'Windows';

const frontends: readonly Part[] = ['API', 'command line'];

/**
 * Returns 1 to test all rows, or 4 to test every fourth. The command line starts a process for each row, and does the same
 * as the API after it has read its arguments. The tests of the host run on Linux as well. So parts of both are left out,
 * unless `MAPCP_ALL_ROWS` is set.
 */
function stepOf(part: Part): number {
  const steps: Partial<Record<Part, number>> = { 'command line': 4, host: 2 };
  return process.env.MAPCP_ALL_ROWS === undefined ? (steps[part] ?? 1) : 1;
}

/** A runtime that vitest does not run in. */
interface Runtime {
  readonly name: string;
  /** A program on the path. */
  readonly program: string;
  /** The arguments before a script; undefined if something is missing. */
  readonly args: readonly string[] | undefined;
  readonly parts: readonly Part[];
  /** Variables to add to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Why some rows need not hold, by a part of their names. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** The least number of rows. */
  readonly rows: number;
}

const noLinks = 'Wine has no symbolic links';
const late = 'Wine removes a directory that is open when it is closed';
const access = 'Wine reports another time of access than the one that was set';
const milliseconds = 'Deno reports times in whole milliseconds';

const { MAPCP_WINDOWS_NODE: windowsNode, MAPCP_WINDOWS_KOFFI: windowsKoffi } = process.env;
const wine = '/usr/lib/wine/wine64';
const argsOfWine = windowsNode === undefined || windowsKoffi === undefined ? undefined : [windowsNode];
// koffi looks for its library there.
const withKoffi = { NODE_PATH: `Z:${windowsKoffi}` };

const runtimes: readonly Runtime[] = [
  { name: 'Bun', program: 'bun', args: [], parts: frontends, rows: 300 },
  {
    name: 'Deno',
    program: 'deno',
    args: ['run', '--allow-all'],
    parts: frontends,
    exceptions: {
      'a file that is a nanosecond older is replaced under newer': milliseconds,
      'a source that gets another time by a nanosecond while it is copied': milliseconds,
      'a source that is written to and has its old size and time again while it is copied': milliseconds,
    },
    rows: 300,
  },
  { name: 'Wine', program: wine, args: argsOfWine, parts: frontends, rows: 150 },
  { name: 'Wine', program: wine, args: argsOfWine, parts: ['Windows'], rows: 5 },
  {
    name: 'Wine, with koffi',
    program: wine,
    args: argsOfWine,
    env: withKoffi,
    parts: ['API'],
    rows: 150,
  },
  {
    name: 'Wine, with koffi',
    program: wine,
    args: argsOfWine,
    env: withKoffi,
    parts: ['confinement'],
    exceptions: {
      'a file gets its new name in the directory that is open':
        'Wine looks up the path of the directory again when it renames and links',
    },
    rows: 10,
  },
  {
    name: 'Wine, with koffi',
    program: wine,
    args: argsOfWine,
    env: withKoffi,
    parts: ['host'],
    exceptions: {
      'held directory that has been removed': late,
      'held directory that was removed': late,
      'a directory that is held': late,
      'with a link to outside in its place': noLinks,
      'an entry that was a file and is now a link out': noLinks,
      'through links that it creates': noLinks,
      'times follow WASI': access,
      'and keeps the other time': access,
    },
    rows: 800,
  },
];

/** Finds a program. Undefined if there is none. */
function pathOf(program: string): string | undefined {
  const folders = ['', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Runs a part of the tests in a runtime. */
function resultsOf(program: string, args: readonly string[], env: Runtime['env'], part: Part): Result[] {
  return inTemporaryDirectory((directory) => {
    const [file, output] = [join(directory, 'results'), join(directory, 'output')];
    // Node under Wine writes to files, not to pipes.
    const fd = openSync(output, 'w');
    const command = [...args, built('tests', 'runtimes.js'), file, part, String(stepOf(part))];
    const { status } = spawnSync(program, command, {
      stdio: ['ignore', fd, fd],
      env: { ...process.env, ...env },
    });
    closeSync(fd);
    // A failed row is no failure yet.
    expect([0, 1], readFileSync(output, 'utf8')).toContain(status);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Result);
  });
}

describe.each(runtimes)('in $name', ({ program, args, env, parts, exceptions = {}, rows }) => {
  const path = pathOf(program);
  const isThere = path !== undefined && args !== undefined;
  it.runIf(mayTest(isThere)).each(parts)(
    'the rows hold, except those with a reason: %s',
    { timeout: 1_200_000 },
    (part) => {
      const results = resultsOf(path ?? '', args ?? [], env, part);
      expect(results.length).toBeGreaterThan(rows / stepOf(part));
      const names = Object.keys(exceptions);
      const isException = ({ name, lacksLinks = false }: Result) =>
        lacksLinks || names.some((exception) => name.includes(exception));
      expect(results.filter((result) => result.error !== undefined && !isException(result))).toEqual([]);
      const table = results.map(({ name }) => name).join('\n');
      // The command line does not have every row.
      const isWhole = part !== 'command line' && stepOf(part) === 1;
      const unknown = isWhole ? names.filter((name) => !table.includes(name)) : [];
      expect(unknown).toEqual([]);
    },
  );
});

const deno = pathOf('deno');

it.runIf(mayTest(deno !== undefined))('in Deno, an error names the missing permission', () =>
  inTemporaryDirectory((directory) => {
    const library = JSON.stringify(resolve('build/out/js/index.js'));
    const program = `import { copy } from ${library};
      await copy('program.mjs', 'copy').catch(({ message }) => console.log(message));`;
    writeFileSync(join(directory, 'program.mjs'), program);
    const flags = ['--allow-read', '--allow-write', '--allow-env', '--allow-sys'];
    const { stdout } = spawnSync(deno ?? '', ['run', ...flags, 'program.mjs'], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^Deno denies \/proc\/self\/fd, .*: start Deno with --allow-all, or accept less /);
  }),
);
