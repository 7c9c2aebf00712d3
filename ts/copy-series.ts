import { asFlag } from './advice.js';
import { startCopy } from './copy.js';
import type { Preopens } from './host/grant.js';
import type { Input } from './input.js';
import { Made } from './made.js';
import type { CopyOptions } from './options.js';
import { confinementOfUser, lendSandbox } from './sandbox.js';
import type { CopyTask } from './task.js';

const lend = (preopens: Preopens) => lendSandbox(preopens, confinementOfUser);

/** Several copies, one after the other. */
export class CopySeries {
  readonly #made: Made | undefined;

  /** @param mayMeet whether a copy can find targets that another one made, which it must not replace */
  constructor(mayMeet: boolean) {
    this.#made = mayMeet ? new Made() : undefined;
  }

  /** Copies as `copy` of the API does, perhaps with input. The previous copy must have ended. */
  copy(source: string, target: string, options: CopyOptions, input?: Input): CopyTask {
    return startCopy(source, target, options, () => ({ lend, made: this.#made, input, spelling: asFlag }));
  }

  /** Measures a copy with a dry run, as if it were the only one. */
  measure(source: string, target: string, options: CopyOptions): CopyTask {
    return startCopy(source, target, { ...options, dryRun: true, concurrency: 1 }, () => ({ lend }));
  }
}
