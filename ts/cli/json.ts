import process from 'node:process';

/**
 * Prints a line of --json: an object on a line of its own. What some readers take for the end of a line, and what a terminal
 * obeys, is an escape of JSON's.
 *
 * @param line what it says; what is undefined is left out
 */
export function writeJson(line: object): void {
  const text = JSON.stringify(line).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  process.stdout.write(`${text}\n`);
}
