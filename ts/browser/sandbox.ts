import { type Checks, callback, takeOptions, wholeNumber } from '../common/check.js';
import { cleanErrorOf, countOf } from '../common/cleaning.js';
import { namesBelow } from '../common/guest-path.js';
import { Lifetime } from '../common/lifetime.js';
import {
  type CleanOptions,
  type CopyOptions as CommonOptions,
  cleanChecks,
  copyChecks,
  copyHints,
  requireAtomic,
  requirePath,
  toComponent,
} from '../common/options.js';
import { nameOf } from '../common/posix.js';
import { componentErrorOf, errorOf, NOTHING_YET } from '../jobs/component.js';
import { unlessAborted } from '../task/abort.js';
import { type InputForm, inputOf, STREAM, type StreamSource } from '../task/input.js';
import { CopyTask, type Job, type Work } from '../task/task.js';
import { Connection } from './connection.js';
import { DEFAULT_MEMORY } from './defaults.js';
import type { FoundDirectory } from './entries.js';
import { treeFrom } from './flat-tree.js';
import { grantsFor, type Preopens } from './preopens.js';
import type { Grant, Stepped } from './requests.js';
import { StorageError } from './storage-error.js';
import { storedTree } from './stored-tree.js';
import type { FileCall } from './volume.js';

/**
 * How to copy. Browsers have no permissions, and copy with one job; the other options are those of Node. The default of
 * `windowSize` is 4194304.
 */
export type CopyOptions = Omit<CommonOptions, 'preserveMode' | 'mode' | 'concurrency'>;

const { preserveMode, mode, concurrency, ...checks } = copyChecks;

const hints = {
  ...copyHints,
  preserveMode: 'nothing instead, because browsers have no permissions',
  mode: 'nothing instead, because browsers have no permissions',
  concurrency: 'nothing instead, because a browser copies with one job',
};

/** How a sandbox works. */
export interface SandboxOptions {
  /**
   * How many bytes of files the sandbox holds in memory at most. A copy to a tree in memory that needs more fails before
   * it writes anything. Copies to the browser's directories need little memory.
   *
   * @default 1073741824
   */
  readonly memory?: number | undefined;
  /**
   * Called after each step of a copy, with the component's reads and writes in that step. If it returns a promise, the
   * next step waits for it, and is as short as possible: one window of a file, or one entry.
   *
   * @default not called
   */
  readonly watch?: ((calls: readonly FileCall[]) => void | Promise<void>) | undefined;
  /**
   * Makes the worker of the sandbox, a module worker that runs `mapcp/browser/worker.js`. It is ended with the sandbox.
   * Needed if the bundler does not recognise `new Worker(new URL(…))`, as esbuild, if the module comes from another
   * origin, as from a CDN, and if Trusted Types are required.
   *
   * @default a worker from the file beside this module, which a later sandbox can reuse
   */
  readonly worker?: (() => Worker) | undefined;
}

const sandboxChecks: Checks<SandboxOptions> = {
  memory: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  watch: callback,
  worker: callback,
};

// One lock for all of the browser's storage, because tabs cannot agree on a name for each directory.
const LOCK = 'mapcp';

/** The beginning of locks for the temporary files of copies that have no turn. `clean` leaves these files. */
const FILE_LOCK = 'mapcp file ';

/** How many milliseconds a copy waits for its stream before it lets others have its turn. */
const PATIENCE = 100;

/** The window by default, in bytes. Each write takes a browser some time, even a short one. */
const DEFAULT_WINDOW = 2 ** 22;

/** How large a buffer is passed on instead of copied, in bytes. */
const LARGE = 2 ** 16;

/** Closes a sandbox that was forgotten. Otherwise its worker would hold the files in memory for ever. */
const forgotten = new FinalizationRegistry<Connection>((connection) => {
  console.warn('mapcp: a sandbox was not closed, and held its directories until now: call its close()');
  connection.close();
});

/** Directories, and a component in a worker that can reach them and nothing else. Made by {@link openSandbox}. */
export class Sandbox {
  readonly #connection: Connection;
  readonly #watch: SandboxOptions['watch'];
  readonly #changesStorage: boolean;
  /** The directories of the browser by their guest paths. */
  readonly #stored: ReadonlyMap<string, FileSystemDirectoryHandle>;
  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(connection: Connection, watch: SandboxOptions['watch'], grants: readonly Grant[]) {
    this.#connection = connection;
    this.#watch = watch;
    this.#changesStorage = grants.some(({ from, access }) => 'kind' in from && access === 'read-write');
    this.#stored = new Map(grants.flatMap(({ name, from }) => ('kind' in from ? [[name, from]] : [])));
    this.#lifetime = new Lifetime(() => connection.close());
    forgotten.register(this, connection, this);
  }

