import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CopyError, type CopyOptions, clean, copy } from 'mapcp';
import { flagsFor } from '../behaviour/behaviour.js';
import { copyCommands } from './killed-copies.js';

/** The arguments for a copy of `in/a`. If a list names what is copied, it is the file `in/list`. */
export function argumentsFor({ concurrency, ...options }: CopyOptions, target = 'out/b'): readonly string[] {
  const jobs = concurrency === undefined ? [] : [`--concurrency=${concurrency}`];
  const flags = (flagsFor(options) ?? []).map((flag) =>
    flag.replace(/^--files-from=-$/, '--files-from=in/list'),
  );
  return [...flags, ...jobs, '-T', 'in/a', target];
}

/** The lines that --json prints. */
export function linesOf(stdout: string): readonly { readonly code?: string; readonly files?: number }[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** A way to clean up after a failed copy, and to copy again. */
export interface Recovery {
  readonly name: 'the API' | 'mapcp in Node' | 'mapcp in wasmtime';
  readonly hasModes: boolean;
  /** Removes temporary files from `out` and returns their number. */
  clean(): Promise<number>;
  /** Copies `in/a` to `out/b`, and returns the codes of its errors. */
  copy(options: CopyOptions): Promise<readonly string[]>;
}

/** The ways that this machine has, for a directory, the quickest first. */
export function recoveriesFor(directory: string): readonly Recovery[] {
  const commands = copyCommands
    .filter(({ missing }) => !missing)
    .map(({ name, hasModes, hasThreads, command }): Recovery => {
      const mapcp = command(directory);
      return {
        name: `mapcp in ${name}`,
        hasModes,
        clean: async () => Number(/: (\d+) temporary/.exec(run(mapcp, ['--clean', 'out'], directory))?.[1]),
        copy: async ({ concurrency, ...options }) => {
          const jobs = hasThreads && concurrency !== undefined ? { concurrency } : {};
          const args = ['--json', ...argumentsFor({ ...options, ...jobs })];
          return linesOf(run(mapcp, args, directory)).flatMap(({ code = [] }) => code);
        },
      };
    });
  const api: Recovery = {
    name: 'the API',
    hasModes: true,
    clean: () => clean(join(directory, 'out')),
    copy: async (options) => {
      try {
        const { errors } = await copy(join(directory, 'in/a'), join(directory, 'out/b'), options);
        return errors.map(({ code }) => code);
      } catch (error) {
        if (error instanceof CopyError) {
          return [error.code];
        }
        throw error;
      }
    },
  };
  return [api, ...commands.reverse()];
}

/** Runs a command and returns its output. */
function run(command: readonly string[], args: readonly string[], cwd: string): string {
  const [program = '', ...rest] = [...command, ...args];
  const { status, stdout, stderr, error } = spawnSync(program, rest, { cwd, encoding: 'utf8' });
  if (error !== undefined || stderr !== '' || (status !== 0 && status !== 1)) {
    throw error ?? new Error(`${rest.join(' ')} ended with status ${status}: ${stderr}`);
  }
  return stdout;
}
