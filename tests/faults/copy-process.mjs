// Copies by the API in a process of its own, so that a copy that hangs can be ended: `fork('racer.mjs', [DIRECTORY])`. A
// message asks for a copy of `in/a`, as `{ target, options }`, and is answered by what came of it, as `{ files, codes }`.
// Not TypeScript, because it is run as it is.

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
    const { files, failures, warnings } = await box.copy('/in/a', `/${target}`, options);
    return { files, codes: codesOf([...failures, ...warnings]) };
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
