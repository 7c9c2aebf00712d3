import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const { CI, MAPCP_WASMTIME, PATH = '' } = process.env;
const places = PATH.split(delimiter).map((directory) => join(directory, 'wasmtime'));

/**
 * The wasmtime command: MAPCP_WASMTIME, or that on the PATH. If it is missing, its tests are skipped, or fail in CI.
 */
export const wasmtime: string | undefined = MAPCP_WASMTIME ?? places.find(existsSync);

if (wasmtime === undefined) {
  if (CI) {
    throw new Error('there is no wasmtime: put it on PATH, or name it in MAPCP_WASMTIME');
  }
  console.warn('no wasmtime on PATH or in MAPCP_WASMTIME: its tests are skipped');
}
