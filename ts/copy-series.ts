import { asFlag } from './advice.js';
import { startCopy } from './copy.js';
import { CopyError, type CopyReport } from './errors.js';
import type { Preopens } from './host/grant.js';
import type { Input } from './input.js';
import { Made } from './made.js';
import type { Amounts, CopyOptions } from './options.js';
import { confinementOfUser, lendSandbox } from './sandbox.js';
import type { CopyTask } from './task.js';

const lend = (preopens: Preopens) => lendSandbox(preopens, confinementOfUser);

/** Several copies, one after the other. */
export class CopySeries {
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
      lend,
      made: this.#made,
      input,
      alreadyCopied: this.#copied,
      spelling: asFlag,
    }));
    task.then(
      (report) => this.#count(report),
      (error: unknown) => this.#count(error instanceof CopyError ? error.report : undefined),
    );
    return task;
  }

  /** Adds what a copy has copied. */
  #count({ bytes = 0, files = 0, directories = 0 }: Partial<CopyReport> = {}): void {
    this.#copied = {
      bytes: this.#copied.bytes + BigInt(bytes),
      files: this.#copied.files + BigInt(files + directories),
    };
  }

  /** Measures a copy with a dry run, as if it were the only one. */
  measure(source: string, target: string, options: CopyOptions): CopyTask {
    return startCopy(source, target, { ...options, dryRun: true, concurrency: 1 }, () => ({ lend }));
  }
}
