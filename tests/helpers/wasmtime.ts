import { spawnSync } from 'node:child_process';
import process from 'node:process';

const command = process.env['MAPCP_WASMTIME'] ?? 'wasmtime';
const isThere = spawnSync(command, ['--version']).status === 0;

if (!isThere && process.env['CI'] !== undefined) {
  throw new Error(`CI runs the component in wasmtime, and there is no '${command}': install wasmtime-cli`);
}

/** The wasmtime command, or undefined where there is none: tests that need it then say so and are skipped. */
export const wasmtime: string | undefined = isThere ? command : undefined;
