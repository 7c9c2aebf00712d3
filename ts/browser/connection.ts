import { closedError } from '../common/closed.js';
import { errorOf } from '../jobs/component.js';
import { NOT_LOADED } from './defaults.js';
import { makeWorker } from './make-worker.js';
import { type Answer, READY, type Request, type Requests } from './requests.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

// A worker without a sandbox, kept for the next sandbox. That one then opens at once, without the network.
let idle: Connection | undefined;

/** A page's connection to the worker of a sandbox. */
export class Connection {
  readonly #worker: Worker;
  readonly #isOwn: boolean;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when the worker can receive messages. Earlier ones would be lost if it loads its code asynchronously. */
  readonly #ready = this.#answerTo(READY);
  #latest = READY;
  #failed: Error | undefined;
  /** Whether no other sandbox must get the worker. */
  #isSuspect = false;

  /**
   * Returns a connection to a worker that has no sandbox yet.
   *
   * @param make makes the worker. By default, the worker is the file beside this one
   * @throws as {@link makeWorker} does
   */
  static open(make?: () => Worker): Connection {
    const connection = make === undefined ? idle : undefined;
    if (connection !== undefined) {
      idle = undefined;
      return connection;
    }
    return new Connection(makeWorker(make, ownWorker), make === undefined);
  }

  private constructor(worker: Worker, isOwn: boolean) {
    this.#worker = worker;
    this.#isOwn = isOwn;
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.#receive(data));
    worker.addEventListener('messageerror', () => this.#break('a message from it cannot be read'));
    worker.addEventListener('error', ({ message }) => this.#break(message || NOT_LOADED));
    // Each request reports the error.
    this.#ready.catch(() => {});
  }

  /**
   * Sends the worker a request.
   *
   * @returns its answer. Rejects if the worker fails. If the component failed, the error has that as its `payload`.
   */
  ask<Name extends keyof Requests>(
    name: Name,
    ...parameters: Parameters<Requests[Name]>
  ): Promise<ReturnType<Requests[Name]>> {
    return this.give([], name, ...parameters);
  }

  /** The same as {@link Connection.ask}. The page can then no longer use the given buffers. */
  async give<Name extends keyof Requests>(
    buffers: ArrayBuffer[],
    name: Name,
    ...parameters: Parameters<Requests[Name]>
  ): Promise<ReturnType<Requests[Name]>> {
    if (this.#failed !== undefined) {
      throw this.#failed;
    }
    const id = ++this.#latest;
    const request: Request<Name> = { id, name, parameters };
    await this.#ready;
    this.#worker.postMessage(request, buffers);
    return this.#answerTo(id) as Promise<ReturnType<Requests[Name]>>;
  }

  /** Closes the sandbox. The worker is kept for another one, or ended if it is broken or if one is kept already. */
  close(): void {
    if (!this.#isOwn || this.#isSuspect || idle !== undefined) {
      this.#worker.terminate();
      this.#fail(closedError());
      return;
    }
    idle = this;
    this.ask('close').catch(() => {});
  }

  #answerTo(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('componentError' in answer) {
      waiting?.reject(errorOf(answer.componentError));
    } else if ('error' in answer) {
      // The component or its host may be in any state.
      this.#isSuspect = true;
      waiting?.reject(answer.error);
    } else {
      waiting?.resolve(answer.value);
    }
  }

  #break(reason: string): void {
    this.#failed = new Error(`the worker of the sandbox has failed: ${reason}`);
    this.#isSuspect = true;
    if (idle === this) {
      idle = undefined;
    }
    this.#fail(this.#failed);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}

// Bundlers look for this expression.
function ownWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'mapcp' });
}
