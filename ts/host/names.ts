// Names as bytes and as text. A name that is not UTF-8 has no text: it is refused, and never changed into another.

import { isUtf8 } from 'node:buffer';
import { fail } from './error-code.js';
import { isDeno } from './runtime.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const STRANGE_ON_WINDOWS =
  /[\\:*?"<>|\p{Cc}]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)/iu;

/**
 * Whether the system takes a name for something other than an entry: on Windows a drive, a device, a stream of a file or
 * a path.
 */
export const isStrange = (name: string): boolean =>
  process.platform === 'win32' && name !== '.' && name !== '..' && STRANGE_ON_WINDOWS.test(name);

/** Returns a path of the system with a slash between its names, as components have paths. */
export const withSlashes = (path: string): string =>
  process.platform === 'win32' ? path.replaceAll('\\', '/') : path;

/** Maximum length of a name on Windows, in units of UTF-16. */
const MOST_UNITS = 255;

/** Fails with `invalid` if a name is strange, and with `name-too-long` if Windows would report another error. */
export function expectOrdinary(name: string): void {
  if (isStrange(name)) {
    fail('invalid');
  }
  if (process.platform === 'win32' && name.length > MOST_UNITS) {
    fail('name-too-long');
  }
}

/** Decodes UTF-8. Fails with `illegal-byte-sequence`. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return fail('illegal-byte-sequence');
  }
}

/**
 * The encoding in which to ask for names and for the targets of links: a character for each byte. Not `buffer`, because
 * Bun then lists entries without names.
 *
 * Deno ignores the encoding. It decodes names itself, and replaces bytes that are not UTF-8. So there, a name with the
 * replacement character counts as one that is not UTF-8.
 */
export const NAME_ENCODING = isDeno ? 'utf8' : 'latin1';

/** Decodes a name that was asked for in `NAME_ENCODING`. Undefined if it is not UTF-8. */
export function textOf(name: string): string | undefined {
  if (isDeno) {
    return name.includes('\ufffd') ? undefined : name;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII, all of it
  if (/^[\x00-\x7f]*$/.test(name)) {
    return name;
  }
  const bytes = Buffer.from(name, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** Decodes a name that was asked for in `NAME_ENCODING`. Fails with `illegal-byte-sequence` if it is not UTF-8. */
export function decodeName(name: string): string {
  return textOf(name) ?? fail('illegal-byte-sequence');
}

/** Returns bytes that are not UTF-8 as text for people, with an escape for each byte that is not ASCII. */
export const escapeBytes = (bytes: Uint8Array): string => escapeName(Buffer.from(bytes).toString('latin1'));

/** As `escapeBytes`, for a name that was asked for in `NAME_ENCODING`. */
export function escapeName(name: string): string {
  return name.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}
