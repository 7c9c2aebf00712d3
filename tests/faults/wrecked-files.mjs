// What is in the files that vandal.mjs wrecks: every one begins as all others do, whatever its size, so that a copy can be
// told to be right. Not TypeScript, because vandal.mjs is run as it is.

/** The largest of them, in bytes. */
export const MOST = 200_000;

const content = Buffer.from(Uint8Array.from({ length: MOST }, (_, index) => (index % 251) + (index >> 16)));

/**
 * What a file of this size holds.
 * @param {number} size
 */
export const contentOf = (size) => content.subarray(0, size);
