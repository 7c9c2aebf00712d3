// A job in this thread, with what our own host knows of it and no component can say, since WASI has no words for it: what
// could not be given its permissions, and that descriptors have run out.

import {
  type CopyJob,
  dropJob,
  type Entry,
  type ErrorCode,
  errorOf,
  type Failure,
  failureOf,
  type Progress,
} from './component.js';
import { takeDenial, takeNativeCode } from './host/error-code.js';
import type { ModeCarrier, Refusals } from './host/modes.js';
import type { Made } from './made.js';
import type { SandboxJob } from './sandbox.js';
import { reasonOfCode } from './system-error.js';

/** What a job copies. */
export interface OwnCopy {
  /** The guest path of the source. */
  readonly source: string;
  /** The guest path of the target. */
  readonly target: string;
  /** What carries the permissions. */
  readonly modes: ModeCarrier;
  /** What the copies of the same command have made, if they may meet. */
  readonly made: Made | undefined;
}

/** The component's codes for those with which file systems refuse permissions; `unsupported` is for all others. */
const codes: Readonly<Record<string, ErrorCode['tag']>> = {
  EACCES: 'access-denied',
  ERR_ACCESS_DENIED: 'access-denied',
  EIO: 'io',
  EPERM: 'not-permitted',
  EROFS: 'read-only-file-system',
};

/** A job of the component's, in this thread. */
export class OwnJob implements SandboxJob {
  readonly #copy: OwnCopy;
  readonly #job: CopyJob;
  #isOver = false;
  #lacksDescriptors = false;
  #denial: string | undefined;
  #refused: Refusals | undefined;

  /** Makes the job by `make`. Throws what that throws. */
  constructor(copy: OwnCopy, make: () => CopyJob) {
    this.#copy = copy;
    this.#job = this.#work(make);
  }

  step(budget: bigint): Progress {
    const progress = this.#work(() => this.#job.step(budget));
    this.#isOver = progress.done;
    return progress;
  }

  progress(): Progress {
    return this.#job.progress();
  }

  currentPath(): string {
    return this.#job.currentPath();
  }

  takeProblems(): readonly Failure[] {
    // Taken after each step as well, and never of a component that has trapped.
    this.#copy.made?.add(this.#job.takeMade());
    const problems = this.#job.takeProblems().map((problem) => this.#explained(problem));
    return this.#isOver ? [...problems, ...this.#takeRefused()] : problems;
  }

  takeEntries(): readonly Entry[] {
    return this.#job.takeEntries();
  }

  drop(): void {
    dropJob(this.#job);
  }

  dropAtExit(): void {
    this.drop();
  }

  /** Has the component work. What it reports as its error is thrown as the host knows it. */
  #work<T>(act: () => T): T {
    try {
      return this.#listen(act);
    } catch (error) {
      this.#isOver = true;
      const failure = failureOf(error);
      throw failure === undefined ? error : errorOf(this.#explained(failure));
    }
  }

  /** Takes what the host has to say of what `act` does. */
  #listen<T>(act: () => T): T {
    const { modes } = this.#copy;
    // What others have left: all copies of a sandbox share a host, and all hosts of a thread the codes.
    takeNativeCode();
    takeDenial();
    modes.takeRefusals();
    try {
      return act();
    } finally {
      this.#lacksDescriptors = ['EMFILE', 'ENFILE'].includes(takeNativeCode() ?? '');
      this.#denial = takeDenial();
      const refused = modes.takeRefusals();
      if (refused !== undefined) {
        const { count, ...first } = this.#refused ?? { ...refused, count: 0 };
        this.#refused = { ...first, count: count + refused.count };
      }
    }
  }

  /** The same error with what WASI could not say of it. */
  #explained(failure: Failure): Failure {
    const { code } = failure;
    if (code.tag === 'access-denied' && this.#denial !== undefined) {
      return { ...failure, reason: this.#denial };
    }
    return code.tag === 'out-of-memory' && this.#lacksDescriptors
      ? { ...failure, code: { tag: 'too-many-open-files' }, reason: reasonOfCode('EMFILE') }
      : failure;
  }

  /** One warning for all that could not be given its permissions: on such a file system that is everything. */
  #takeRefused(): readonly Failure[] {
    const { source, target } = this.#copy;
    const refused = this.#refused;
    this.#refused = undefined;
    if (refused === undefined) {
      return [];
    }
    const { path, code, count } = refused;
    const others = count === 1 ? '' : `; nor those of ${count - 1} more`;
    return [
      {
        outcome: 'copied',
        code: { tag: codes[code] ?? 'unsupported' } as ErrorCode,
        operation: 'set-permissions',
        path,
        source: path.startsWith(`${target}/`) ? source + path.slice(target.length) : source,
        target: path,
        reason: reasonOfCode(code) + others,
      },
    ];
  }
}
