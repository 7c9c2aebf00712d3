import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type CopyOptions, clean, copy } from 'mapcp';
import { flagsFor } from '../behaviour/behaviour.js';
import { victims } from './victims.js';

/** The arguments for a copy of `in/a`. */
export function argumentsFor({ concurrency, ...options }: CopyOptions, target = 'out/b'): readonly string[] {
  const jobs = concurrency === undefined ? [] : [`--concurrency=${concurrency}`];
  return [...(flagsFor(options) ?? []), ...jobs, '-T', 'in/a', target];
}

/** A way to clean up after a copy that was killed, and to make it again. */
export interface Mender {
  readonly name: string;
  readonly hasModes: boolean;
  /** Removes unfinished files from `out`, and says how many. */
  clean(): Promise<number>;
  /** Copies `in/a` to `out/b`. */
  copy(options: CopyOptions): Promise<void>;
}

/** Each way that this machine has, for a directory, the quickest first. */
export function mendersFor(directory: string): readonly Mender[] {
  const commands = victims
    .filter(({ missing }) => !missing)
    .map(({ name, hasModes, hasThreads, command }): Mender => {
      const mapcp = command(directory);
      return {
        name: `mapcp in ${name}`,
        hasModes,
        clean: async () => Number(/: (\d+) temporary/.exec(run(mapcp, ['--clean', 'out'], directory))?.[1]),
        copy: async ({ concurrency, ...options }) => {
          const divided = hasThreads && concurrency !== undefined ? { concurrency } : {};
          run(mapcp, argumentsFor({ ...options, ...divided }), directory);
        },
      };
    });
  const api: Mender = {
    name: 'the API',
    hasModes: true,
    clean: () => clean(join(directory, 'out')),
    copy: async (options) => {
      await copy(join(directory, 'in/a'), join(directory, 'out/b'), options);
    },
  };
  return [api, ...commands.reverse()];
}

/** Runs a command, which must succeed, and returns what it prints. */
function run(command: readonly string[], args: readonly string[], cwd: string): string {
  const [program = '', ...rest] = [...command, ...args];
  const { status, stdout, stderr, error } = spawnSync(program, rest, { cwd, encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`${rest.join(' ')} ended with status ${status}: ${stderr}`);
  }
  return stdout;
}
