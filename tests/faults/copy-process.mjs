// Copies by the API in a process that can be killed if a copy hangs: `fork('copy-process.mjs', [DIRECTORY])`. A message
// `{ target, options }` requests a copy of `in/a`, and `{ files, codes }` answers it. Not TypeScript, because Node runs
// it directly.

import { join } from 'node:path';
import process from 'node:process';
import { CopyError, openSandbox } from 'mapcp';

const directory = process.argv[2] ?? '';
const box = await openSandbox({
  '/in': { path: join(directory, 'in'), access: 'read' },
  '/out': { path: join(directory, 'out'), access: 'read-write' },
});

/**
 * @param {string} target
 * @param {import('mapcp').CopyOptions} options
 */
async function copy(target, options) {
  const codesOf = (/** @type {readonly CopyError[]} */ errors) => errors.map(({ code }) => code);
  try {
    const { files, errors, warnings } = await box.copy('/in/a', `/${target}`, options);
    return { files, codes: codesOf([...errors, ...warnings]) };
  } catch (error) {
    if (error instanceof CopyError) {
      return { files: 0, codes: [error.code] };
    }
    throw error;
  }
}

process.on('message', async (/** @type {{ target: string, options: object }} */ { target, options }) => {
  process.send?.(await copy(target, options));
});
