import { type Checks, callback, takeOptions, wholeNumber } from '../check.js';
import { cleanErrorOf, countOf } from '../cleaning.js';
import { closedError } from '../closed.js';
import { errorOf, failureOf, NOTHING_YET } from '../component.js';
import {
  type CleanOptions,
  type CopyOptions as CommonOptions,
  cleanChecks,
  copyChecks,
  copyHints,
  requirePath,
  toComponent,
} from '../options.js';
import { CopyTask, type Job, type Work } from '../task.js';
import { Connection } from './connection.js';
import type { FoundDirectory } from './entries.js';
import { grantsFor, type Preopens } from './preopens.js';
import type { Stepped } from './requests.js';
import type { FileCall } from './volume.js';

/** How to copy: as under Node, but for permissions, of which a browser knows none, and with one job for each copy. */
export type CopyOptions = Omit<CommonOptions, 'preserveMode' | 'concurrency'>;

const { preserveMode, concurrency, ...checks } = copyChecks;

const hints = {
  ...copyHints,
  preserveMode: 'nothing in its place, since a browser has no permissions',
  concurrency: 'nothing in its place, since a browser copies by one job',
};

/** How a sandbox works. */
export interface SandboxOptions {
  /**
   * The most bytes of files that it holds in memory. A copy that needs more fails before anything is written.
   *
   * @default 1073741824
   */
  readonly memory?: number | undefined;
  /**
   * Gets to see, after each step of a copy, what the component has read and written in it; the next step waits until
   * this is done. A step is then as short as it can be: one window of a file, or one entry.
   */
  readonly watch?: ((calls: readonly FileCall[]) => void | Promise<void>) | undefined;
}

const sandboxChecks: Checks<SandboxOptions> = {
  memory: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  watch: callback,
};

// One for all that a browser keeps, since a name for each directory would be needed that all tabs agree on.
const LOCK = 'mapcp';

const DEFAULT_MEMORY = 2 ** 30;

// Shorter than any window, so that a step ends after one.
const SHORTEST_STEP = 1n;

/** Gives back the worker of a sandbox that was forgotten, which would hold its files in memory for ever. */
const forgotten = new FinalizationRegistry<Connection>((connection) => {
  console.warn('mapcp: a sandbox was not closed, and held its directories until now: call its close()');
  connection.close();
});

/** Directories, and a component in a worker that can reach them and nothing else. Made by {@link openSandbox}. */
export class Sandbox {
  readonly #connection: Connection;
  readonly #watch: SandboxOptions['watch'];
  readonly #changesStorage: boolean;
  #copying = 0;
  #closed = false;

  /** @internal */
  constructor(connection: Connection, watch: SandboxOptions['watch'], changesStorage: boolean) {
    this.#connection = connection;
    this.#watch = watch;
    this.#changesStorage = changesStorage;
    forgotten.register(this, connection, this);
  }

