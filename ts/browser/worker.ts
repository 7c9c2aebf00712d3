// The worker of a sandbox. It has the component, the component's directories, and the jobs that the page steps.

import type { CopyOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import { UNREADABLE } from '../common/errors.js';
import { namesBelow } from '../common/guest-path.js';
import { requirePatterns } from '../common/patterns.js';
import { reasonOfPreopens } from '../common/preopen-reasons.js';
import {
  type CleanReport,
  type Component,
  type ComponentError,
  type CopyJob,
  componentErrorOf,
  dropJob,
  type ErrorCode,
  instantiateComponent,
  type Progress,
} from '../jobs/component.js';
import type { FoundTree } from './flat-tree.js';
import { createImports } from './host.js';
import { Loader } from './loader.js';
import { DirectoryNode, directoryFrom, heldBy, nodesIn, rowsOf } from './nodes.js';
import { PathList } from './path-list.js';
import { whyForbidden } from './policy.js';
import { type Answer, type Grant, READY, type Request, type Requests, type Stepped } from './requests.js';
import { Measuring } from './room.js';
import { type Lost, type Saving, Storage } from './storage.js';
import { StorageError } from './storage-error.js';
import { type FileCall, Volume } from './volume.js';

/** How long a step lasts, in milliseconds. Meanwhile a copy cannot be aborted. */
const SLICE = 30;

/** A job with its source and target. */
interface Running {
  readonly job: CopyJob;
  readonly source: string;
  readonly target: string;
  /** The listed paths, if the job gets a list. */
  readonly list: PathList | undefined;
  /** Whether the job gets a list or a stream. Then the size of the copy is unknown before its end. */
  readonly hasInput: boolean;
  /** Whether its source or target is in the browser's storage. */
  readonly usesStorage: boolean;
  /** Whether it waits for its input, and others can change the browser's storage. */
  isPaused: boolean;
  /** Whether each step must report what is in place. */
  readonly isReported: boolean;
  /** Whether the browser need not read a file before it is complete. */
  readonly canStream: boolean;
  /** Finds out whether there is room for the copy; undefined afterwards. */
  measuring: Measuring | undefined;
  /** What the next step must wait for. */
  waiting: Promise<void> | undefined;
  /** Whether that changes the browser's storage. */
  isSaving: boolean;
  /** The target of the entry that it works on. */
  entry: string;
  /** What it has finished, and the browser did not store. */
  readonly lost: Lost[];
  progress: Progress;
  /** The progress of a job that is done. Its changes may not be saved yet. */
  finished: Progress | undefined;
}

/** An error that is found here, in the form of the component's errors. */
class ThrownError extends Error {
  readonly payload: ComponentError;

  constructor(payload: ComponentError) {
    super(payload.reason);
    this.payload = payload;
  }
}

/** A sandbox, which answers the requests. */
class Server {
  readonly #component: Component;
  readonly #volumes: readonly Volume[];
  readonly #storages: ReadonlyMap<Volume, Storage>;
  readonly #loader: Loader;
  readonly #memory: number;
  readonly #calls: FileCall[];
  readonly #running = new Map<number, Running>();
  #latest = 0;

  private constructor(
    component: Component,
    storages: ReadonlyMap<Volume, Storage>,
    volumes: readonly Volume[],
    memory: number,
    calls: FileCall[],
  ) {
    this.#component = component;
    this.#storages = storages;
    this.#volumes = volumes;
    this.#loader = new Loader(volumes, storages);
    this.#memory = memory;
    this.#calls = calls;
  }

  static async open(grants: readonly Grant[], memory: number, isWatched: boolean): Promise<Server> {
    const calls: FileCall[] = [];
    const watch = isWatched ? (call: FileCall) => void calls.push(call) : undefined;
    const storages = new Map<Volume, Storage>();
    const volumes: Volume[] = [];
    for (const { name, access, from } of grants) {
      // Not by its class, which exists only in a secure context.
      const isMemory = !('kind' in from);
      const root = isMemory ? directoryFrom(from) : new DirectoryNode();
      const volume = new Volume(name, root, access, isMemory, watch);
      volumes.push(volume);
      if (!isMemory) {
        storages.set(volume, new Storage(volume, from, volumes));
      }
    }
    const component = await instantiateComponent(createImports(volumes)).catch((error: unknown) => {
      const why = whyForbidden();
      throw why === undefined ? error : new Error(`the component cannot be compiled: ${why}`);
    });
    return new Server(component, storages, volumes, memory, calls);
  }

  async begin(source: string, target: string, options: CopyOptions): Promise<number> {
    requirePatterns(options, this.#component.copier.patternFault);
    const usesStorage = [source, target].some((path) => this.#volumeOf(path)?.isMemory === false);
    await (usesStorage && this.#load(source, target));
    const id = ++this.#latest;
    const job = new this.#component.copier.CopyJob(source, target, options);
    const isMeasured = !options.dryRun && options.input === 'none';
    const volume = isMeasured ? this.#volumeOf(target) : undefined;
    this.#running.set(id, {
      job,
      source,
      target,
      list: listFor(options.input),
      hasInput: options.input !== 'none',
      usesStorage,
      isPaused: false,
      isReported: options.reportEntries,
      canStream: !options.verify,
      measuring:
        volume && new Measuring(this.#component, source, target, options, this.#storages.get(volume)),
      waiting: undefined,
      isSaving: false,
      entry: plain(target),
      lost: [],
      progress: job.progress(),
      finished: undefined,
    });
    return id;
  }

  async step(id: number, isSmallest: boolean): Promise<Stepped> {
    const running = this.#runningJob(id);
    const { job, source, target, hasInput } = running;
    const componentError = await this.#tryTo(async () => {
      await this.#workOn(running, isSmallest);
      if (hasInput && this.#volumeOf(target)?.isMemory && this.#held() > this.#memory) {
        throw outOfMemory(source, target, `this sandbox holds at most ${this.#memory} bytes in memory`);
      }
      await (running.isReported && this.#save(running, true));
    });
    if (componentError !== undefined) {
      await (running.usesStorage && this.#settle());
    }
    const lostPaths = new Set(running.lost.map(({ path }) => path));
    return {
      componentError: componentError && this.#explain(componentError, running),
      progress: componentError === undefined ? running.progress : storedOf(job.progress(), running),
      errors: job.takeErrors().map((error) => this.#explain(error, running)),
      entries: job.takeEntries().filter((entry) => !lostPaths.has(plain(entry.target))),
      currentPath: job.currentPath(),
      calls: this.#calls.splice(0),
    };
  }

  async addInput(id: number, bytes: Uint8Array): Promise<void> {
    const { job, list, source, target } = this.#runningJob(id);
    for (const path of list?.add(bytes) ?? []) {
      await this.#loadPaths(`${source}/${path}`, `${target}/${path}`);
    }
    job.addInput(bytes);
  }

  async endInput(id: number): Promise<void> {
    const { job, list, source, target } = this.#runningJob(id);
    if (list !== undefined) {
      await this.#loadPaths(`${source}/${list.rest}`, `${target}/${list.rest}`);
    }
    job.endInput();
  }

  async pause(id: number): Promise<string[]> {
    const running = this.#runningJob(id);
    this.#wait(running, this.#save(running, true));
    running.isSaving = true;
    await running.waiting?.catch(() => {});
    running.isPaused = true;
    const changed = this.#volumes.flatMap((volume) => [...volume.changed.values()]);
    return changed.flatMap((names) => [...names].filter(isTemporaryName));
  }

  async resume(id: number): Promise<void> {
    const running = this.#runningJob(id);
    const { source, target, waiting } = running;
    this.#wait(
      running,
      waiting?.then(() => this.#load(source, target)),
    );
    await running.waiting?.catch(() => {});
    running.isPaused = false;
  }

  stop(id: number): boolean {
    return this.#runningJob(id).job.stop();
  }

  async drop(id: number): Promise<void> {
    const running = this.#running.get(id);
    if (running === undefined) {
      return;
    }
    this.#running.delete(id);
    running.measuring?.end();
    dropJob(running.job);
    // The copy has ended with another error, or was aborted.
    const ignore = () => {};
    await (running.isSaving && running.waiting?.catch(ignore));
    // If another job saves, it also saves this change. Otherwise this one could get the other's errors.
    if (!running.isPaused || this.#isStorageFree) {
      await this.#save(running, true).catch(ignore);
    }
  }

  async clean(directory: string, dryRun: boolean, except: readonly string[]): Promise<CleanReport> {
    await this.#load(directory, directory);
    // The component removes all of them in one call.
    await Promise.all([...this.#storages.values()].map((storage) => storage.loadAll(isTemporaryName)));
    const show = hide(this.#volumes, new Set(except));
    let report: CleanReport;
    try {
      report = this.#component.copier.clean(directory, dryRun);
    } finally {
      show();
    }
    await this.#withStorages(directory, directory, async (storage) => {
      await storage.save({ canStream: false, entry: undefined, lost: [] });
      await storage.settle();
    });
    return report;
  }

  tree(name: string): FoundTree {
    const volume = this.#volumes.find((each) => each.name === name);
    if (volume === undefined) {
      throw new TypeError(`there is no preopen '${name}'`);
    }
    return rowsOf(volume.root);
  }

  /** About how many bytes of files are in memory. */
  #held(): number {
    return this.#volumes.reduce((sum, { root }) => sum + heldBy(root), 0);
  }

  #runningJob(id: number): Running {
    const running = this.#running.get(id);
    if (running === undefined) {
      throw new Error(`there is no job ${id}`);
    }
    return running;
  }

  /** Works on a job until a slice of time is over, it is done, or its smallest step is done. */
  async #workOn(running: Running, isSmallest: boolean): Promise<void> {
    const end = performance.now() + SLICE;
    let late: Promise<boolean> | undefined;
    let isStepped = false;
    do {
      if (running.waiting !== undefined) {
        late ??= new Promise((resolve) => setTimeout(resolve, end - performance.now(), true));
        if (await Promise.race([running.waiting, late])) {
          return;
        }
      }
      if (running.finished !== undefined) {
        running.progress = running.finished;
        return;
      }
      this.#wait(running, this.#loader.prepare(running.measuring === undefined));
      running.isSaving = false;
      if (running.waiting === undefined) {
        this.#advance(running);
        isStepped = running.measuring === undefined;
      }
    } while (performance.now() < end && !running.progress.waits && !(isSmallest && isStepped));
  }

  /** Does the smallest step. */
  #advance(running: Running): void {
    const { job, source, target, measuring } = running;
    if (measuring !== undefined) {
      if (measuring.step()) {
        this.#wait(running, this.#expectRoom(running, measuring));
        running.measuring = undefined;
        measuring.end();
      }
      return;
    }
    const progress = job.step(0n);
    const isDue = progress.done || [...this.#storages.values()].some((storage) => storage.isDue);
    if (isDue) {
      running.entry = plain(joined(target, below(source, job.currentPath()) ?? ''));
    }
    running.isSaving = true;
    if (progress.done) {
      running.finished = progress;
    } else {
      running.progress = progress;
    }
    this.#wait(running, isDue ? this.#save(running, progress.done) : undefined);
  }

  /** Makes the next step wait for something. */
  #wait(running: Running, waiting: Promise<void> | undefined): void {
    running.waiting = waiting;
    // The next step reports the error. There is none if the copy is aborted.
    waiting?.catch(() => {});
  }

  /** Does something. Returns an error of the component's kind, and throws any other. */
  async #tryTo(act: () => Promise<void>): Promise<ComponentError | undefined> {
    try {
      await act();
      return undefined;
    } catch (error) {
      const componentError = componentErrorOf(error);
      if (componentError === undefined) {
        throw error;
      }
      return componentError;
    }
  }

  /** Adds what the component does not know: why a file could not be read, and what the sandbox has. */
  #explain(error: ComponentError, { source, target }: Running): ComponentError {
    const { code, operation, path } = error;
    const isUnreadable = this.#volumes.some(({ unreadable }) => unreadable.has(path));
    if (isUnreadable && code.tag === 'io') {
      return { ...error, reason: UNREADABLE };
    }
    if (code.tag === 'not-directory' && operation === 'open' && this.#volumeOf(path)?.isMemory === false) {
      // The component advises what to do if it is a link, and a directory of the browser has none.
      return { ...error, reason: 'not a directory' };
    }
    const preopens = Object.fromEntries(this.#volumes.map((volume) => [volume.name, volume]));
    const reason = reasonOfPreopens(error, preopens, source, target);
    return reason === undefined ? error : { ...error, reason };
  }

  /** Whether no job uses the browser's storage, except jobs that wait for their input. */
  get #isStorageFree(): boolean {
    return [...this.#running.values()].every(({ usesStorage, isPaused }) => isPaused || !usesStorage);
  }

  /** Loads what is on two paths again, because others may have changed it. Not while a job works on it. */
  async #load(source: string, target: string): Promise<void> {
    if (this.#running.size === 0) {
      for (const { unreadable } of this.#volumes) {
        unreadable.clear();
      }
    }
    if (this.#isStorageFree) {
      await this.#withStorages(source, target, (storage) => storage.reset());
    }
    await this.#loadPaths(source, target);
  }

  async #loadPaths(source: string, target: string): Promise<void> {
    await this.#withStorages(source, target, async (storage, { name }) => {
      for (const names of [namesBelow(name, source), namesBelow(name, target)]) {
        await (names && storage.loadPath(names));
      }
    });
  }

  /** Saves what has changed; everything, or only what is complete, in the background. */
  async #save(running: Running, isEnd: boolean): Promise<void> {
    const { source, target, canStream, entry, lost } = running;
    if (!running.usesStorage) {
      return;
    }
    const how: Saving = {
      canStream: canStream && [...this.#running.values()].every((each) => each.canStream),
      entry,
      lost,
    };
    await this.#withStorages(source, target, async (storage) => {
      await storage.save(how);
      await (isEnd && storage.settle());
    });
  }

  /** Waits until nothing is being saved any more. The copy has failed already, so it needs no further error. */
  async #settle(): Promise<void> {
    for (const storage of this.#storages.values()) {
      await storage.settle().catch(() => {});
    }
  }

  async #withStorages(
    source: string,
    target: string,
    act: (storage: Storage, volume: Volume) => Promise<void>,
  ): Promise<void> {
    try {
      for (const [volume, storage] of this.#storages) {
        await act(storage, volume);
      }
    } catch (error) {
      throw error instanceof StorageError ? new ThrownError(componentErrorFor(error, source, target)) : error;
    }
  }

  #volumeOf(path: string): Volume | undefined {
    const holding = this.#volumes.filter(({ name }) => namesBelow(name, path) !== undefined);
    return holding.sort((one, other) => other.name.length - one.name.length)[0];
  }

  /** Fails if the copy does not fit. */
  async #expectRoom({ source, target }: Running, measuring: Measuring): Promise<void> {
    const { total } = measuring;
    const volume = this.#volumeOf(target);
    if (volume === undefined || total === undefined) {
      return;
    }
    if (volume.isMemory) {
      const left = Math.max(0, this.#memory - this.#held());
      if (total > left) {
        const reason = `the copy takes ${total} bytes of memory, and this sandbox has ${left} left`;
        throw outOfMemory(source, target, reason);
      }
      return;
    }
    const room = await measuring.room;
    if (room !== undefined && total > room) {
      const reason = `the copy has ${total} bytes, and the browser grants this page ${room} more`;
      throw new ThrownError(
        newComponentError({ tag: 'quota-exceeded' }, 'accept', target, source, target, reason),
      );
    }
  }
}

