import { boolean, type Checks, callback, oneOf, requireThat, takeOptions } from '../common/check.js';
import { cleanErrorOf, countOf } from '../common/cleaning.js';
import { quoted } from '../common/errors.js';
import { Lifetime } from '../common/lifetime.js';
import {
  type CleanOptions,
  type ComponentOptions,
  type CopyOptions,
  cleanChecks,
  copyChecks,
  copyHints,
  type JobOptions,
  requireAtomic,
  requirePath,
  toComponent,
} from '../common/options.js';
import { requirePatterns } from '../common/patterns.js';
import { preopensOf } from '../common/preopens.js';
import { preopen } from '../host/check-options.js';
import { createHost } from '../host/create-host.js';
import type { Preopens } from '../host/grant.js';
import type { Host } from '../host/host.js';
import type { CheckedHostOptions, HostOptions } from '../host/host-options.js';
import { ModeCarrier } from '../host/modes.js';
import {
  type CleanReport,
  type Component,
  componentErrorOf,
  instantiateComponent,
} from '../jobs/component.js';
import { jobsFor } from '../jobs/concurrency.js';
import type { Made } from '../jobs/made.js';
import { OwnJob } from '../jobs/own-job.js';
import type { Assignment } from '../jobs/threads.js';
import { unlessAborted } from '../task/abort.js';
import { inputOf, STREAM, type StreamSource } from '../task/input.js';
import { rest, restIfDue } from '../task/rest.js';
import { CopyTask, type SandboxJob, type Work } from '../task/task.js';
import { Components, type Use } from './components.js';
import { atExit } from './exit.js';

/** A WASI host for a sandbox, ours or another one. */
export interface SandboxHost {
  /** The WASI imports for the component's bindings. */
  readonly imports: object;
  /** Called when the sandbox is closed. */
  close?(): void;
  /** Returns which ranges of a file hold data, so that copies need not read its holes; see `Host` of `mapcp/host`. */
  dataRanges?(file: bigint, offset: bigint): BigUint64Array | undefined;
}

/** Makes a host that gives the component these directories. Confinement is only as good as that host. */
export type HostMaker = (preopens: Preopens) => SandboxHost | Promise<SandboxHost>;

/** How a sandbox is confined. */
export interface SandboxOptions extends Pick<HostOptions, 'confinement' | 'allowOverlap'> {
  /**
   * Makes a host to use instead of our own, such as one based on preview2-shim. The other options apply only to our own
   * host, and only our own host keeps permissions.
   *
   * @default our own host
   */
  readonly host?: HostMaker | undefined;
}

const sandboxChecks: Checks<SandboxOptions> = {
  confinement: oneOf('strict', 'best-effort'),
  allowOverlap: boolean,
  host: callback,
};

const takePreopens = preopensOf(preopen);

/** The permissions of a new file, before the umask. */
const NEW_FILE = 0o666;

/** Settings of our own host for a copy. They are set before each step, because copies take turns. */
export type Aids = Required<Pick<HostOptions, 'modes' | 'durability'>>;

/** Returns what a thread needs to open a sandbox like this one. Other hosts cannot be sent to a thread. */
type Sharing = () => Pick<Assignment, 'preopens' | 'confinement'>;

/** How to copy, for a command that makes several copies. */
export interface RunOptions extends CopyOptions, JobOptions {
  /**
   * The targets that earlier copies made, if several copies can have the same target. Threads do not share it, so such
   * copies are not divided.
   */
  readonly made?: Made | undefined;
}

/** Closes the host of a sandbox that was forgotten. Otherwise it would hold descriptors forever. */
const forgotten = new FinalizationRegistry<{ host: SandboxHost; preopens: Preopens }>(
  ({ host, preopens }) => {
    const paths = Object.values(preopens).map(({ path }) => quoted(path));
    process.emitWarning(
      `a sandbox was not closed, and held ${paths.join(' and ')} open until now: call its close(), or declare it with \`using\``,
      { type: 'SandboxWarning', code: 'MAPCP_NOT_CLOSED' },
    );
    host.close?.();
  },
);

/** Directories, and a component that can reach them and nothing else. Made by {@link openSandbox}. */
export class Sandbox implements Disposable {
  readonly #preopens: Preopens;
  readonly #components: Components;
  readonly #dataRanges: SandboxHost['dataRanges'];
  readonly #aids: Aids;
  readonly #sharing: Sharing | undefined;
  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(
    preopens: Preopens,
    host: SandboxHost,
    component: Component,
    aids: Aids,
    sharing: Sharing | undefined,
  ) {
    this.#preopens = preopens;
    const make = () => instantiateComponent(host.imports);
    this.#components = new Components(component, make, Object.keys(preopens).length);
    this.#dataRanges = host.dataRanges?.bind(host);
    this.#aids = aids;
    this.#sharing = sharing;
    this.#lifetime = new Lifetime(() => host.close?.());
    forgotten.register(this, { host, preopens }, this);
  }

