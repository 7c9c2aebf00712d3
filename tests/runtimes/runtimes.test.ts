// The table of behaviours in Bun, in Deno, and in Windows' Node under Wine, by the API and the command line; under Wine,
// also with koffi.

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { built } from '../helpers/runtimes.js';
import type { Result } from './vitest.js';

/** A part of the tests. */
interface Run {
  /** A frontend, or `confinement`. */
  readonly name: string;
  /** 4 to test each fourth row. */
  readonly step: number;
}

const byApi: Run = { name: 'API', step: 1 };
/**
 * The command line makes a process for each row, and does the same as the API after it has read its arguments. So by
 * default only each fourth row is tested by it; `MAPCP_ALL_ROWS=1` tests all.
 */
const byCommandLine: Run = { name: 'command line', step: process.env.MAPCP_ALL_ROWS === undefined ? 4 : 1 };
const frontends = [byApi, byCommandLine];

/** A runtime that vitest does not run in. */
interface Runtime {
  readonly name: string;
  /** A program on the path. */
  readonly program: string;
  /** The arguments before a script; undefined if something is missing. */
  readonly args: readonly string[] | undefined;
  readonly runs: readonly Run[];
  /** Variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Why some rows need not hold, by a part of their names. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** How many rows it has at least. */
  readonly rows: number;
}

const milliseconds = 'Deno reports times in whole milliseconds';

const { MAPCP_WINDOWS_NODE: windowsNode, MAPCP_WINDOWS_KOFFI: windowsKoffi } = process.env;
const wine = '/usr/lib/wine/wine64';
const argsOfWine = windowsNode === undefined || windowsKoffi === undefined ? undefined : [windowsNode];
// Where koffi looks for its library.
const withKoffi = { NODE_PATH: `Z:${windowsKoffi}` };

const runtimes: readonly Runtime[] = [
  { name: 'Bun', program: 'bun', args: [], runs: frontends, exceptions: {}, rows: 300 },
  {
    name: 'Deno',
    program: 'deno',
    args: ['run', '--allow-all'],
    runs: frontends,
    exceptions: {
      'a file that is a nanosecond older is replaced under newer': milliseconds,
      'a source that gets another time by a nanosecond while it is copied': milliseconds,
      'a source that is written to and has its old size and time again while it is copied': milliseconds,
    },
    rows: 300,
  },
  { name: 'Wine', program: wine, args: argsOfWine, runs: frontends, exceptions: {}, rows: 150 },
  {
    name: 'Wine, with koffi',
    program: wine,
    args: argsOfWine,
    env: withKoffi,
    runs: [byApi],
    exceptions: {},
    rows: 150,
  },
  {
    name: 'Wine, with koffi',
    program: wine,
    args: argsOfWine,
    env: withKoffi,
    runs: [{ name: 'confinement', step: 1 }],
    exceptions: {
      'a file gets its new name in the directory that is open':
        'Wine looks up the path of the directory again when it renames and links',
    },
    rows: 10,
  },
];

/** Finds a program. Undefined if there is none. */
function pathOf(program: string): string | undefined {
  const folders = ['', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Runs each `step`th row in a runtime, by one frontend, or of the tests of confinement. */
function resultsOf(
  program: string,
  args: readonly string[],
  env: Runtime['env'],
  { name, step }: Run,
): Result[] {
  return inTemporaryDirectory((directory) => {
    const [file, output] = [join(directory, 'results'), join(directory, 'output')];
    // Node under Wine writes to files, not to pipes.
    const fd = openSync(output, 'w');
    const command = [...args, built('tests', 'runtimes.js'), file, name, String(step)];
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

describe.each(runtimes)('in $name', ({ program, args, env, runs, exceptions, rows }) => {
  const path = pathOf(program);
  const isMissing = path === undefined || args === undefined;
  it.skipIf(isMissing && process.env.CI === undefined).each(runs)(
    'the rows of the table hold by the $name, except those with a reason',
    { timeout: 1_200_000 },
    (run) => {
      const results = resultsOf(path ?? '', args ?? [], env, run);
      expect(results.length).toBeGreaterThan(rows / run.step);
      const names = Object.keys(exceptions);
      const isException = ({ name }: Result) => names.some((part) => name.includes(part));
      expect(results.filter((result) => result.error !== undefined && !isException(result))).toEqual([]);
      const table = results.map(({ name }) => name).join('\n');
      const hasThem = run !== byCommandLine;
      expect(names.filter((part) => hasThem && !table.includes(part))).toEqual([]);
    },
  );
});
