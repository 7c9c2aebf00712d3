// The worker of a sandbox. It has the component, the component's directories, and the jobs that the page steps.

import type { CopyOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import {
  type CleanReport,
  type Component,
  type ComponentError,
  type CopyJob,
  dropJob,
  type ErrorCode,
  failureOf,
  instantiateComponent,
} from '../component.js';
import type { FoundTree } from './flat-tree.js';
import { createImports } from './host.js';
import { DirectoryNode, directoryFrom, heldBy, rowsOf } from './nodes.js';
import type { Answer, Grant, Request, Requests, Stepped } from './requests.js';
import { sizesOf } from './room.js';
import { Storage } from './storage.js';
import { StorageError } from './storage-error.js';
import type { FileCall, Volume } from './volume.js';

/** A job with its source and target. */
interface Running {
  readonly job: CopyJob;
  readonly source: string;
  readonly target: string;
  /** Whether it gets input, so that nobody knows before how much it will copy. */
  readonly hasInput: boolean;
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
    this.#memory = memory;
    this.#calls = calls;
  }

  static async open(grants: readonly Grant[], memory: number, isWatched: boolean): Promise<Server> {
    const calls: FileCall[] = [];
    const watch = isWatched ? (call: FileCall) => void calls.push(call) : undefined;
    const storages = new Map<Volume, Storage>();
    const volumes = grants.map(({ name, access, from }): Volume => {
      // Not by its class, which exists only in a secure context.
      const isMemory = !('kind' in from);
      const root = isMemory ? directoryFrom(from) : new DirectoryNode();
      const volume = { name, access, root, isMemory, changed: new Set<DirectoryNode>(), watch };
      if (!isMemory) {
        storages.set(volume, new Storage(volume, from));
      }
      return volume;
    });
    const component = await instantiateComponent(createImports(volumes));
    return new Server(component, storages, volumes, memory, calls);
  }

  async begin(source: string, target: string, options: CopyOptions): Promise<number> {
    await this.#load(source, target);
    await this.#expectRoom(source, target, options);
    const id = ++this.#latest;
    this.#running.set(id, {
      job: new this.#component.copier.CopyJob(source, target, options),
      source,
      target,
      hasInput: options.input !== 'none',
    });
    return id;
  }

  async step(id: number, budget: bigint): Promise<Stepped> {
    const { job, source, target, hasInput } = this.#runningJob(id);
    const failure = await this.#tryTo(async () => {
      job.step(budget);
      if (hasInput && this.#held() > this.#memory) {
        throw outOfMemory(source, target, `this sandbox holds at most ${this.#memory} bytes in memory`);
      }
      await this.#save(source, target);
    });
    return {
      failure,
      progress: job.progress(),
      errors: job.takeErrors(),
      entries: job.takeEntries(),
      currentPath: job.currentPath(),
      calls: this.#calls.splice(0),
    };
  }

  addInput(id: number, bytes: Uint8Array): void {
    this.#runningJob(id).job.addInput(bytes);
  }

  endInput(id: number): void {
    this.#runningJob(id).job.endInput();
  }

  drop(id: number): void {
    const running = this.#running.get(id);
    if (running !== undefined) {
      this.#running.delete(id);
      dropJob(running.job);
    }
  }

  async clean(directory: string, dryRun: boolean): Promise<CleanReport> {
    await this.#load(directory, directory);
    const report = this.#component.copier.clean(directory, dryRun);
    await this.#save(directory, directory);
    return report;
  }

  async tree(name: string): Promise<FoundTree> {
    const volume = this.#volumes.find((each) => each.name === name);
    if (volume === undefined) {
      throw new TypeError(`there is no preopen '${name}'`);
    }
    await this.#load(name, name);
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

  /** Does something. Returns an error of the component's kind, and throws any other. */
  async #tryTo(act: () => Promise<void>): Promise<ComponentError | undefined> {
    try {
      await act();
      return undefined;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) {
        throw error;
      }
      return failure;
    }
  }

  /** Lists the browser's directories again, because others may have changed them. Not while a job works on them. */
  async #load(source: string, target: string): Promise<void> {
    if (this.#running.size === 0) {
      await this.#withStorages(source, target, (storage) => storage.load());
    }
  }

  async #save(source: string, target: string): Promise<void> {
    await this.#withStorages(source, target, (storage) => storage.save());
  }

  async #withStorages(source: string, target: string, act: (storage: Storage) => Promise<void>) {
    try {
      for (const storage of this.#storages.values()) {
        await act(storage);
      }
    } catch (error) {
      throw error instanceof StorageError ? new ThrownError(failureFor(error, source, target)) : error;
    }
  }

  async #expectRoom(source: string, target: string, options: CopyOptions): Promise<void> {
    const volume = this.#volumes.find(({ name }) => target === name || target.startsWith(`${name}/`));
    const isUnknown = options.dryRun || options.input !== 'none';
    const sizes = isUnknown ? undefined : sizesOf(this.#component, source, target, options);
    if (volume === undefined || sizes === undefined) {
      return;
    }
    const held = this.#held();
    // A file for a directory of the browser is in memory only until it is saved.
    const needed = volume.isMemory ? sizes.total : sizes.largest;
    if (needed > this.#memory - held) {
      const what = volume.isMemory ? 'the copy' : 'the largest file';
      const left = Math.max(0, this.#memory - held);
      throw outOfMemory(
        source,
        target,
        `${what} takes ${needed} bytes of memory, and this sandbox has ${left} left`,
      );
    }
    const room = await this.#storages.get(volume)?.room();
    if (room !== undefined && sizes.total > room) {
      const reason = `the copy has ${sizes.total} bytes, and the browser grants this page ${room} more`;
      throw new ThrownError(failure({ tag: 'quota-exceeded' }, 'accept', target, source, target, reason));
    }
  }
}

function failureFor(
  { code, operation, path, reason }: StorageError,
  source: string,
  target: string,
): ComponentError {
  // A path below the target has the same rest as its source.
  const below = path.startsWith(`${target}/`) ? path.slice(target.length) : '';
  return failure(code, operation, path, source + below, target + below, reason);
}

function outOfMemory(source: string, target: string, reason: string): ThrownError {
  return new ThrownError(failure({ tag: 'out-of-memory' }, 'accept', target, source, target, reason));
}

function failure(
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
    const failure = failureOf(error);
    return failure === undefined ? { id, error } : { id, failure };
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