  /**
   * Copies a file, a link or a directory inside the sandbox. Several copies may run at once; those into directories of
   * the browser's take turns, also with those of other tabs.
   *
   * What is copied into a directory of the browser's is there when the promise resolves.
   *
   * @param source a guest path
   * @param target the guest path that the copy gets, never a directory to put it into
   * @returns the copy under way, to be awaited or iterated over. It rejects with a {@link CopyError} when it fails, with
   * guest paths; with a TypeError when an argument is of the wrong type, and then nothing has been touched; and with
   * the signal's reason when it is aborted.
   */
  copy(source: string, target: string, options: CopyOptions = {}): CopyTask {
    return new CopyTask(() => {
      const taken = takeOptions<CopyOptions>('options', options, checks, hints);
      return { options: taken, prepare: async () => this.#workOn(source, target, taken) };
    });
  }

  /**
   * Removes the temporary files that killed copies have left in a directory and in all below it.
   *
   * @param directory a guest path
   * @returns how many were removed, or would be
   * @throws {CleanError} when it fails, with guest paths
   */
  async clean(directory: string, options: CleanOptions = {}): Promise<number> {
    requirePath('directory', directory);
    const { dryRun = false } = takeOptions<CleanOptions>('options', options, cleanChecks);
    this.#requireOpen();
    const leave = await this.#turn();
    try {
      const report = await this.#connection.ask('clean', directory, dryRun);
      return countOf(report, (path) => path);
    } catch (error) {
      const failure = failureOf(error);
      throw failure === undefined ? error : cleanErrorOf(failure, (path) => path);
    } finally {
      leave();
    }
  }

  /**
   * What a preopen holds now. The files are Blobs, of which nothing has been read yet.
   *
   * @param preopen its guest path, as given to {@link openSandbox}
   */
  async tree(preopen: string): Promise<FoundDirectory> {
    requirePath('preopen', preopen);
    this.#requireOpen();
    return this.#connection.ask('tree', preopen);
  }

  /**
   * Ends the sandbox. A copy that is under way fails and leaves nothing; then the worker is free. If a sandbox that is not
   * closed is collected as garbage, the worker is free as well, with a warning on the console.
   */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      forgotten.unregister(this);
      this.#release();
    }
  }

  /** The same as {@link Sandbox.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #workOn(source: string, target: string, options: CopyOptions): Work {
    requirePath('source', source);
    requirePath('target', target);
    this.#requireOpen();
    this.#copying++;
    let leave = () => {};
    return {
      begin: async (measure) => {
        leave = await this.#turn(options.signal);
        return this.#job(await this.#connection.ask('begin', source, target, toComponent(options, measure)));
      },
      prepareStep: () => this.#requireOpen(),
      // Waiting for the worker has left the event loop to others.
      rest: async () => {},
      pathOf: (path) => path,
      end: () => {
        leave();
        this.#copying--;
        this.#release();
      },
    };
  }

  /** A job of the worker's. */
  #job(id: number): Job {
    let stepped: Stepped | undefined;
    return {
      step: async (budget) => {
        stepped = await this.#connection.ask('step', id, this.#watch === undefined ? budget : SHORTEST_STEP);
        await this.#watch?.(stepped.calls);
        if (stepped.failure !== undefined) {
          throw errorOf(stepped.failure);
        }
        return stepped.progress;
      },
      progress: () => stepped?.progress ?? NOTHING_YET,
      currentPath: () => stepped?.currentPath ?? '',
      takeProblems: () => stepped?.problems ?? [],
      takeEntries: () => stepped?.entries ?? [],
      drop: () => this.#connection.ask('drop', id),
    };
  }

  /** Waits until no other copy changes what the browser keeps; returns what ends the turn. */
  #turn(signal?: AbortSignal): Promise<() => void> {
    if (!this.#changesStorage) {
      return Promise.resolve(() => {});
    }
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(LOCK, signal ? { signal } : {}, () => new Promise<void>((leave) => resolve(leave)))
        .catch((error: unknown) => reject(signal?.aborted ? signal.reason : error));
    });
  }

  #requireOpen(): void {
    if (this.#closed) {
      throw closedError();
    }
  }

  #release(): void {
    if (this.#closed && this.#copying === 0) {
      this.#connection.close();
    }
  }
}

/**
 * Opens a sandbox over some directories, in a worker of its own.
 *
 * @param preopens the directories, such as `{ '/in': { directory: handle, access: 'read' } }`. A directory that the
 * visitor picked is asked for again where that is needed, which a browser allows just after a click or a key.
 * @param options how it works
 * @returns the sandbox; close it when done
 * @throws a TypeError that names the argument or option that is wrong; an Error with the code `EACCES` where a directory was not granted; an Error where two directories of the
 * browser's overlap, and where the worker cannot be loaded
 * @example
 * const directory = await navigator.storage.getDirectory();
 * using sandbox = await openSandbox({
 *   '/in': { tree: { dir: { 'a.txt': { source: 'content' } } }, access: 'read' },
 *   '/out': { directory, access: 'read-write' },
 * });
 * await sandbox.copy('/in/a.txt', '/out/b.txt');
 */
export async function openSandbox(preopens: Preopens, options: SandboxOptions = {}): Promise<Sandbox> {
  const { memory = DEFAULT_MEMORY, watch } = takeOptions<SandboxOptions>('options', options, sandboxChecks);
  const grants = await grantsFor(preopens);
  const connection = Connection.open();
  try {
    await connection.ask('open', grants, memory, watch !== undefined);
  } catch (error) {
    connection.close();
    throw error;
  }
  const changesStorage = grants.some(({ from, access }) => !('dir' in from) && access === 'read-write');
  return new Sandbox(connection, watch, changesStorage);
}
