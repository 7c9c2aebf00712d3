import { asFlag } from '../common/advice.js';
import { CopyError, type CopyReport } from '../common/errors.js';
import type { Amounts, CopyOptions } from '../common/options.js';
import type { Preopens } from '../host/grant.js';
import { Made } from '../jobs/made.js';
import type { Input } from '../task/input.js';
import type { CopyTask } from '../task/task.js';
import { startCopy } from './copy.js';
import { confinementOfUser, type LentSandbox, lendSandbox } from './lent-sandbox.js';

/**
 * Several copies, one after the other. Those between the same two directories share a sandbox, because opening the
 * directories takes longer than copying a small file.
 */
export class CopySeries {
  /** The sandbox of the last copy, and the JSON of its directories. */
  #last: { readonly key: string; readonly lent: LentSandbox; hasFailed: boolean } | undefined;
  readonly #made: Made | undefined;
  /** What the copies so far have copied. */
  #copied: Amounts = { bytes: 0n, files: 0n };

  /** @param mayMeet whether a copy can find targets that another one made, which it must not replace */
  constructor(mayMeet: boolean) {
    this.#made = mayMeet ? new Made() : undefined;
  }

  /** Copies as `copy` of the API does, perhaps with input. The previous copy must have ended. */
  copy(source: string, target: string, options: CopyOptions, input?: Input): CopyTask {
    const task = startCopy(source, target, options, () => ({
      lend: (preopens) => this.#lend(preopens),
      made: this.#made,
      input,
      alreadyCopied: this.#copied,
      spelling: asFlag,
      streamAdvice: 'omit -r and --files-from',
    }));
    task.then(
      (report) => this.#count(report),
      (error: unknown) => this.#count(error instanceof CopyError ? error.report : undefined),
    );
    return task;
  }

  /** Adds the amounts of a copy. */
  #count({ bytes = 0, files = 0, directories = 0 }: Partial<CopyReport> = {}): void {
    this.#copied = {
      bytes: this.#copied.bytes + BigInt(bytes),
      files: this.#copied.files + BigInt(files + directories),
    };
  }

  /** Measures a copy with a dry run, as if it were the only one. */
  measure(source: string, target: string, options: CopyOptions): CopyTask {
    const alone = { ...options, dryRun: true, concurrency: 1 };
    return startCopy(source, target, alone, () => ({ lend: (preopens) => this.#lend(preopens) }));
  }

  /** Closes the sandbox. */
  close(): void {
    this.#last?.lent.giveBack(!this.#last.hasFailed);
    this.#last = undefined;
  }

  async #lend(preopens: Preopens): Promise<LentSandbox> {
    const key = JSON.stringify(preopens);
    if (this.#last?.key !== key) {
      this.close();
      this.#last = { key, lent: await lendSandbox(preopens, confinementOfUser), hasFailed: false };
    }
    const last = this.#last;
    return {
      sandbox: last.lent.sandbox,
      giveBack(succeeded) {
        last.hasFailed ||= !succeeded;
      },
    };
  }
}
