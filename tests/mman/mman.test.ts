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

  test.skipIf(missing)('the file has what exit handlers and destructors changed', () => {
    const directory = directoryWith({});
    expect(run('cases', directory, ['leave'])).toEqual({ status: 0, stdout: '', stderr: '' });
    const content = readFileSync(join(directory, 'left'), 'latin1');
    expect([16, 32, 48].map((place) => content.slice(65536 + place).split('\0', 1)[0])).toEqual([
      'handler',
      'destructor',
      'the last one',
    ]);
  });

  test.skipIf(missing || name === 'native')('a program fails if its last write-back fails', () => {
    expect(run('faults', directoryWith({}), ['leave'])).toEqual({
      status: 1,
      stdout: 'done',
      stderr: 'libshared-mman: cannot write a mapping back to its file at exit: No space left on device\n',
    });
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
