import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { create, putInto } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { cases, contentsOf, expectOut } from './cases.js';
import { frontends, run } from './frontends.js';

describe.each(frontends)('mapcp in $name', (frontend) => {
  it.for(cases)('$name', (test, { directory }) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    create(test, putInto(directory));
    const before = contentsOf(directory);

    const { status, stdout, stderr } = run(frontend, test.args, directory, test.wrapper);

    expectText(stderr, test.stderr ?? '');
    expectText(stdout, test.stdout ?? '');
    expect(status).toBe({ well: 0, badly: 1, usage: frontend.usageStatus }[test.ends ?? 'well']);
    expectOut(directory, test.out ?? before);
  });
});

function expectText(text: string, expected: string | RegExp): void {
  if (typeof expected === 'string') {
    expect(text).toBe(expected);
  } else {
    expect(text).toMatch(expected);
  }
}
