// Who copies while somebody else changes the trees: by the API, and in wasmtime, each in a process that can be ended.

import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CopyOptions } from 'mapcp';
import { wasmtime } from '../helpers/wasmtime.js';
import { argumentsFor, linesOf } from './menders.js';
import { precompile } from './precompiled.js';

/** What a copy has told: how many files it copied, and the codes of its errors and warnings. */
export interface Told {
  readonly files: number;
  readonly codes: readonly string[];
}

/** Copies `in/a` of a directory. */
export interface Runner extends Disposable {
  /** Copies to a path in that directory; fails where there is no end to that. */
  copy(target: string, options: CopyOptions): Promise<Told>;
}

/** A way to copy. */
export interface Racer {
  readonly name: string;
  readonly missing: boolean;
  /** What it has that the other has not: threads to divide a tree among, and permissions. */
  readonly hasThreads: boolean;
  readonly hasModes: boolean;
  /** Has it ready for a directory. */
  start(directory: string): Runner;
}

// No copy of these takes a second.
const PATIENCE = 30_000;

/** What a copy comes to; fails, and does not wait, where it hangs. */
async function unlessItHangs<T>(target: string, options: CopyOptions, copying: Promise<T>): Promise<T> {
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

/** By the API. */
class InNode implements Runner {
  readonly #process: ChildProcess;
  readonly #end: Promise<unknown>;

  constructor(directory: string) {
    this.#process = fork(resolve('tests/faults/racer.mjs'), [directory]);
    this.#end = once(this.#process, 'exit');
  }

  async copy(target: string, options: CopyOptions): Promise<Told> {
    const told = once(this.#process, 'message') as Promise<[Told]>;
    const ended = this.#end.then(() => {
      throw new Error(`who was to copy to ${target} has ended`);
    });
    this.#process.send({ target, options });
    const [answer] = await unlessItHangs(target, options, Promise.race([told, ended]));
    return answer;
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
  }
}

/** By the component's own command line. */
class InWasmtime implements Runner {
  readonly #directory: string;
  readonly #command: readonly string[];
  #process: ChildProcess | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.#command = precompile(directory);
  }

  copy(target: string, options: CopyOptions): Promise<Told> {
    const [program = '', ...args] = [...this.#command, '--json', '--no-progress'];
    const copying = new Promise<Told>((tell, fail) => {
      this.#process = execFile(
        program,
        [...args, ...argumentsFor(options, target)],
        { cwd: this.#directory },
        (error, stdout, stderr) => {
          if (stderr === '' && (error === null || error.code === 1)) {
            tell(toldBy(stdout));
          } else {
            fail(new Error(`the copy to ${target} ended with status ${error?.code}: ${stderr}`));
          }
        },
      );
    });
    return unlessItHangs(target, options, copying);
  }

  [Symbol.dispose](): void {
    this.#process?.kill('SIGKILL');
  }
}

/** What is said with --json. */
function toldBy(stdout: string): Told {
  const lines = linesOf(stdout);
  return {
    files: lines.reduce((sum, { files = 0 }) => sum + files, 0),
    codes: lines.flatMap(({ code = [] }) => code),
  };
}

/** Each way. */
export const racers: readonly Racer[] = [
  {
    name: 'the API',
    missing: false,
    hasThreads: true,
    hasModes: true,
    start: (directory) => new InNode(directory),
  },
  {
    name: 'mapcp in wasmtime',
    missing: wasmtime === undefined,
    hasThreads: false,
    hasModes: false,
    start: (directory) => new InWasmtime(directory),
  },
];
