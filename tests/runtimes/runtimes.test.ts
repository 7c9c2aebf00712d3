// The table of behaviours in Bun, in Deno, and in Windows' Node under Wine, by the API and the command line.

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { built } from '../helpers/runtimes.js';
import type { Result } from './vitest.js';

/**
 * The command line makes a process for each row, and does the same as the API after it has read its arguments. So by
 * default only each fourth row is tested by it; `MAPCP_ALL_ROWS=1` tests all.
 */
const frontends = [
  { name: 'API', step: 1 },
  { name: 'command line', step: process.env.MAPCP_ALL_ROWS === undefined ? 4 : 1 },
];

/** A runtime that vitest does not run in. */
interface Runtime {
  readonly name: string;
  /** A program on the path. */
  readonly program: string;
  /** The arguments before a script; undefined if something is missing. */
  readonly args: readonly string[] | undefined;
  /** Why some rows need not hold, by a part of their names. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** How many rows it has at least. */
  readonly rows: number;
}

const milliseconds = 'Deno reports times in whole milliseconds';
const windowsNode = process.env.MAPCP_WINDOWS_NODE;

const runtimes: readonly Runtime[] = [
  { name: 'Bun', program: 'bun', args: [], exceptions: {}, rows: 300 },
  {
    name: 'Deno',
    program: 'deno',
    args: ['run', '--allow-all'],
    exceptions: {
      'a file that is a nanosecond older is replaced under newer': milliseconds,
      'a source that gets another time by a nanosecond while it is copied': milliseconds,
      'a source that is written to and has its old size and time again while it is copied': milliseconds,
    },
    rows: 300,
  },
  {
    name: 'Wine',
    program: '/usr/lib/wine/wine64',
    args: windowsNode === undefined ? undefined : [windowsNode],
    exceptions: {},
    rows: 150,
  },
];

/** Finds a program. Undefined if there is none. */
function pathOf(program: string): string | undefined {
  const folders = ['', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Runs each `step`th row of the table in a runtime, by one frontend. */
function resultsOf(program: string, args: readonly string[], frontend: string, step: number): Result[] {
  return inTemporaryDirectory((directory) => {
    const [file, output] = [join(directory, 'results'), join(directory, 'output')];
    // Node under Wine writes to files, not to pipes.
    const fd = openSync(output, 'w');
    const command = [...args, built('tests', 'runtimes.js'), file, frontend, String(step)];
    const { status } = spawnSync(program, command, { stdio: ['ignore', fd, fd] });
    closeSync(fd);
    // A failed row is no failure yet.
    expect([0, 1], readFileSync(output, 'utf8')).toContain(status);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Result);
  });
}

describe.each(runtimes)('in $name', ({ program, args, exceptions, rows }) => {
  const path = pathOf(program);
  const isMissing = path === undefined || args === undefined;
  it.skipIf(isMissing && process.env.CI === undefined).each(frontends)(
    'the rows of the table hold by the $name, except those with a reason',
    { timeout: 1_200_000 },
    ({ name: frontend, step }) => {
      const results = resultsOf(path ?? '', args ?? [], frontend, step);
      expect(results.length).toBeGreaterThan(rows / step);
      const names = Object.keys(exceptions);
      const isException = ({ name }: Result) => names.some((part) => name.includes(part));
      expect(results.filter((result) => result.error !== undefined && !isException(result))).toEqual([]);
      const table = results.map(({ name }) => name).join('\n');
      const isByApi = frontend === 'API';
      expect(names.filter((part) => isByApi && !table.includes(part))).toEqual([]);
    },
  );
});
