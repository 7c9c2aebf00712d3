// Option checks for every entry point. Types do not exist at run time, and an option that is misspelt or has the wrong
// type must not be ignored.
//
// An entry point lists each of its options once, with a check. TypeScript rejects a list that lacks an option:
//
//   const sandboxOptions: Checks<SandboxOptions> = {
//     confinement: oneOf('strict', 'best-effort'),
//     allowOverlap: boolean,
//     host: callback,
//   };
//   const taken = takeOptions('options', options, sandboxOptions);
//
// Then use only what it returns: a copy of the options, each read once. So callers can change their own objects and
// arrays while a copy runs or waits.
//
// If people know an option by another library's name, pass a hint for it as the last argument:
// `{ force: "overwrite: 'always'" }`. A list can include another one by `...`.
//
// Test runners such as Jest run modules in a realm of their own. There, `instanceof` is false for objects of another
// realm. So nothing here uses it: call `isError(value)`, `isBytes(value)` and `isPromise(value)` instead.

/**
 * Checks a value. Throws a TypeError or RangeError that begins with `name`.
 *
 * Returns the value. If the caller can change it later, as an object or array, returns a copy of what was checked.
 */
export type Check = (name: string, value: unknown) => unknown;

/** A check for each option of `T`. */
export type Checks<T> = { readonly [K in keyof T]-?: Check };

/** Whether a value is an Error of any realm. */
export const isError = (value: unknown): value is Error => tagOf(value) === 'Error';

/** Returns the message of anything that was thrown. A DOMException has one, and is no Error here. */
export function messageOf(thrown: unknown): string {
  const message: unknown =
    typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : undefined;
  return typeof message === 'string' ? message : describe(thrown);
}

/** Whether a value is a URL of any realm. */
export const isUrl = (value: unknown): value is URL => tagOf(value) === 'URL';

/** Whether a value is a Uint8Array of any realm. A Buffer is one. */
export const isBytes = (value: unknown): value is Uint8Array => tagOf(value) === 'Uint8Array';

/** Whether a value is a promise of any realm, or an object with the method of one. */
export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** Whether a value is an ArrayBuffer of any realm. */
export const isArrayBuffer = (value: unknown): value is ArrayBuffer => tagOf(value) === 'ArrayBuffer';

/**
 * Reads each option once, checks it, and returns a copy of them.
 *
 * An option that is undefined counts as missing.
 *
 * @param name the caller's name for the object, such as `options`
 * @param options anything
 * @param checks the known options
 * @param hints what to write instead of options that are unknown
 * @throws a TypeError unless `options` is an object that has only known options, and each passes its check
 */
export function takeOptions<T>(
  name: string,
  options: unknown,
  checks: Checks<T>,
  hints: Readonly<Record<string, string>> = {},
): T {
  if (!isRecord(options)) {
    throw new TypeError(`${name} must be an object, not ${describe(options)}`);
  }
  const known = new Map<string, Check>(Object.entries(checks));
  const taken: Record<string, unknown> = {};
  // Inherited ones too, because reading an option finds them.
  for (const key in options) {
    const value = options[key];
    const check = known.get(key);
    if (value !== undefined && check === undefined) {
      throw new TypeError(
        `${name} has no option ${describe(key)}: ${adviceOn(key, [...known.keys()], hints)}`,
      );
    }
    if (value !== undefined) {
      taken[key] = check?.(`${name}.${key}`, value);
    }
  }
  return taken as T;
}

/** Whether a value is an object with properties, and not an array, a Map, a URL, a Date and the like. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && tagOf(value) === 'Object';
}

/** `true` or `false`. */
export const boolean = that((value) => typeof value === 'boolean', 'a boolean');

/** Whether a value can be iterated over, and is not text or bytes. */
export const isIterable = (value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !isBytes(value) &&
  [Symbol.asyncIterator, Symbol.iterator].some(
    (key) => typeof (value as Record<symbol, unknown>)[key] === 'function',
  );

/** Something to iterate over. Of an array, returns a copy. */
export const iterable =
  (what: string): Check =>
  (name, value) => {
    requireThat(isIterable(value), name, what, value);
    return Array.isArray(value) ? [...value] : value;
  };

/** A function. */
export const callback = that((value) => typeof value === 'function', 'a function');

/** An AbortSignal, or an object that has its properties. */
export const signal = that(
  (value) => typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value,
  'an AbortSignal',
);

/** One of some words. */
export const oneOf = (...words: readonly string[]): Check =>
  that((value) => words.some((word) => word === value), alternatives(words.map((word) => `'${word}'`)));

/** A whole number in a range. Other numbers are a RangeError. `spell` writes a number as people write it in code. */
export const wholeNumber =
  (least: number, most: number, spell: (value: number) => string = String): Check =>
  (name, value) => {
    requireThat(typeof value === 'number', name, 'a number', value);
    if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) {
      throw new RangeError(
        `${name} must be a whole number from ${spell(least)} to ${spell(most)}, not ${spell(Number(value))}`,
      );
    }
    return value;
  };

