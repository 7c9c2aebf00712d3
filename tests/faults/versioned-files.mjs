// The content of the files that tree-mutator.mjs changes. Each file begins with its version, and every part of a
// version is unique. So a mixture of two versions is always seen. Not TypeScript, because Node runs tree-mutator.mjs
// directly.

import { createCipheriv } from 'node:crypto';

/** The largest size, in bytes. */
export const MOST = 1_000_000;

/** The smallest size. It holds the version. */
export const LEAST = 4;

/** The number of versions. */
export const VERSIONS = 4_000_000;

const nothing = Buffer.alloc(16);
const noise = createCipheriv('aes-128-ctr', nothing, nothing).update(Buffer.alloc(VERSIONS + MOST));

/**
 * The content of a version.
 * @param {number} version
 * @param {number} size at least LEAST
 */
export function contentOf(version, size) {
  const content = Buffer.from(noise.subarray(version, version + size));
  content.writeUInt32LE(version);
  return content;
}

/**
 * The version of a file.
 * @param {Buffer} content
 */
export const versionOf = (content) => content.readUInt32LE();

const modes = [0o600, 0o640, 0o644, 0o750, 0o755];

/**
 * The permissions of a version.
 * @param {number} version
 */
export const modeOf = (version) => modes[version % modes.length] ?? 0;