/** Returns an absolute path in the spelling that a directory of the browser has. It has no links. */
function plain(path: string): string {
  const names: string[] = [];
  for (const name of namesBelow('/', path) ?? []) {
    if (name === '..') {
      names.pop();
    } else {
      names.push(name);
    }
  }
  return `/${names.join('/')}`;
}

/** Returns the rest of a path below another one, such as `/a`; undefined if it is not below it. */
function below(outer: string, path: string): string | undefined {
  return namesBelow(outer, path)
    ?.map((name) => `/${name}`)
    .join('');
}

/** Returns a path with the rest of another one. */
function joined(path: string, rest: string): string {
  return rest === '' ? path : path.replace(/\/+$/, '') + rest;
}

/** Returns the progress of a job that has failed, without what the browser did not store. */
function storedOf(progress: Progress, { target, lost }: Running): Progress {
  // Directories on the way to the target do not count.
  const counted = lost.filter(({ path }) => below(plain(target), path) !== undefined);
  const files = counted.flatMap(({ bytes }) => bytes ?? []);
  const directories = progress.directories - BigInt(counted.length - files.length);
  return {
    ...progress,
    bytesInPlace: progress.bytesInPlace - files.reduce((sum, bytes) => sum + BigInt(bytes), 0n),
    filesDone: progress.filesDone - BigInt(files.length),
    // The job counts its top directory a step after it has made it.
    directories: directories < 0n ? 0n : directories,
  };
}

