import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runtimesOf } from '../helpers/runtimes.js';
import { expectedOutput } from '../helpers/table.js';
import { directoryWith } from '../helpers/tree.js';

describe.each(runtimesOf('tests/mman'))('shared mappings: $name', ({ name, missing, run }) => {
  test.skipIf(missing)("every case of POSIX's rules passes", () => {
    const outcome = run('cases', directoryWith({}), []);
    expect(outcome).toEqual({
      status: 0,
      stdout: expectedOutput(join(import.meta.dirname, 'cases.c')),
      stderr: '',
    });
  });

  test.skipIf(missing)('the file has the changes of a program that ends without unmapping it', () => {
    const directory = directoryWith({});
    expect(run('cases', directory, ['leave'])).toEqual({ status: 0, stdout: '', stderr: '' });
    const content = readFileSync(join(directory, 'left'), 'latin1');
    expect(content.slice(65536, 65536 + 11)).toBe('left behind');
    expect(content).toHaveLength(2 * 65536);
  });

  test.skipIf(missing || name === 'native')('a failed write-back can be repeated', () => {
    const outcome = run('faults', directoryWith({}), []);
    expect(outcome).toEqual({
      status: 0,
      stdout: expectedOutput(join(import.meta.dirname, 'faults.c')),
      stderr: '',
    });
  });
});
