// What the table of behaviours needs of vitest, for runtimes that vitest does not run in: build/out/tests/runtimes.js has
// this in its place.

import { appendFileSync } from 'node:fs';
import process from 'node:process';
import util from 'node:util';
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';
import { canLink } from '../helpers/directory.js';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const { expect } = chai;

/** The result of a test, as a line of JSON in the results. */
export interface Result {
  readonly name: string;
  /** Why it failed; undefined if it passed. */
  readonly error?: string | undefined;
  /** Whether it failed because this process can create no symbolic links. */
  readonly lacksLinks?: boolean;
}

interface Test {
  readonly name: string;
  readonly act: () => unknown;
}

type Act = (...row: never[]) => unknown;

const tests: Test[] = [];
const finishers: (() => unknown)[] = [];
let group = '';

/** Returns a name of a table's test, in which each `%s` stands for a value of the row. */
function nameOf(name: string, row: readonly unknown[]): string {
  const values = [...row];
  return name.replace(/%s/g, () => String(values.shift()));
}

/** What a test gets if it asks for it. */
type Context = Readonly<Record<string, unknown>>;

/** Adds the ways to call `define` that vitest has. */
function withModifiers(define: (name: string, act: Act) => void, contextOf: () => Context = () => ({})) {
  const perRow =
    (argumentsOf: (row: unknown, values: readonly unknown[]) => readonly unknown[]) =>
    (rows: readonly unknown[]) =>
    (name: string, act: Act): void => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        define(nameOf(name, values), () => act(...(argumentsOf(row, values) as never[])));
      }
    };
  const chosen = Object.assign((name: string, act: Act) => define(name, () => act(contextOf() as never)), {
    each: perRow((_, values) => values),
    for: perRow((row) => [row, contextOf()]),
  });
  const none = Object.assign(() => {}, { each: () => () => {}, for: () => () => {} });
  return Object.assign(chosen, {
    runIf: (runs: boolean) => (runs ? chosen : none),
    skipIf: (skips: boolean) => (skips ? none : chosen),
  });
}

/** Defines the tests of a group, whose names begin with its name. */
export const describe = withModifiers((name, define) => {
  const outer = group;
  group = `${outer}${name} `;
  define();
  group = outer;
});

/** Defines tests that get these fixtures, each made when the test asks for it. */
function withFixtures(fixtures: Readonly<Record<string, () => unknown>>) {
  const contextOf = () => {
    const getters = Object.entries(fixtures).map(([name, make]) => [name, { get: make }] as const);
    return Object.defineProperties({}, Object.fromEntries(getters));
  };
  return Object.assign(
    withModifiers((name, act) => void tests.push({ name: group + name, act }), contextOf),
    { extend: (name: string, make: () => unknown) => withFixtures({ ...fixtures, [name]: make }) },
  );
}

/** Defines a test. */
export const it = withFixtures({});

export const test = it;

/** Calls `act` after the test that runs. */
export function onTestFinished(act: () => unknown): void {
  finishers.unshift(act);
}

/**
 * Runs the tests that were defined, one after the other, and appends each result to a file. If one fails, prints it, and
 * the process ends with status 1.
 *
 * @param step 1 for all tests, or 4 for every fourth
 */
export async function runTests(file: string, step: number): Promise<void> {
  for (const { name, act } of tests.filter((_, index) => index % step === 0)) {
    const result = { name, ...(await failureOf(act)) };
    if (result.error !== undefined) {
      process.exitCode = 1;
      process.stderr.write(`FAILED: ${name}\n${result.error}\n`);
    }
    appendFileSync(file, `${JSON.stringify(result)}\n`);
  }
}

function described(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return String(thrown);
  }
  const { actual, expected } = thrown as Error & { actual?: unknown; expected?: unknown };
  const values = expected === undefined ? [] : [`is ${inspect(actual)}`, `should be ${inspect(expected)}`];
  return [thrown.message, thrown.stack, ...values].join('\n');
}

const inspect = (value: unknown): string => util.inspect(value, { depth: 4, maxArrayLength: null });

/** Runs a test. Returns why it failed, or nothing. */
async function failureOf(act: () => unknown): Promise<Omit<Result, 'name'>> {
  try {
    await act();
    return {};
  } catch (thrown) {
    const isOfLink = (thrown as NodeJS.ErrnoException).syscall === 'symlink';
    return { error: described(thrown), lacksLinks: isOfLink && !canLink() };
  } finally {
    for (const finish of finishers.splice(0)) {
      await finish();
    }
  }
}
