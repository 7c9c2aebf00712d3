import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { wasmtime } from '../helpers/wasmtime.js';

/**
 * Compiles the component for wasmtime, so a copy takes milliseconds.
 *
 * @param directory gets the compiled component
 * @param options further options of `wasmtime run`
 * @returns the command, to be followed by mapcp's arguments. It must run in a directory with `in` and `out`
 */
export function precompile(directory: string, options: readonly string[] = []): string[] {
  const [program, compiled] = [wasmtime ?? '', join(directory, 'mapcp.cwasm')];
  execFileSync(program, ['compile', resolve('build/out/mapcp.wasm'), '-o', compiled]);
  return [program, 'run', '--allow-precompiled', ...options, '--dir', 'in', '--dir', 'out', compiled];
}