function listFor(input: CopyOptions['input']): PathList | undefined {
  switch (input) {
    case 'paths':
      return new PathList('\0');
    case 'lines':
      return new PathList('\n');
    default:
      return undefined;
  }
}

/** Hides entries with these names from the component. Returns a function that shows them again. */
function hide(volumes: readonly Volume[], names: ReadonlySet<string>): () => void {
  const hidden: (() => void)[] = [];
  for (const node of volumes.flatMap(({ root }) => [...nodesIn(root)])) {
    for (const [name, entry] of node.type === 'directory' ? node.entries : []) {
      if (names.has(name)) {
        (node as DirectoryNode).entries.delete(name);
        hidden.push(() => (node as DirectoryNode).entries.set(name, entry));
      }
    }
  }
  return () => {
    for (const show of hidden) {
      show();
    }
  };
}

function isTemporaryName(name: string): boolean {
  return name.startsWith('.mapcp-');
}

function componentErrorFor(
  { code, operation, path, reason }: StorageError,
  source: string,
  target: string,
): ComponentError {
  // A path below the target has the same rest as its source.
  const rest = below(plain(target), path) ?? '';
  return newComponentError(code, operation, path, joined(source, rest), joined(target, rest), reason);
}

function outOfMemory(source: string, target: string, reason: string): ThrownError {
  return new ThrownError(
    newComponentError({ tag: 'out-of-memory' }, 'accept', target, source, target, reason),
  );
}

