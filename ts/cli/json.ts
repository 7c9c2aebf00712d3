import process from 'node:process';

/**
 * Prints a line of --json: an object on a line of its own.
 *
 * @param line what it says; what is undefined is left out
 */
export function writeJson(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
