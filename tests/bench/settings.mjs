// The settings of a run, from the environment. An invalid one ends the process with a sentence. A setting that makes
// the run partial is noted, so that it is not published.

import { join } from 'node:path';
import process from 'node:process';

/** The rounds of the whole benchmark. */
const ALL_ROUNDS = 5;

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
 * @param {string} wanted the valid values, in words
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

/** The size of everything; 0.001 is a thousandth. */
export const scale = number(
  'SCALE',
  1,
  'a number above 0, and at most 1',
  (value) => value > 0 && value <= 1,
);

/** The directory of the results and of temporary files. */
export const { BENCH_OUT: measured = join(import.meta.dirname, '../../build/out') } = process.env;

/**
 * The names that an environment variable chooses; by default all.
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

/** The settings that make this run partial. */
export const reductions = ['ROUNDS', 'SCALE', 'CASES', 'CONTESTANTS', 'PLACES']
  .filter((variable) => process.env[variable] !== undefined)
  .filter((variable) => variable !== 'ROUNDS' || rounds < ALL_ROUNDS)
  .filter((variable) => variable !== 'SCALE' || scale < 1)
  .map((variable) => `${variable}=${process.env[variable]}`);