  /**
   * Copies a file, a link or a directory inside the sandbox. Several copies can run at once.
   *
   * Each file takes its target's name in one step, when it is complete. Until then, and if the copy fails, the old
   * target stays. An error in a tree ends the copy, unless `keepGoing` is set. Finished files stay.
   *
   * @param source a guest path, or a stream
   * @param target the guest path of the copy itself, not of a directory to put it into
   * @param options how to copy
   * @returns the running copy, to await or to iterate over. If the copy fails, it rejects with a {@link CopyError} with
   * guest paths. If an argument is wrong, it rejects with a TypeError or RangeError before anything is changed. If the
   * sandbox is closed, it rejects with an Error with the code `ERR_MAPCP_CLOSED`. If the signal is aborted, it rejects
   * with the signal's reason.
   */
  copy(source: string | StreamSource, target: string, options: CopyOptions = {}): CopyTask {
    return new CopyTask(() => {
      const taken = takeOptions<CopyOptions>('options', options, copyChecks, copyHints);
      requireAtomic(taken);
      const input = inputOf(source, taken);
      const run = { ...taken, input: input?.form };
      const from = input?.form === 'content' ? STREAM : (source as string);
      return { options: taken, input, prepare: async () => this.workOn(from, target, run, (path) => path) };
    });
  }

  /**
   * Returns the work of a copy, for a task to run. The host stays open until the work ends.
   *
   * @param pathOf returns the caller's name for a guest path
   *
   * @internal
   */
  workOn(source: string, target: string, options: RunOptions, pathOf: (path: string) => string): Work {
    requirePath('source', source);
    requirePath('target', target);
    this.#lifetime.enter();
    let leaveExit = () => {};
    let use: Use | undefined;
    const isStream = options.input === 'content';
    return {
      begin: async (measure) => {
        use = await this.#components.take(options.recursive ?? false);
        const job = await this.#begin(use.component, source, target, options, measure);
        leaveExit = atExit(() => job.dropAtExit());
        return job;
      },
      requireOpen: () => this.#lifetime.requireOpen(),
      prepareStep: () => {
        this.#aids.modes.start(isStream || (options.preserveMode ?? true));
        if (isStream) {
          // As if there were a source with these permissions. So the copy is private until it is complete.
          this.#aids.modes.noteFileOpened(options.mode ?? NEW_FILE & ~process.umask());
        }
        this.#aids.durability.syncDirectories = options.sync ?? false;
      },
      rest,
      restIfDue,
      unlessClosed: (promise) => unlessAborted(promise, this.#lifetime.closed),
      target,
      pathOf,
      end: () => {
        leaveExit();
        use?.end();
        this.#lifetime.leave();
      },
    };
  }

  async #begin(
    component: Component,
    source: string,
    target: string,
    options: RunOptions,
    measure: boolean,
  ): Promise<SandboxJob> {
    const sharing = this.#sharing;
    const jobOf = (given: ComponentOptions, made?: Made) => this.#job(component, source, target, given, made);
    requirePatterns(options, component.copier.patternFault);
    const count = await jobsFor(options, {
      canShare: sharing !== undefined,
      probe: () => jobOf({ ...toComponent(options, true), dryRun: true }),
    });
    if (sharing === undefined || count === 1) {
      return jobOf(toComponent(options, measure, options), options.made);
    }
    // Most copies are not divided, and need not load this.
    const { DividedJob } = await import('../jobs/divided-job.js');
    return new DividedJob(
      { ...sharing(), source, target, options, measure, reportEntries: options.onEntry !== undefined },
      count,
      (shard) => jobOf(toComponent({ ...options, shard }, measure)),
    );
  }

