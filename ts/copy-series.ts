import { asFlag } from './advice.js';
import { type LentSandbox, startCopy } from './copy.js';
import { Made } from './made.js';
import type { CopyOptions } from './options.js';
import { openSandbox, type Preopens, type Sandbox } from './sandbox.js';
import type { CopyTask } from './task.js';

/** The maximum number of open sandboxes. Each holds two descriptors and the memory of a component. */
const MOST_SANDBOXES = 8;

/**
 * Several copies, one after the other. Those between the same two directories share a sandbox, because opening one
 * takes longer than copying a small file.
 */
export class CopySeries implements Disposable {
  /** The open sandboxes by their directories. The last one was used last. */
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #made: Made | undefined;

  /** @param mayMeet whether a copy can find targets that another one made, which it must not replace */
  constructor(mayMeet: boolean) {
    this.#made = mayMeet ? new Made() : undefined;
  }

  /** Copies as `copy` of the API does. The previous copy must have ended. */
  copy(source: string, target: string, options: CopyOptions): CopyTask {
    return startCopy(source, target, options, () => ({
      lend: (preopens) => this.#lend(preopens),
      made: this.#made,
      spelling: asFlag,
    }));
  }

  /** Measures a copy with a dry run, as if it were the only one. */
  measure(source: string, target: string, options: CopyOptions): CopyTask {
    const alone = { ...options, dryRun: true, concurrency: 1 };
    return startCopy(source, target, alone, () => ({ lend: (preopens) => this.#lend(preopens) }));
  }

  /** Closes the sandboxes. */
  close(): void {
    for (const sandbox of this.#sandboxes.values()) {
      sandbox.close();
    }
    this.#sandboxes.clear();
  }

  /** The same as {@link CopySeries.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #lend(preopens: Preopens): Promise<LentSandbox> {
    const key = JSON.stringify(preopens);
    const sandbox = this.#sandboxes.get(key) ?? (await openSandbox(preopens, { allowOverlap: true }));
    this.#sandboxes.delete(key);
    this.#sandboxes.set(key, sandbox);
    const [[oldestKey = '', oldest] = []] = this.#sandboxes;
    if (this.#sandboxes.size > MOST_SANDBOXES) {
      this.#sandboxes.delete(oldestKey);
      oldest?.close();
    }
    return { sandbox, giveBack: () => {} };
  }
}
