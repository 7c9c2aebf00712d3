import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { wasmtime } from '../helpers/wasmtime.js';

/**
 * Compiles the component for wasmtime, ahead of time, so that a copy takes milliseconds.
 *
 * @param directory where the outcome goes
 * @param options more options of `wasmtime run`
 * @returns what is run, with the arguments for mapcp at the end, where there are directories `in` and `out`
 */
export function precompile(directory: string, options: readonly string[] = []): string[] {
  const [program, compiled] = [wasmtime ?? '', join(directory, 'mapcp.cwasm')];
  execFileSync(program, ['compile', resolve('build/out/mapcp.wasm'), '-o', compiled]);
  return [program, 'run', '--allow-precompiled', ...options, '--dir', 'in', '--dir', 'out', compiled];
}
