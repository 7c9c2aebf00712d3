// Names as bytes and as text. A name that is not UTF-8 has no text: it is refused, and never changed into another.

import { fail } from './error-code.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const STRANGE_ON_WINDOWS =
  /[\\:*?"<>|\p{Cc}]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)/iu;

/**
 * Whether the system takes a name for something other than an entry: on Windows a drive, a device, a stream of a file or
 * a path.
 */
export const isStrange = (name: string): boolean =>
  process.platform === 'win32' && name !== '.' && name !== '..' && STRANGE_ON_WINDOWS.test(name);

/** Decodes UTF-8. Fails with `illegal-byte-sequence`. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return fail('illegal-byte-sequence');
  }
}

/** Returns bytes that are not UTF-8 as text for people, with an escape for each byte that is not ASCII. */
export function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** Decodes a name that Node returned as `latin1`, a character for each byte. Fails as `decodeUtf8` does. */
export function decodeName(bytes: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII, all of it
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : decodeUtf8(Buffer.from(bytes, 'latin1'));
}