function newComponentError(
  code: ErrorCode,
  operation: ComponentError['operation'],
  path: string,
  source: string,
  target: string,
  reason: string,
): ComponentError {
  return { outcome: 'failed', code, operation, path, source, target, reason };
}

let server: Server | undefined;

async function perform({ name, parameters }: Request): Promise<unknown> {
  if (name === 'open') {
    server = await Server.open(...(parameters as Parameters<Requests['open']>));
    return undefined;
  }
  if (name === 'close') {
    server = undefined;
    return undefined;
  }
  if (server === undefined) {
    throw new Error('the sandbox is not open yet');
  }
  const act = server[name] as (...parameters: unknown[]) => unknown;
  return act.apply(server, [...parameters]);
}

async function answer(request: Request): Promise<Answer> {
  const { id } = request;
  try {
    return { id, value: await perform(request) };
  } catch (error) {
    const componentError = componentErrorOf(error);
    return componentError === undefined ? { id, error } : { id, componentError };
  }
}

let last = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  // One after the other: each may have to wait for the browser.
  last = last.then(async () => {
    const answered = await answer(data);
    try {
      postMessage(answered);
    } catch (error) {
      // A page that gets no answer waits for ever.
      postMessage({ id: data.id, error: new Error(`the answer cannot be sent: ${error}`) });
    }
  });
});

postMessage({ id: READY, value: undefined });
