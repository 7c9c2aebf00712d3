import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { wasmtime } from '../helpers/wasmtime.js';
import { precompile } from './precompiled.js';

/** A front whose copies are killed. */
export interface Victim {
  readonly name: 'Node' | 'wasmtime';
  readonly missing: boolean;
  /** Whether it carries modes across. */
  readonly hasModes: boolean;
  /** Whether the moments are counted from its first output, since it takes long to start. */
  readonly tells: boolean;
  /** What is run, with the arguments for mapcp at the end. `directory` is for what is made on the way. */
  command(directory: string): string[];
}

/** Each front. */
export const victims: readonly Victim[] = [
  {
    name: 'Node',
    missing: false,
    hasModes: true,
    tells: true,
    command: () => [process.execPath, resolve('build/out/js/cli/main.js'), '--json'],
  },
  { name: 'wasmtime', missing: wasmtime === undefined, hasModes: false, tells: false, command: precompile },
];

/**
 * Copies `in/a` to `out/b`, and kills that `delay` milliseconds after it began.
 *
 * @param command what {@link Victim.command} has given
 * @returns how long it lived
 */
export async function kill(
  { tells }: Victim,
  command: readonly string[],
  directory: string,
  delay: number,
): Promise<number> {
  const [program = '', ...args] = [...command, '-r', '-T', 'in/a', 'out/b'];
  const victim = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(victim, 'exit');
  const born = tells ? once(victim.stdout, 'data') : once(victim, 'spawn');
  victim.stdout.resume();
  await Promise.race([born, ended]);
  const start = performance.now();
  await Promise.race([ended, setTimeout(delay, undefined, { ref: false })]);
  victim.kill('SIGKILL');
  await ended;
  return performance.now() - start;
}
