// Not TypeScript, because api-process.mjs runs it as it is.

import { CopyError, copy } from 'mapcp';

/**
 * Copies by `copy()`; an error other than a CopyError is thrown.
 *
 * @param {import('./outcome.js').Request} request
 * @returns {Promise<import('./outcome.js').Outcome>}
 */
export async function copyByApi({ directory, source, target, options }) {
  // Not by `join`, which would take away slashes and dots; an empty path stays one.
  const absolute = (/** @type {string} */ path) => (path === '' ? '' : `${directory}/${path}`);
  // What is said of absolute paths is compared with what the others say of relative ones.
  const told = (/** @type {CopyError} */ { code, message }) => ({
    code,
    message: message.replaceAll(`'${directory}/`, "'"),
  });
  try {
    const report = await copy(absolute(source), absolute(target), { makeParents: false, ...options });
    const { failures, warnings, ...counts } = report;
    return { error: undefined, failures: failures.map(told), warnings: warnings.map(told), counts };
  } catch (error) {
    if (!(error instanceof CopyError)) {
      throw error;
    }
    const { warnings = [], failures = [] } = error.report ?? {};
    return {
      error: told(error),
      failures: failures.map(told),
      warnings: warnings.map(told),
      counts: undefined,
    };
  }
}
