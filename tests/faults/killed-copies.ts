import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { wasmtime } from '../helpers/wasmtime.js';
import { precompile } from './precompiled.js';

/** A front whose copies are killed. */
export interface Victim {
  readonly name: 'Node' | 'wasmtime';
  readonly missing: boolean;
  /** What it has that the other has not: threads to divide a tree among, and permissions. */
  readonly hasThreads: boolean;
  readonly hasModes: boolean;
  /** What is run, with the arguments for mapcp at the end. `directory` is for what is made on the way. */
  command(directory: string): string[];
}

/** Each front. */
export const victims: readonly Victim[] = [
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
 * Copies to what is in `out`, and kills that `delay` milliseconds after its first change there: a process begins in its
 * own time, and nothing that is to be seen happens before.
 *
 * @param command what is run in `directory`
 * @returns the status that it ended with by itself; null where it was killed
 */
export async function kill(
  command: readonly string[],
  directory: string,
  delay: number,
): Promise<number | null> {
  const changes = new Changes(join(directory, 'out'));
  try {
    const [program = '', ...args] = command;
    const victim = spawn(program, args, { cwd: directory, stdio: 'ignore' });
    const ended = once(victim, 'exit') as Promise<[number | null]>;
    await Promise.race([changes.begin, ended]);
    pause(delay);
    victim.kill('SIGKILL');
    const [status] = await ended;
    return status;
  } finally {
    changes.close();
  }
}

/** Waits for less than a timer can. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The changes in a directory and all directories that are below it now. */
class Changes {
  /** Resolves at the first. */
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
