// Makes a static library: `node build/ar.mjs LIBRARY.a OBJECT ...`.
//
// By wasi-sdk's ar where WASI_SDK_PATH is set, otherwise by npm's @yowasp/clang, as build/clang.mjs chooses.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { runScript, ToolError } from './clang.mjs';

/**
 * Runs npm's ar, which sees an in-memory tree.
 * @param {string} library
 * @param {string[]} objects
 * @returns {Promise<number>} the exit status
 */
async function npmAr(library, objects) {
  const { runLLVM } = await import('@yowasp/clang').catch(() => {
    throw new ToolError(
      "npm's @yowasp/clang is not installed: run 'npm ci', or set WASI_SDK_PATH to a wasi-sdk",
    );
  });
  const files = Object.fromEntries(objects.map((object) => [basename(object), readFileSync(object)]));
  const name = basename(library);
  const made = await runLLVM(['ar', 'rcs', name, ...Object.keys(files)], files, { fetchProgress: () => {} });
  writeFileSync(library, /** @type {Uint8Array} */ (made?.[name]));
  return 0;
}

/**
 * Runs wasi-sdk's ar.
 * @param {string} sdk where wasi-sdk was unpacked
 * @param {string} library
 * @param {string[]} objects
 * @returns {number} the exit status
 */
function sdkAr(sdk, library, objects) {
  // Any other ar will do as well, since the linker does not need the index that only LLVM's can make.
  const program = ['llvm-ar', 'ar'].map((name) => join(sdk, 'bin', name)).find(existsSync) ?? 'ar';
  // ar adds to the library that it finds.
  rmSync(library, { force: true });
  const { status, error } = spawnSync(program, ['rcs', library, ...objects], { stdio: 'inherit' });
  if (error) {
    throw new ToolError(
      `WASI_SDK_PATH is '${sdk}', which has no bin/llvm-ar that runs: unpack a wasi-sdk there`,
    );
  }
  return status ?? 1;
}

const [library = '', ...objects] = process.argv.slice(2);
const { WASI_SDK_PATH: sdk } = process.env;
await runScript(async () => {
  mkdirSync(dirname(library), { recursive: true });
  return sdk ? sdkAr(sdk, library, objects) : npmAr(library, objects);
});
