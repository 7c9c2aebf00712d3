// Not TypeScript, because Node runs api-process.mjs directly.

import process from 'node:process';
import { CopyError, copy } from 'mapcp';

/**
 * A path or a message with slashes, as the table has it.
 *
 * @param {string} text
 */
export const slashed = (text) => (process.platform === 'win32' ? text.replaceAll('\\', '/') : text);

/**
 * Copies by `copy()`. Throws errors other than a CopyError.
 *
 * @param {import('./outcome.js').Request} request
 * @returns {Promise<import('./outcome.js').Outcome>}
 */
export async function copyByApi({ directory, source, target, options, stream }) {
  // `join` would remove slashes and dots, and an empty path must stay empty.
  const base = slashed(directory);
  const absolute = (/** @type {string} */ path) => (path === '' ? '' : `${base}/${path}`);
  // Shortens absolute paths, because the other frontends' messages have relative ones.
  const told = (/** @type {CopyError} */ { code, message }) => ({
    code,
    message: slashed(message).replaceAll(`'${base}/`, "'"),
  });
  try {
    const from = stream === undefined ? absolute(source) : Buffer.from(stream);
    const report = await copy(from, absolute(target), { makeParents: false, ...options });
    const { errors, warnings, ...counts } = report;
    return { error: undefined, errors: errors.map(told), warnings: warnings.map(told), counts };
  } catch (error) {
    if (!(error instanceof CopyError)) {
      throw error;
    }
    const { warnings = [], errors = [] } = error.report ?? {};
    return {
      error: told(error),
      errors: errors.map(told),
      warnings: warnings.map(told),
      counts: undefined,
    };
  }
}
