import { type Component, instantiateComponent } from './component.js';
import { createHost, type Host, type HostOptions, ModeCarrier, type Preopen } from './host/index.js';
import { type CopyOptions, requirePath, toComponent } from './options.js';
import { CopyTask, type Work } from './task.js';

/** The directories of a sandbox, by the absolute guest paths that they get. */
export type Preopens = Readonly<Record<string, Preopen>>;

/** How a sandbox is confined. */
export type SandboxOptions = Pick<HostOptions, 'confinement' | 'allowOverlap'>;

/** Directories, and a component that can reach them and nothing else. Made by {@link openSandbox}. */
export class Sandbox implements Disposable {
  readonly #host: Host;
  readonly #component: Component;
  readonly #modes: ModeCarrier;
  #copying = 0;
  #closed = false;

  /** @internal */
  constructor(host: Host, component: Component, modes: ModeCarrier) {
    this.#host = host;
    this.#component = component;
    this.#modes = modes;
  }

  /**
   * Copies a file, a link or a directory inside the sandbox. Several copies may run at once.
   *
   * Each file appears under its target's name in one step at the end: until then, and after a failure, what is there
   * is what was there. A failure in a tree ends the copy, unless `keepGoing` is set; what was finished stays.
   *
   * @param source a guest path
   * @param target the guest path that the copy gets, never a directory to put it into
   * @returns the copy under way, to be awaited or iterated over. It rejects with a {@link CopyError} when it fails, with
   * guest paths; with a TypeError when an argument is of the wrong type, and then nothing has been touched; and with
   * the signal's reason when it is aborted.
   */
  copy(source: string, target: string, options: CopyOptions = {}): CopyTask {
    return new CopyTask(async () => this.workOn(source, target, options, (path) => path), options);
  }

  /**
   * A copy for a task to run, with the caller's names for its paths. The sandbox stays open until it ends.
   *
   * @internal
   */
  workOn(source: string, target: string, options: CopyOptions, pathOf: (path: string) => string): Work {
    requirePath('source', source);
    requirePath('target', target);
    this.#requireOpen();
    this.#copying++;
    return {
      begin: (measure) => new this.#component.copier.CopyJob(source, target, toComponent(options, measure)),
      prepareStep: () => {
        this.#requireOpen();
        this.#modes.start(options.preserveMode ?? true);
      },
      pathOf,
      end: () => this.#leave(),
    };
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

  #leave(): void {
    this.#copying--;
    this.#release();
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
  const modes = new ModeCarrier();
  const given = { preopens, clocks: true, random: true, absoluteLinks: true, modes };
  const host = await createHost({ ...given, ...options });
  try {
    return new Sandbox(host, await instantiateComponent(host.imports), modes);
  } catch (error) {
    host.close();
    throw error;
  }
}