/** Text that file systems and components accept: a string without NUL characters or lone surrogates. */
export const text: Check = (name, value) => {
  requireThat(typeof value === 'string', name, 'a string', value);
  if (String(value).includes('\0')) {
    throw new TypeError(`${name} must not contain a NUL character`);
  }
  if (/\p{Surrogate}/u.test(String(value))) {
    throw new TypeError(`${name} must be well-formed, but has a lone surrogate: ${describe(value)}`);
  }
  return value;
};

/** An array whose elements pass a check. */
export const arrayOf =
  (check: Check, what = 'an array of strings'): Check =>
  (name, value) => {
    requireThat(Array.isArray(value), name, what, value);
    return [...(value as unknown[])].map((element, index) => check(`${name}[${index}]`, element));
  };

/** An object, such as `{ a: 1 }`, whose values pass a check. */
export const recordOf =
  (check: Check, what = 'an object'): Check =>
  (name, value) => {
    requireThat(isRecord(value), name, what, value);
    const entries = Object.entries(value as object);
    return Object.fromEntries(entries.map(([key, each]) => [key, check(`${name}[${describe(key)}]`, each)]));
  };

/** An object with options of its own. */
export const optionsOf =
  <T>(checks: Checks<T>): Check =>
  (name, value) =>
    takeOptions<T>(name, value, checks);

/** An object with options of its own. None may be left out. */
export const allOptionsOf =
  <T>(checks: Checks<T>, hints: Readonly<Record<string, string>> = {}): Check =>
  (name, value) => {
    const taken = takeOptions<object>(name, value, checks, hints);
    for (const [key, check] of Object.entries<Check>(checks)) {
      if (!Object.hasOwn(taken, key)) {
        check(`${name}.${key}`, undefined);
      }
    }
    return taken;
  };

/**
 * Describes a value for a message: `'text'`, `1`, `null`, `an array`, `a Map`. A long text is shortened.
 *
 * @param value anything
 */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    const escaped = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
      .slice(1, -1)
      .replaceAll('\\"', '"')
      // Escapes characters that could change how the rest of the message is shown.
      .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);
    return `'${escaped}'`;
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  if (typeof value === 'symbol' || typeof value === 'function') {
    return `a ${typeof value}`;
  }
  if (typeof value === 'object' && value !== null) {
    const tag = tagOf(value);
    return tag === 'Object' ? 'an object' : `${/^[AEIO]/.test(tag) ? 'an' : 'a'} ${tag}`;
  }
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** Throws a TypeError unless the value of `name` `isRight`. */
export function requireThat(isRight: boolean, name: string, what: string, value: unknown): asserts isRight {
  if (!isRight) {
    throw new TypeError(`${name} must be ${what}, not ${describe(value)}`);
  }
}

/** Makes a check for values that are `what`. Such values are not copied. */
function that(isRight: (value: unknown) => boolean, what: string): Check {
  return (name, value) => {
    requireThat(isRight(value), name, what, value);
    return value;
  };
}

/** The class name from `Object.prototype.toString`. For built-in classes it is the same in every realm. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function adviceOn(key: string, known: readonly string[], hints: Readonly<Record<string, string>>): string {
  const hint = Object.hasOwn(hints, key) ? hints[key] : undefined;
  const nearest = nearestTo(key, known);
  return hint ? `use ${hint}` : nearest ? `did you mean '${nearest}'?` : `it has ${known.join(', ')}`;
}

/** The word that somebody who wrote `wanted` may have meant; undefined if none is similar. */
function nearestTo(wanted: string, words: readonly string[]): string | undefined {
  const plain = (word: string) => word.toLowerCase().replace(/[^a-z0-9]/g, '');
  const scored = words.map((word) => ({ word, distance: distance(plain(wanted), plain(word)) }));
  const [best] = scored.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.word.length / 3))
    ? best.word
    : undefined;
}

/** How many letters must be inserted, removed or replaced to turn one word into the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
