import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putInto } from '../behaviour/tree.js';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { cases, expectOut } from './cases.js';
import { frontends, run } from './frontends.js';

describe.each(frontends)('mapcp in $name', (frontend) => {
  it.each(cases)('$name', (test) => {
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'in'));
      mkdirSync(join(directory, 'out'));
      test.prepare?.(putInto(directory));

      const { status, stdout, stderr } = run(frontend, test.args, directory, test.wrapper);

      expectText(stderr, test.stderr ?? '');
      expectText(stdout, test.stdout ?? '');
      expect(status).toBe({ well: 0, badly: 1, usage: frontend.usageStatus }[test.ends]);
      expectOut(directory, test.out);
    });
  });
});

function expectText(text: string, expected: string | RegExp): void {
  if (typeof expected === 'string') {
    expect(text).toBe(expected);
  } else {
    expect(text).toMatch(expected);
  }
}
