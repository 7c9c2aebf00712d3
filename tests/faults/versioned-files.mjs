// What is in the files that vandal.mjs wrecks: every version of every file has bytes of its own, wherever one looks, and
// begins with what tells which it is. So a copy is right, or it is none of them. Not TypeScript, because vandal.mjs is run
// as it is.

import { createCipheriv } from 'node:crypto';

/** The largest of them, in bytes. */
export const MOST = 1_000_000;

/** The smallest of them: all of them hold their version. */
export const LEAST = 4;

/** How many versions there are, from 0. */
export const VERSIONS = 4_000_000;

const nothing = Buffer.alloc(16);
const noise = createCipheriv('aes-128-ctr', nothing, nothing).update(Buffer.alloc(VERSIONS + MOST));

/**
 * What is in a file of this version and size.
 * @param {number} version
 * @param {number} size at least LEAST
 */
export function contentOf(version, size) {
  const content = Buffer.from(noise.subarray(version, version + size));
  content.writeUInt32LE(version);
  return content;
}

/**
 * Which version a file is, by what it begins with.
 * @param {Buffer} content
 */
export const versionOf = (content) => content.readUInt32LE();

const modes = [0o600, 0o640, 0o644, 0o750, 0o755];

/**
 * The permissions of a file of this version.
 * @param {number} version
 */
export const modeOf = (version) => modes[version % modes.length] ?? 0;
