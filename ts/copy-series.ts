import { asFlag } from './advice.js';
import { type LentSandbox, startCopy } from './copy.js';
import { Made } from './made.js';
import type { CopyOptions } from './options.js';
import { openSandbox, type Preopens, type Sandbox } from './sandbox.js';
import type { CopyTask } from './task.js';

/** The maximum of open sandboxes. Each holds two descriptors and the memory of a component. */
const MOST_SANDBOXES = 8;

/**
 * Copies, one after the other, of which those between the same two directories share a sandbox: opening one takes longer
 * than copying a small file.
 */
export class CopySeries implements Disposable {
  /** The open sandboxes by their directories. The one that was used last is at the end. */
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #made: Made | undefined;

  /** @param mayMeet whether a copy may meet what another one has made, which it must not replace */
  constructor(mayMeet: boolean) {
    this.#made = mayMeet ? new Made() : undefined;
  }

  /** The same as `copy` of the API. The copy before it must be over. */
  copy(source: string, target: string, options: CopyOptions): CopyTask {
    return startCopy(source, target, options, () => ({
      lend: (preopens) => this.#lend(preopens),
      made: this.#made,
      spelling: asFlag,
    }));
  }

  /** The same as {@link CopySeries.copy} in a dry run, as if it were the only copy. */
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