  /**
   * Copies a file, a link or a directory inside the sandbox. Several copies can run at once. Copies into the browser's
   * storage take turns, across all tabs. A copy gives up its turn while it waits for the bytes of a stream.
   *
   * When the promise resolves, the copy is in the browser's storage.
   *
   * @param source a guest path, or a stream: bytes, a `Blob`, or something that yields bytes
   * @param target the guest path of the copy itself, not of a directory to put it into
   * @param options how to copy
   * @returns the running copy, to await or to iterate over. It rejects with a {@link CopyError} with guest paths if the
   * copy fails; with a TypeError if an argument is wrong, before anything is changed; with an Error with the code
   * `ERR_MAPCP_CLOSED` if the sandbox is closed; and with the signal's reason if it is aborted.
   */
  copy(source: string | StreamSource, target: string, options: CopyOptions = {}): CopyTask {
    return new CopyTask(() => {
      const taken = takeOptions<CopyOptions>('options', options, checks, hints);
      requireAtomic(taken);
      this.#requireRenaming(target, taken);
      const input = inputOf(source, taken);
      const from = input?.form === 'content' ? STREAM : (source as string);
      return { options: taken, input, prepare: async () => this.#workOn(from, target, taken, input?.form) };
    });
  }

  /**
   * Removes the temporary files that killed copies left in a directory and below it. Those of running copies stay.
   *
   * @param directory a guest path
   * @param options how to clean
   * @returns how many were removed; in a dry run, how many would be
   * @throws {CleanError} if something fails, with guest paths; an Error with the code `ERR_MAPCP_CLOSED` if the sandbox
   * is closed
   */
  async clean(directory: string, options: CleanOptions = {}): Promise<number> {
    requirePath('directory', directory);
    const { dryRun = false } = takeOptions<CleanOptions>('options', options, cleanChecks);
    this.#lifetime.requireOpen();
    const leave = await this.#turn();
    try {
      const { held = [] } = this.#changesStorage ? await navigator.locks.query() : {};
      const files = held.flatMap(({ name }) =>
        name?.startsWith(FILE_LOCK) ? name.slice(FILE_LOCK.length) : [],
      );
      const report = await this.#connection.ask('clean', directory, dryRun, files);
      return countOf(report, (path) => path);
    } catch (error) {
      const componentError = componentErrorOf(error);
      throw componentError === undefined ? error : cleanErrorOf(componentError, (path) => path);
    } finally {
      leave();
    }
  }

  /**
   * Returns the current content of a preopen. Files are Blobs, which are read only if the page reads them.
   *
   * @param preopen its guest path, as given to {@link openSandbox}
   * @throws a TypeError if there is no such preopen; an Error with a `code` such as `ENOENT` and a `path` if something
   * cannot be read; an Error with the code `ERR_MAPCP_CLOSED` if the sandbox is closed
   */
  async tree(preopen: string): Promise<FoundDirectory> {
    requirePath('preopen', preopen);
    this.#lifetime.requireOpen();
    const stored = this.#stored.get(preopen);
    if (stored === undefined) {
      return treeFrom(await this.#connection.ask('tree', preopen));
    }
    try {
      return await storedTree(stored, preopen);
    } catch (error) {
      const { code, path, message } = StorageError.from(error, 'list', preopen);
      throw Object.assign(new Error(message, { cause: error }), { code: nameOf(code), path });
    }
  }

  /**
   * Closes the sandbox. Running copies fail and leave no temporary files; then the worker is free for another sandbox.
   * A sandbox that is garbage-collected without this call is closed as well, with a warning on the console.
   */
  close(): void {
    forgotten.unregister(this);
    this.#lifetime.close();
  }

  /** The same as {@link Sandbox.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #workOn(source: string, target: string, options: CopyOptions, input: InputForm | undefined): Work {
    requirePath('source', source);
    requirePath('target', target);
    this.#lifetime.enter();
    const { signal } = options;
    const isLocked = this.#isStored(source) || this.#isStored(target);
    const isStream = input === 'content';
    const files = new Map<string, () => void>();
    let leave = () => {};
    let isOver = false;
    let id = 0;
    /** Waits for the stream. If that takes long, others have the turn meanwhile. */
    const lend = async <T>(promise: Promise<T>): Promise<T> => {
      if (await isSoon(promise)) {
        return promise;
      }
      for (const name of await this.#connection.ask('pause', id)) {
        files.set(name, files.get(name) ?? (await this.#turn(FILE_LOCK + name, signal, 'shared')));
      }
      leave();
      leave = () => {};
      try {
        return await promise;
      } finally {
        if (!isOver) {
          const taken = await this.#turn(LOCK, signal);
          leave = isOver ? leave : taken;
          await (isOver ? taken() : this.#connection.ask('resume', id));
        }
      }
    };
    return {
      begin: async (measure) => {
        if (isLocked) {
          leave = await this.#turn(LOCK, signal);
        }
        const { windowSize = DEFAULT_WINDOW } = options;
        const given = toComponent({ ...options, windowSize }, measure, { input });
        id = await this.#connection.ask('begin', source, target, given);
        return this.#job(id);
      },
      requireOpen: () => this.#lifetime.requireOpen(),
      prepareStep: () => {},
      // While the page waited for the worker, its event loop was free.
      rest: async () => {},
      unlessClosed: (promise) =>
        unlessAborted(
          isStream && isLocked && this.#changesStorage ? lend(promise) : promise,
          this.#lifetime.closed,
        ),
      target,
      pathOf: (path) => path,
      end: () => {
        isOver = true;
        leave();
        for (const release of files.values()) {
          release();
        }
        this.#lifetime.leave();
      },
    };
  }

  /** Returns a job that runs in the worker. */
  #job(id: number): Job {
    let stepped: Stepped | undefined;
    let isPaced = this.#watch !== undefined;
    return {
      step: async () => {
        stepped = await this.#connection.ask('step', id, isPaced);
        const watched = this.#watch?.(stepped.calls);
        isPaced = watched !== undefined;
        await watched;
        if (stepped.componentError !== undefined) {
          throw errorOf(stepped.componentError);
        }
        return stepped.progress;
      },
      progress: () => stepped?.progress ?? NOTHING_YET,
      currentPath: () => stepped?.currentPath ?? '',
      takeErrors: () => stepped?.errors ?? [],
      takeEntries: () => stepped?.entries ?? [],
      addInput: (bytes) => {
        // To send a view would copy all of its buffer, which can be much larger.
        const own = new Uint8Array(bytes);
        return this.#connection.give([own.buffer], 'addInput', id, own);
      },
      endInput: () => this.#connection.ask('endInput', id),
      stop: () => this.#connection.ask('stop', id),
      drop: () => this.#connection.ask('drop', id),
    };
  }

  /** Waits until no other copy changes the browser's storage. Returns a function that ends the turn. */
  #turn(lock = LOCK, signal?: AbortSignal, mode: LockMode = 'exclusive'): Promise<() => void> {
    if (!this.#changesStorage) {
      return Promise.resolve(() => {});
    }
    const waiting = new AbortController();
    const turn = new Promise<() => void>((resolve, reject) => {
      navigator.locks
        .request(lock, { mode, signal: waiting.signal }, () => new Promise<void>((leave) => resolve(leave)))
        .catch(reject);
    });
    return unlessAborted(unlessAborted(turn, this.#lifetime.closed), signal).catch((error: unknown) => {
      waiting.abort();
      // In the same moment, it may have got its turn.
      turn.then((leave) => leave()).catch(() => {});
      throw error;
    });
  }

  /** Whether a path leads to the browser's storage. In doubt it does. */
  #isStored(path: string): boolean {
    const leadsAnywhere = path.split('/').includes('..');
    return [...this.#stored.keys()].some((name) => leadsAnywhere || namesBelow(name, path) !== undefined);
  }

  /** Browsers cannot rename a directory in their storage, so no tree can appear there as a whole. */
  #requireRenaming(target: string, { atomic }: CopyOptions): void {
    if (atomic === 'tree' && this.#isStored(target)) {
      throw new TypeError(
        "options.atomic: 'tree' needs a target in memory, because browsers cannot rename a directory in their storage",
      );
    }
  }
}

/** Whether a promise settles soon. */
async function isSoon(promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, false);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the buffers of large files in memory. They are copies, and passing one on is faster than copying it again. */
function largeBuffersOf(grants: readonly Grant[]): ArrayBuffer[] {
  return grants.flatMap(({ from }) =>
    'kind' in from
      ? []
      : from.flatMap(([, , item]) => {
          const source = 'source' in item ? item.source : undefined;
          const isLarge = source instanceof Uint8Array && source.length > LARGE;
          return isLarge ? [source.buffer as ArrayBuffer] : [];
        }),
  );
}

/**
 * Opens a sandbox over some directories, in a worker of its own.
 *
 * @param preopens the directories, such as `{ '/in': { directory: handle, access: 'read' } }`. If a browser needs the
 * visitor's permission for a directory, it asks again. It can do that only just after a click or a key press.
 * @param options how it works
 * @returns the sandbox, which the caller must close
 * @throws a TypeError that names the argument or option that is wrong; an Error with the code `EACCES` if the visitor
 * does not grant a directory; an Error if two of the browser's directories overlap, or if the worker cannot be started
 * @example
 * const directory = await navigator.storage.getDirectory();
 * using sandbox = await openSandbox({
 *   '/in': { tree: { dir: { 'a.txt': { source: 'content' } } }, access: 'read' },
 *   '/out': { directory, access: 'read-write' },
 * });
 * await sandbox.copy('/in/a.txt', '/out/b.txt');
 */
export async function openSandbox(preopens: Preopens, options: SandboxOptions = {}): Promise<Sandbox> {
  const {
    memory = DEFAULT_MEMORY,
    watch,
    worker,
  } = takeOptions<SandboxOptions>('options', options, sandboxChecks);
  const grants = await grantsFor(preopens);
  const connection = Connection.open(worker);
  try {
    await connection.give(largeBuffersOf(grants), 'open', grants, memory, watch !== undefined);
  } catch (error) {
    connection.close();
    throw error;
  }
  return new Sandbox(connection, watch, grants);
}
