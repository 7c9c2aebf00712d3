import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  arrayOf,
  boolean,
  type Check,
  type Checks,
  isBytes,
  isError,
  oneOf,
  optionsOf,
  recordOf,
  signal,
  takeOptions,
  text,
  wholeNumber,
} from '../../ts/common/check.js';

interface Options {
  recursive?: boolean;
  overwrite?: string;
  exclude?: string[];
  shard?: { index?: number };
  preopens?: object;
  signal?: AbortSignal;
}

const checks: Checks<Options> = {
  recursive: boolean,
  overwrite: oneOf('always', 'never', 'newer'),
  exclude: arrayOf(text),
  shard: optionsOf<{ index?: number }>({ index: wholeNumber(0, 3) }),
  preopens: recordOf(text),
  signal,
};

const hints = { force: "overwrite: 'always'" };

function outcome(options: unknown): string {
  try {
    takeOptions<Options>('options', options, checks, hints);
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}

const other = (code: string): unknown => runInNewContext(code);

describe('options', () => {
  it.each([
    [{}],
    [{ recursive: true, overwrite: 'never', exclude: ['a', 'ü', '😀'], shard: { index: 3 } }],
    [{ recursive: undefined, unknown: undefined }],
    [Object.assign(Object.create(null), { recursive: false })],
    [other('({ recursive: true, exclude: ["a"], preopens: { a: "b" } })')],
    [{ signal: new AbortController().signal }],
  ])('valid values are accepted: %o', (options) => {
    expect(outcome(options)).toBe('accepted');
  });

  it.each<[unknown, string]>([
    [null, 'TypeError: options must be an object, not null'],
    ['text', "TypeError: options must be an object, not 'text'"],
    [[], 'TypeError: options must be an object, not an array'],
    [new Map([['recursive', true]]), 'TypeError: options must be an object, not a Map'],
    [other('new Map()'), 'TypeError: options must be an object, not a Map'],
    [{ recursive: 'yes' }, "TypeError: options.recursive must be a boolean, not 'yes'"],
    [{ recursive: null }, 'TypeError: options.recursive must be a boolean, not null'],
    [
      { overwrite: 'Never' },
      "TypeError: options.overwrite must be 'always', 'never' or 'newer', not 'Never'",
    ],
    [{ exclude: 'a' }, "TypeError: options.exclude must be an array of strings, not 'a'"],
    [{ exclude: ['a', 1] }, 'TypeError: options.exclude[1] must be a string, not 1'],
    [
      { overwrite: 'it\'s "a"\\\n\u202e\u2028\u009b' },
      `TypeError: options.overwrite must be 'always', 'never' or 'newer', not 'it's "a"\\\\\\n\\u{202e}\\u{2028}\\u{9b}'`,
    ],
    [{ exclude: new Array(1) }, 'TypeError: options.exclude[0] must be a string, not undefined'],
    [{ exclude: ['a\0b'] }, 'TypeError: options.exclude[0] must not contain a NUL character'],
    [
      { exclude: ['a\ud800b'] },
      "TypeError: options.exclude[0] must be well-formed, but has a lone surrogate: 'a\\ud800b'",
    ],
    [{ shard: { index: 4 } }, 'RangeError: options.shard.index must be a whole number from 0 to 3, not 4'],
    [{ shard: { index: '1' } }, "TypeError: options.shard.index must be a number, not '1'"],
    [{ shard: { indx: 1 } }, "TypeError: options.shard has no option 'indx': did you mean 'index'?"],
    [{ preopens: new Map() }, 'TypeError: options.preopens must be an object, not a Map'],
    [{ preopens: { "it's": 1 } }, "TypeError: options.preopens['it's'] must be a string, not 1"],
    [
      { signal: new AbortController() },
      'TypeError: options.signal must be an AbortSignal, not an AbortController',
    ],
    [{ recursiv: true }, "TypeError: options has no option 'recursiv': did you mean 'recursive'?"],
    [{ Exclude: [] }, "TypeError: options has no option 'Exclude': did you mean 'exclude'?"],
    [{ force: false }, "TypeError: options has no option 'force': use overwrite: 'always'"],
    [
      { filter: () => true },
      "TypeError: options has no option 'filter': it has recursive, overwrite, exclude, shard, preopens, signal",
    ],
    [
      Object.create({ recursiv: true }),
      "TypeError: options has no option 'recursiv': did you mean 'recursive'?",
    ],
  ])('invalid values are refused by name: %o', (options, message) => {
    expect(outcome(options)).toBe(message);
  });
});

describe('a value from another realm', () => {
  it.each<[string, boolean, boolean]>([
    ['new TypeError("x")', true, false],
    ['new Uint8Array(1)', false, true],
    ['new Uint16Array(1)', false, false],
    ['[1]', false, false],
    ['null', false, false],
  ])('is recognised for what it is: %s', (code, error, bytes) => {
    const value = other(code);
    expect([isError(value), isBytes(value)]).toEqual([error, bytes]);
  });

  it('passes only the check of its kind', () => {
    const check: Check = arrayOf(text);
    expect(() => check('list', other('["a"]'))).not.toThrow();
  });
});
