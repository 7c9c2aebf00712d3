import type { SpawnSyncReturns } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import { runProgram } from '../helpers/program.js';
import { wasmtime } from '../helpers/wasmtime.js';

/** A way to run `mapcp SOURCE TARGET`. */
export interface Frontend {
  readonly name: string;
  /** The status of wrong usage. A WASI command can only succeed or fail, so in wasmtime it is that of a failure. */
  readonly usageStatus: number;
  /** The command, to be followed by mapcp's arguments. It can reach the directories `in` and `out`. */
  readonly command: readonly string[];
}

const node: Frontend = {
  name: 'Node',
  usageStatus: 2,
  command: [process.execPath, resolve('build/out/js/cli/main.js')],
};

const inWasmtime = (command: string): Frontend => ({
  name: 'wasmtime',
  usageStatus: 1,
  command: [command, 'run', '--dir', 'in', '--dir', 'out', resolve('build/out/mapcp.wasm')],
});

/** Every frontend that this machine has. */
export const frontends: readonly Frontend[] = wasmtime === undefined ? [node] : [node, inWasmtime(wasmtime)];

/**
 * Runs mapcp through a frontend.
 *
 * @param directory the working directory, with `in` and `out` in it
 * @param wrapper a command that runs its other arguments, such as `setpriv` with its options
 */
export function run(
  frontend: Frontend,
  args: readonly string[],
  directory: string,
  wrapper: readonly string[] = [],
): SpawnSyncReturns<string> {
  const [program = '', ...rest] = [...wrapper, ...frontend.command, ...args];
  return runProgram(program, rest, { cwd: directory });
}
