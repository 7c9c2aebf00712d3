import { closedError } from '../closed.js';
import { errorOf } from '../component.js';
import type { Answer, Request, Requests } from './requests.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

// A worker without a sandbox, kept for the next sandbox. That one then opens at once, without the network.
let idle: Connection | undefined;

/** A page's connection to the worker of a sandbox. */
export class Connection {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'mapcp' });
  readonly #waiting = new Map<number, Waiting>();
  #latest = 0;
  #hasFailed = false;

  /** Returns a connection to a worker that has no sandbox yet. */
  static open(): Connection {
    const connection = idle ?? new Connection();
    idle = undefined;
    return connection;
  }

  private constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.#receive(data));
    this.#worker.addEventListener('error', ({ message }) => {
      this.#hasFailed = true;
      this.#fail(new Error(`the worker of the sandbox has failed: ${message || 'it could not be loaded'}`));
    });
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
    return new Promise((resolve, reject) => {
      const id = ++this.#latest;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const request: Request<Name> = { id, name, parameters };
      this.#worker.postMessage(request);
    });
  }

  /** Closes the sandbox. The worker is kept for another one, or ended if one is kept already. */
  close(): void {
    if (this.#hasFailed || idle !== undefined) {
      this.#worker.terminate();
      this.#fail(closedError());
      return;
    }
    idle = this;
    this.ask('close').catch(() => {});
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) {
      waiting?.reject(errorOf(answer.failure));
    } else if ('error' in answer) {
      waiting?.reject(answer.error);
    } else {
      waiting?.resolve(answer.value);
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
