// What the table of behaviours needs of vitest, for runtimes that vitest does not run in: build/out/tests/runtimes.js has
// this in its place.

import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

chai.use(JestExtend);
chai.use(JestChaiExpect);

export const { expect } = chai;

/** The result of a test, as a line of JSON in the results. */
export interface Result {
  readonly name: string;
  /** Why it failed; undefined if it passed. */
  readonly error?: string | undefined;
}

interface Test {
  readonly name: string;
  readonly act: () => unknown;
}

const tests: Test[] = [];
let group = '';

/** Defines the tests of a group, whose names begin with its name. */
export function describe(name: string, define: () => void): void {
  const outer = group;
  group = `${outer}${name} `;
  define();
  group = outer;
}

const define = (name: string, act: () => unknown): void => void tests.push({ name: group + name, act });

/** Defines a test. */
export const it = Object.assign(define, { skipIf: (skips: boolean) => (skips ? () => {} : define) });

/**
 * Runs the tests that were defined, one after the other, and appends each result to a file. If one fails, prints it, and
 * the process ends with status 1.
 *
 * @param step 1 for all tests, or 4 for every fourth
 */
export async function runTests(file: string, step: number): Promise<void> {
  for (const { name, act } of tests.filter((_, index) => index % step === 0)) {
    let error: string | undefined;
    try {
      await act();
    } catch (thrown) {
      error = thrown instanceof Error ? `${thrown.message}\n${thrown.stack}` : String(thrown);
    }
    if (error !== undefined) {
      process.exitCode = 1;
      process.stderr.write(`FAILED: ${name}\n${error}\n`);
    }
    const result: Result = { name, error };
    appendFileSync(file, `${JSON.stringify(result)}\n`);
  }
}
