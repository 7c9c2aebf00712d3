import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Component, dropJob, type Failure, instantiateComponent, type Progress } from './component.js';
import { CopyError } from './errors.js';
import { createHost, type Host, type HostOptions, type Preopen } from './host/index.js';
import { nameOf } from './posix.js';

/** How to copy. */
export interface CopyOptions {
  /**
   * The most bytes of the source that are in memory at a time: a whole number up to 1 GiB, rounded up to whole pages
   * of 64 KiB.
   *
   * @default 1048576
   */
  readonly windowSize?: number;
}

/** What a copy has done. */
export interface CopyReport {
  /** Bytes copied. */
  readonly bytes: number;
  /** Files copied. */
  readonly files: number;
  /** How long it took, from the call to the end. */
  readonly milliseconds: number;
}

/** The directories of a sandbox, by the absolute guest paths that they get. */
export type Preopens = Readonly<Record<string, Preopen>>;

/** How a sandbox is confined. */
export type SandboxOptions = Pick<HostOptions, 'confinement' | 'allowOverlap'>;

// Some ten milliseconds of work: long enough for the turn between two steps to cost nothing, and short enough to
// leave the event loop to others.
const STEP_BYTES = 16n * 1024n * 1024n;

/** Directories, and a component that can reach them and nothing else. Made by {@link openSandbox}. */
export class Sandbox implements Disposable {
  readonly #host: Host;
  readonly #component: Component;
  #copying = 0;
  #closed = false;

  /** @internal */
  constructor(host: Host, component: Component) {
    this.#host = host;
    this.#component = component;
  }

  /**
   * Copies a file inside the sandbox. Several copies may run at once.
   *
   * The copy appears under the target's name in one step at the end: until then, and after a failure, the target is
   * what it was.
   *
   * @param source the guest path of a regular file
   * @param target the guest path that the copy gets
   * @throws {CopyError} when it fails, with guest paths
   * @throws {TypeError} when an argument is of the wrong type; nothing has been touched
   */
  async copy(source: string, target: string, options: CopyOptions = {}): Promise<CopyReport> {
    const started = performance.now();
    requirePath('source', source);
    requirePath('target', target);
    const windowSize = requireWindowSize(options);
    this.#requireOpen();
    this.#copying++;
    const job = new this.#component.copier.CopyJob(source, target, { windowSize });
    try {
      for (;;) {
        const progress = step(() => job.step(STEP_BYTES));
        if (progress.done) {
          return report(progress, started);
        }
        await nextTurn();
        this.#requireOpen();
      }
    } finally {
      dropJob(job);
      this.#copying--;
      this.#release();
    }
  }

  /** Ends the sandbox. A copy that is under way fails and leaves nothing; then the directories are given back. */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#release();
    }
  }

  /** The same as {@link Sandbox.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #requireOpen(): void {
    if (this.#closed) {
      throw new Error('the sandbox is closed');
    }
  }

  #release(): void {
    if (this.#closed && this.#copying === 0) {
      this.#host.close();
    }
  }
}

/**
 * Opens a sandbox over some directories.
 *
 * @param preopens the directories, such as `{ '/in': { path: 'uploads', access: 'read' } }`
 * @param options how strictly they are kept
 * @returns the sandbox; close it when done
 * @throws the error of `fs` when a directory cannot be opened
 */
export async function openSandbox(preopens: Preopens, options: SandboxOptions = {}): Promise<Sandbox> {
  // Clocks and random numbers because WASI's C library imports them; the random ones name temporary files.
  const host = await createHost({ preopens, clocks: true, random: true, ...options });
  return new Sandbox(host, await instantiateComponent(host.imports));
}

/** Runs a step; what the component reports as its error is thrown as a {@link CopyError}. */
function step(run: () => Progress): Progress {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'payload' in error) {
      const failure = error.payload as Failure;
      throw new CopyError({ ...failure, code: nameOf(failure.code) });
    }
    throw error;
  }
}

function report(progress: Progress, started: number): CopyReport {
  return {
    bytes: Number(progress.bytesDone),
    files: Number(progress.filesDone),
    milliseconds: performance.now() - started,
  };
}

/** Throws a TypeError unless `value` is a path: a string without NUL, which no file system takes. */
export function requirePath(argument: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') {
    throw new TypeError(`${argument} must be a string, not ${value === null ? 'null' : typeof value}`);
  }
  if (value.includes('\0')) {
    throw new TypeError(`${argument} must not contain a NUL character`);
  }
}

function requireWindowSize(options: CopyOptions): number {
  const { windowSize = 0 } = options;
  if (!Number.isInteger(windowSize) || windowSize < 0 || windowSize > 2 ** 30) {
    throw new TypeError('options.windowSize must be a whole number of bytes, from 1 to 1073741824');
  }
  return windowSize;
}