  /** Makes a job in this thread. */
  #job(
    component: Component,
    source: string,
    target: string,
    options: ComponentOptions,
    made?: Made,
  ): SandboxJob {
    const [preopens, dataRanges] = [this.#preopens, this.#dataRanges];
    const copy = { source, target, preopens, modes: this.#aids.modes, dataRanges, made };
    const knowsRanges = dataRanges !== undefined;
    const all = { ...options, knowsRanges, ...(made && { made: made.numbers }) };
    return new OwnJob(copy, () => new component.copier.CopyJob(source, target, all));
  }

  /**
   * Removes the temporary files that killed copies left in a directory and below it.
   *
   * No copy may run there at the same time, because its temporary files look the same and would be removed. Cleaning is
   * synchronous.
   *
   * @param directory a guest path
   * @param options how to clean
   * @returns how many files were removed; in a dry run, how many would be
   * @throws {CleanError} if something failed, with guest paths; an Error with the code `ERR_MAPCP_CLOSED` if the
   * sandbox is closed; a TypeError if an argument is wrong
   */
  clean(directory: string, options: CleanOptions = {}): number {
    return countOf(this.cleanAll(directory, options), (path) => path);
  }

  /**
   * Does the same as {@link Sandbox.clean}. Returns what was done and what failed, with guest paths.
   *
   * @internal
   */
  cleanAll(directory: string, options: CleanOptions): CleanReport {
    requirePath('directory', directory);
    const { dryRun = false } = takeOptions<CleanOptions>('options', options, cleanChecks);
    this.#lifetime.requireOpen();
    // Read-only directories can be removed only if the host knows their modes.
    this.#aids.modes.start(true);
    try {
      return this.#components.first.copier.clean(directory, dryRun);
    } catch (error) {
      const componentError = componentErrorOf(error);
      throw componentError === undefined ? error : cleanErrorOf(componentError, (path) => path);
    }
  }

  /**
   * Closes the sandbox. Running copies fail and leave no temporary files; then the directories are closed. If a sandbox
   * is garbage-collected without this call, it is closed with a warning.
   */
  close(): void {
    forgotten.unregister(this);
    this.#lifetime.close();
  }

  /** The same as {@link Sandbox.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens directories, and starts a component that can reach nothing else.
 *
 * This takes a few milliseconds. Before Node 26, V8 also leaks a few kilobytes each time. So use one sandbox for many
 * copies.
 *
 * @param preopens the directories, such as `{ '/in': { path: 'uploads', access: 'read' } }`; a path can be a `file:` URL
 * @param options how the sandbox is confined
 * @returns the sandbox, which the caller must close
 * @throws the error of `fs` if a directory cannot be opened; a TypeError that names the argument or option that is
 * wrong
 * @example
 * ```ts
 * import { openSandbox } from 'mapcp';
 *
 * using box = await openSandbox({
 *   '/in': { path: 'uploads', access: 'read' },
 *   '/out': { path: 'data', access: 'read-write' },
 * });
 * await box.copy('/in/report.pdf', '/out/report.pdf');
 * ```
 */
export async function openSandbox(
  preopens: Preopens<string | URL>,
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const directories = takePreopens('preopens', preopens) as Preopens;
  const taken = takeOptions<SandboxOptions>('options', options, sandboxChecks);
  const aids = newAids();
  const { host, sharing } = await hostFor(directories, taken, aids);
  try {
    return new Sandbox(directories, host, await instantiateComponent(host.imports), aids, sharing);
  } catch (error) {
    host.close?.();
    throw error;
  }
}

/** @internal */
export function newAids(): Aids {
  return { modes: new ModeCarrier(), durability: { syncDirectories: false } };
}

async function hostFor(
  preopens: Preopens,
  options: SandboxOptions,
  aids: Aids,
): Promise<{ host: SandboxHost; sharing?: Sharing }> {
  if (options.host !== undefined) {
    const host = await options.host(preopens);
    const isHost = typeof host === 'object' && host !== null && typeof host.imports === 'object';
    requireThat(isHost, 'the result of options.host', 'a host, such as { imports }', host);
    return { host };
  }
  const host = await createHost(hostOptions(preopens, options, aids));
  return { host, sharing: sharingOf(host, options) };
}

/** @internal */
export function sharingOf(host: Host, { confinement }: SandboxOptions): Sharing {
  return () => ({ preopens: host.preopens(), confinement });
}

/** @internal */
export function hostOptions(
  preopens: Preopens,
  { confinement, allowOverlap }: SandboxOptions,
  aids: Aids,
): CheckedHostOptions {
  return {
    preopens,
    // WASI's C library imports both. Names of temporary files have random numbers.
    clocks: true,
    random: true,
    absoluteLinks: true,
    escapeNames: true,
    // The engine uses the inode numbers of files that it has opened or inspected, and never those of a listing.
    listIdentities: false,
    ...aids,
    ...(confinement && { confinement }),
    ...(allowOverlap !== undefined && { allowOverlap }),
  };
}
