// What the environment asks of a run. What makes no sense ends it with a sentence, and what makes it less than the whole
// benchmark is kept, so that it is not published.

import { join } from 'node:path';
import process from 'node:process';

/** How many rounds the whole benchmark has. */
const ALL_ROUNDS = 7;

/**
 * Ends the process.
 * @param {string} message
 * @returns {never}
 */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/**
 * @param {string} variable
 * @param {number} usual
 * @param {string} wanted what its value has to be, in words
 * @param {(value: number) => boolean} fits
 */
function number(variable, usual, wanted, fits) {
  const text = process.env[variable] ?? `${usual}`;
  const value = Number(text);
  return fits(value) ? value : refuse(`${variable} must be ${wanted}, and is '${text}'`);
}

export const rounds = number('ROUNDS', ALL_ROUNDS, 'a whole number above 0', (value) => {
  return Number.isSafeInteger(value) && value > 0;
});

/** How large everything is: 0.001 is for a thousandth. */
export const scale = number(
  'SCALE',
  1,
  'a number above 0, and at most 1',
  (value) => value > 0 && value <= 1,
);

/** The directory that the results are in, with what is made on the way to them. */
export const { BENCH_OUT: measured = join(import.meta.dirname, '../../build/out') } = process.env;

/**
 * The names that an environment variable chooses, or all.
 * @template {string} Name
 * @param {'CASES' | 'CONTESTANTS' | 'PLACES'} variable
 * @param {readonly Name[]} names
 */
export function chosen(variable, names) {
  const wanted = process.env[variable]?.split(',') ?? names;
  const unknown = wanted.find((name) => !names.some((each) => each === name));
  return unknown === undefined
    ? names.filter((name) => wanted.includes(name))
    : refuse(`${variable} has '${unknown}', which is none of: ${names.join(', ')}`);
}

/** What makes this run less than the whole benchmark. */
export const reductions = ['ROUNDS', 'SCALE', 'CASES', 'CONTESTANTS', 'PLACES']
  .filter((variable) => process.env[variable] !== undefined)
  .filter((variable) => variable !== 'ROUNDS' || rounds < ALL_ROUNDS)
  .filter((variable) => variable !== 'SCALE' || scale < 1)
  .map((variable) => `${variable}=${process.env[variable]}`);
