// Processes that copy a tree while another process changes it. If a copy hangs, its process is killed.

import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CopyOptions } from 'mapcp';
import { wasmtime } from '../helpers/wasmtime.js';
import { precompile } from './precompiled.js';
import { argumentsFor, linesOf } from './recovery.js';

/** The result of a copy: how many files it copied, and the codes of its errors and warnings. */
export interface Outcome {
  readonly files: number;
  readonly codes: readonly string[];
}

/** A process that copies `in/a` of a directory. */
export interface CopyProcess extends Disposable {
  /** Copies to a path in that directory. Rejects if the copy hangs. */
  copy(target: string, options: CopyOptions): Promise<Outcome>;
}

/** A way to copy. */
export interface Copier {
  readonly name: string;
  readonly missing: boolean;
  /** Whether it has threads to divide a tree, and whether it carries permissions. */
  readonly hasThreads: boolean;
  readonly hasModes: boolean;
  /** Starts a process for a directory. */
  start(directory: string): CopyProcess;
}

// Each of these copies takes less than a second on a machine that has nothing else to do.
const PATIENCE = 300_000;

/** Returns the result of a copy, or throws if it hangs. */
async function resultInTime<T>(target: string, options: CopyOptions, copying: Promise<T>): Promise<T> {
  const inTime = new AbortController();
  const late = setTimeout(PATIENCE, undefined, { signal: inTime.signal }).then(() => {
    throw new Error(`the copy to ${target} hangs, with ${JSON.stringify(options)}`);
  });
  try {
    return await Promise.race([copying, late]);
  } finally {
    inTime.abort();
  }
}

/** Copies by the API. */
class NodeProcess implements CopyProcess {
  readonly #process: ChildProcess;
  readonly #end: Promise<unknown>;

  constructor(directory: string) {
    this.#process = fork(resolve('tests/faults/copy-process.mjs'), [directory]);
    this.#end = once(this.#process, 'exit');
  }

  async copy(target: string, options: CopyOptions): Promise<Outcome> {
    const answered = once(this.#process, 'message') as Promise<[Outcome]>;
    const ended = this.#end.then(() => {
      throw new Error(`the process ended during the copy to ${target}`);
    });
    this.#process.send({ target, options });
    const [answer] = await resultInTime(target, options, Promise.race([answered, ended]));
    return answer;
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }
}

/** Copies by the component's command line. */
class WasmtimeProcess implements CopyProcess {
  readonly #directory: string;
  readonly #command: readonly string[];
  #process: ChildProcess | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.#command = precompile(directory);
  }

  copy(target: string, options: CopyOptions): Promise<Outcome> {
    const [program = '', ...args] = [...this.#command, '--json', '--no-progress'];
    const copying = new Promise<Outcome>((resolve, reject) => {
      this.#process = execFile(
        program,
        [...args, ...argumentsFor(options, target)],
        { cwd: this.#directory },
        (error, stdout, stderr) => {
          if (stderr === '' && (error === null || error.code === 1)) {
            resolve(outcomeOf(stdout));
          } else {
            reject(new Error(`the copy to ${target} ended with status ${error?.code}: ${stderr}`));
          }
        },
      );
    });
    return resultInTime(target, options, copying);
  }

  [Symbol.dispose](): void {
    this.#process?.kill('SIGKILL');
  }
}

/** Reads the result from the output of --json. */
function outcomeOf(stdout: string): Outcome {
  const lines = linesOf(stdout);
  return {
    files: lines.reduce((sum, { files = 0 }) => sum + files, 0),
    codes: lines.flatMap(({ code = [] }) => code),
  };
}

/** Both ways. */
export const copiers: readonly Copier[] = [
  {
    name: 'the API',
    missing: false,
    hasThreads: true,
    hasModes: true,
    start: (directory) => new NodeProcess(directory),
  },
  {
    name: 'mapcp in wasmtime',
    missing: wasmtime === undefined,
    hasThreads: false,
    hasModes: false,
    start: (directory) => new WasmtimeProcess(directory),
  },
];
