// The table of behaviours in Bun and in Deno, by the API and the command line.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { built } from '../helpers/runtimes.js';
import type { Result } from './vitest.js';

/** Why a runtime cannot pass some rows, by the start of the row's name in the table. Each of them must fail. */
type Exceptions = Readonly<Record<string, string>>;

const milliseconds = 'Deno reports times in whole milliseconds';

const runtimes: readonly (readonly [name: string, args: readonly string[], exceptions: Exceptions])[] = [
  ['bun', [], {}],
  [
    'deno',
    ['run', '--allow-all'],
    {
      'a file that is a nanosecond older is replaced under newer': milliseconds,
      'a source that gets another time by a nanosecond while it is copied': milliseconds,
      'a source that is written to and has its old size and time again while it is copied': milliseconds,
    },
  ],
];

/** Finds a program on the path. Undefined if there is none. */
function programOf(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Runs the table in a runtime, with rows as tests. */
function resultsOf(program: string, args: readonly string[]): Result[] {
  return inTemporaryDirectory((directory) => {
    const file = join(directory, 'results');
    const table = built('tests', 'runtimes.js');
    const { status, stderr } = spawnSync(program, [...args, table, file], { encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Result);
  });
}

describe.each(runtimes)('in %s', (name, args, exceptions) => {
  const program = programOf(name);
  it.skipIf(program === undefined && process.env.CI === undefined)(
    'every row of the table holds, except those with a reason',
    { timeout: 600_000 },
    () => {
      const results = resultsOf(program ?? '', args);
      const isException = ({ name }: Result) => Object.keys(exceptions).some((start) => name.includes(start));
      const failed = results.filter(({ error }) => error !== undefined);
      expect(results.length).toBeGreaterThan(500);
      expect(failed.filter((result) => !isException(result))).toEqual([]);
      expect(results.filter(isException).filter((result) => !failed.includes(result))).toEqual([]);
    },
  );
});
