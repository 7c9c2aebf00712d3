import { type Check, describe, text } from './check.js';

// The component has the same limits and sentences, in c-src/engine/glob.c.
const LONGEST = 4095;
const MOST_ALTERNATIVES = 256;

/** A character with a backslash, a set, or one character. A bracket that comes first in a set is a member of it. */
const TOKENS = /\\.|\[(?:[!^].|[^!^])[^\]]*\]|./gs;

/**
 * Why a pattern can never match, or is not finished: a sentence that says what to write; undefined if the pattern is
 * good.
 *
 * @param pattern a pattern of the options `include` and `exclude`
 */
export function patternFault(pattern: string): string | undefined {
  if (pattern === '') {
    return 'An empty pattern matches nothing.';
  }
  if (new TextEncoder().encode(pattern).length > LONGEST) {
    return `A pattern has at most ${LONGEST} bytes.`;
  }
  const names = pattern
    .replace(/^\//, '')
    .replace(/(?<=.)\/$/s, '')
    .split('/');
  if (names.some((name) => ['', '.', '..'].includes(name))) {
    return "Paths below the source have no '.', '..' or '//' in them: for './sub', write 'sub' or '/sub'.";
  }
  return tokenFault(pattern.match(TOKENS) ?? []);
}

function tokenFault(tokens: readonly string[]): string | undefined {
  let alternatives = 1;
  /** How many alternatives the open braces have; 0 outside of braces. */
  let open = 0;
  for (const token of tokens) {
    if (token === '[') {
      return "There is no ']' after '['; for the character itself, write '\\['.";
    }
    if (token === '{') {
      if (open > 0) {
        return 'Braces cannot have braces in them; give a pattern for each.';
      }
      open = 1;
    } else if (open > 0 && token === ',') {
      open++;
    } else if (open > 0 && token === '}') {
      alternatives *= open;
      open = 0;
      if (alternatives > MOST_ALTERNATIVES) {
        return `Braces can stand for at most ${MOST_ALTERNATIVES} patterns.`;
      }
    }
  }
  return open > 0 ? "There is no '}' after '{'; for the character itself, write '\\{'." : undefined;
}

/** A pattern that can match. */
export const pattern: Check = (name, value) => {
  text(name, value);
  const fault = patternFault(String(value));
  if (fault !== undefined) {
    throw new TypeError(`${name} is not a pattern: ${describe(value)}. ${fault}`);
  }
};
