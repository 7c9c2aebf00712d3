// Runs the tests of the public wasi-testsuite for WASI preview 1 on several hosts. A test is a program, a file of the same
// name that says what it gets and what it must return, and sometimes a directory that it may change.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './hosts.mjs';

/** @typedef {import('./hosts.mjs').Host} Host */

/** The languages that have tests, each in a folder of its own. */
export const languages = /** @type {const} */ (['C', 'Rust', 'AssemblyScript']);

/**
 * Runs the tests of a language.
 * @template {Host} Name
 * @param {string} workplace
 * @param {string} checkout of the branch `prod/testsuite-base`, which contains compiled tests
 * @param {string} language
 * @param {readonly Name[]} on
 * @returns {Promise<Record<Name, { passed: string[], failed: string[] }>>}
 */
export async function testWasi(workplace, checkout, language, on) {
  const folder = join(checkout, 'tests', language.toLowerCase(), 'testsuite/wasm32-wasip1');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => basename(name, '.wasm'));
  const scratch = join(workplace, 'scratch');
  /** @type {[Name, { passed: string[], failed: string[] }][]} */
  const results = [];
  for (const host of on) {
    /** @type {{ passed: string[], failed: string[] }} */
    const { passed, failed } = { passed: [], failed: [] };
    for (const name of names) {
      const description = join(folder, `${name}.json`);
      /**
       * @type {{ root?: string, args?: string[], env?: Record<string, string>, exit_code?: number, stdout?: string }}
       */
      const test = existsSync(description) ? JSON.parse(readFileSync(description, 'utf8')) : {};
      rmSync(scratch, { recursive: true, force: true });
      if (test.root !== undefined) {
        cpSync(join(folder, test.root), scratch, { recursive: true });
      }
      const { stdout, end } = await run(
        host,
        test.root === undefined ? undefined : scratch,
        Object.entries(test.env ?? {}).map(([key, value]) => `${key}=${value}`),
        join(folder, `${name}.wasm`),
        test.args ?? [],
      );
      const isRight = end === (test.exit_code ?? 0) && stdout === (test.stdout ?? stdout);
      (isRight ? passed : failed).push(name);
    }
    results.push([host, { passed, failed }]);
  }
  return /** @type {Record<Name, { passed: string[], failed: string[] }>} */ (Object.fromEntries(results));
}
