import { type Check, describe, text } from './check.js';

// The component has the same limits and sentences, in c-src/engine/filter.c.
const LONGEST = 4095;
const MOST_ALTERNATIVES = 256;

/** A character with a backslash, a set, or one character. A bracket that comes first in a set is a member of it. */
const TOKENS = /\\.|\[(?:[!^].|[^!^])[^\]]*\]|./gs;

/**
 * Returns why a pattern can never match or is incomplete, as a sentence that says what to write; undefined if the
 * pattern is good.
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
  const tokens = pattern.match(TOKENS) ?? [];
  return partFault(tokens) ?? nameFault(tokens);
}

/** Why a part of a pattern can never match, or why its sets and braces are incomplete or too many. */
function partFault(tokens: readonly string[]): string | undefined {
  let alternatives = 1;
  /** How many alternatives the open braces have so far; 0 outside of braces. */
  let open = 0;
  for (const token of tokens) {
    const fault = tokenFault(token);
    if (fault !== undefined) {
      return fault;
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

function tokenFault(token: string): string | undefined {
  switch (token) {
    case '[':
      return "There is no ']' after '['; for the character itself, write '\\['.";
    case '\\':
      return "There is nothing after '\\'; for the character itself, write '\\\\'.";
    case '\\/':
      return "A '/' always divides names; write it without a backslash.";
    default:
      return token.startsWith('[') ? setFault(token) : undefined;
  }
}

/** Why a part of a set can never match; undefined if all can. */
function setFault(set: string): string | undefined {
  const members = Array.from(set.slice(1, -1).replace(/^[!^]/, ''));
  for (let at = 0; at < members.length; at++) {
    const low = members[at] ?? '';
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    at += isRange ? 2 : 0;
    const high = members[at] ?? '';
    if (low === '/' || high === '/') {
      return "No name has a '/' in it, so '[...]' cannot have one; give a pattern for each.";
    }
    if (codeOf(low) > codeOf(high)) {
      return "A range goes from the lower character to the higher one: for '[z-a]', write '[a-z]'.";
    }
  }
  return undefined;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Why one of the patterns that a pattern stands for has a name that no path below a source can have. */
function nameFault(tokens: readonly string[]): string | undefined {
  // An empty alternative means that the others are optional.
  return expanded(tokens).some((pattern) => pattern !== '' && hasImpossibleName(pattern))
    ? "Paths below the source have no '.', '..' or '//' in them: for './sub', write 'sub' or '/sub'."
    : undefined;
}

function hasImpossibleName(pattern: string): boolean {
  return pattern
    .replace(/^\//, '')
    .replace(/(?<=.)\/$/s, '')
    .split('/')
    .some((name) => /^(\\?\.){0,2}$/.test(name));
}

/** Expands good tokens to patterns without alternatives. */
function expanded(tokens: readonly string[]): readonly string[] {
  let patterns = [''];
  for (let at = 0; at < tokens.length; at++) {
    let alternatives = [tokens[at] ?? ''];
    if (tokens[at] === '{') {
      const end = tokens.indexOf('}', at);
      const inside = alternativesOf(tokens.slice(at + 1, end));
      alternatives = inside.length > 1 ? inside : [tokens.slice(at, end + 1).join('')];
      at = end;
    }
    patterns = patterns.flatMap((pattern) => alternatives.map((alternative) => pattern + alternative));
  }
  return patterns;
}

/** Divides tokens at the commas. */
function alternativesOf(tokens: readonly string[]): string[] {
  const alternatives = [''];
  for (const token of tokens) {
    if (token === ',') {
      alternatives.push('');
    } else {
      alternatives.push(alternatives.pop() + token);
    }
  }
  return alternatives;
}

/** A check for patterns that can match. */
export const pattern: Check = (name, value) => {
  text(name, value);
  const fault = patternFault(String(value));
  if (fault !== undefined) {
    throw new TypeError(`${name} is not a pattern: ${describe(value)}. ${fault}`);
  }
  return value;
};
