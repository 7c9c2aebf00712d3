import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { wasmtime } from '../helpers/wasmtime.js';
import { precompile } from './precompiled.js';

/** A command whose copies can be killed. */
export interface CopyCommand {
  readonly name: 'Node' | 'wasmtime';
  readonly missing: boolean;
  /** Whether it has threads to divide a tree, and whether it carries permissions. */
  readonly hasThreads: boolean;
  readonly hasModes: boolean;
  /** The command, to be followed by mapcp's arguments. `directory` may get files that the command needs. */
  command(directory: string): string[];
}

/** Both copyCommands. */
export const copyCommands: readonly CopyCommand[] = [
  {
    name: 'Node',
    missing: false,
    hasThreads: true,
    hasModes: true,
    command: () => [process.execPath, resolve('build/out/js/cli/main.js')],
  },
  {
    name: 'wasmtime',
    missing: wasmtime === undefined,
    hasThreads: false,
    hasModes: false,
    command: precompile,
  },
];

/**
 * Runs a copy, and kills it `delay` milliseconds after the first change in `out`. Before that change, the process only
 * starts.
 *
 * @param command runs in `directory`
 * @returns the exit status, or null if the copy was killed
 */
export async function kill(
  command: readonly string[],
  directory: string,
  delay: number,
): Promise<number | null> {
  const changes = new Changes(join(directory, 'out'));
  try {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: directory, stdio: 'ignore' });
    const ended = once(child, 'exit') as Promise<[number | null]>;
    await Promise.race([changes.begin, ended]);
    pause(delay);
    child.kill('SIGKILL');
    const [status] = await ended;
    return status;
  } finally {
    changes.close();
  }
}

/** Waits. A timer cannot wait for less than a millisecond. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Watches a directory and all directories in it. */
class Changes {
  /** Resolves at the first change. */
  readonly begin: Promise<void>;
  #watchers: readonly FSWatcher[] = [];

  constructor(directory: string) {
    const below = readdirSync(directory, { recursive: true, withFileTypes: true });
    const directories = below.filter((entry) => entry.isDirectory());
    const paths = [directory, ...directories.map(({ parentPath, name }) => join(parentPath, name))];
    this.begin = new Promise((resolve) => {
      this.#watchers = paths.map((path) => watch(path, () => resolve()));
    });
  }

  close(): void {
    for (const watcher of this.#watchers) {
      watcher.close();
    }
  }
}
