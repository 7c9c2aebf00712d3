// Names as bytes and as text. A name that is not UTF-8 has no text: it is refused, and never turned into another.

import { fail } from './error-code.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes. Fails with `illegal-byte-sequence`. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return fail('illegal-byte-sequence');
  }
}

/** Bytes that are not UTF-8 as text for people, with escapes for all that is not ASCII. */
export function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** The text of a name that Node was asked for as `latin1`, a character for each byte. Fails as `decodeUtf8`. */
export function decodeName(bytes: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII, all of it
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : decodeUtf8(Buffer.from(bytes, 'latin1'));
}
