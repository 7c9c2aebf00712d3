import type { Operation } from '#bindings/interfaces/mapcp-copy-copier.js';
import { StorageError } from './storage-error.js';

// More calls at a time make the browser no faster.
const MOST = 32;

/** Returns a text that is the same for all names that a file system may take for one. */
export function folded(name: string): string {
  return name.normalize('NFKD').toUpperCase().toLowerCase();
}

/** Calls an asynchronous function for each item, several at a time. */
export async function inParallel<T>(items: Iterable<T>, act: (item: T) => Promise<unknown>): Promise<void> {
  const left = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: MOST }, async () => {
      for (let next = left.next(); !next.done; next = left.next()) {
        await act(next.value);
      }
    }),
  );
}

/** Changes of the browser's storage that happen in the background, several at a time. */
export class Tasks {
  readonly #running = new Map<string, Promise<void>>();
  #error: StorageError | undefined;

  /**
   * Begins a change at a path, after an earlier one at the same path, or at one that a file system may take for it.
   *
   * @param failed called if the change fails
   */
  add(path: string, operation: Operation, act: () => Promise<unknown>, failed = () => {}): void {
    const key = folded(path);
    const earlier = this.#running.get(key);
    const task = (earlier ?? Promise.resolve())
      .then(act)
      .catch((error: unknown) => {
        this.#error ??= StorageError.from(error, operation, path);
        failed();
      })
      .then(() => {
        if (this.#running.get(key) === task) {
          this.#running.delete(key);
        }
      });
    this.#running.set(key, task);
  }

  /**
   * Waits until others can begin.
   *
   * @param isFull whether all must end first
   * @throws {StorageError} if one has failed. Then none is running any more
   */
  async makeRoom(isFull: boolean): Promise<void> {
    while (this.#running.size >= MOST && !isFull && this.#error === undefined) {
      await Promise.race(this.#running.values());
    }
    if (isFull || this.#error !== undefined) {
      await this.settle();
    }
  }

  /**
   * Waits until all have ended.
   *
   * @throws {StorageError} the first error since the last call
   */
  async settle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all(this.#running.values());
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) {
      throw error;
    }
  }
}
