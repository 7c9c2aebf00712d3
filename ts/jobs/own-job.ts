// A job in this thread. It adds to the component's errors what only our own host knows, because WASI cannot express it:
// which permissions were refused, and that descriptors ran out.

import { posix } from 'node:path';
import { reasonOfCode } from '../api/system-error.js';
import { reasonOfPreopens } from '../common/preopen-reasons.js';
import { takeDenial, takeNativeCode } from '../host/error-code.js';
import type { Preopens } from '../host/grant.js';
import type { Host } from '../host/host.js';
import type { ModeCarrier, Refusals } from '../host/modes.js';
import type { SandboxJob } from '../task/task.js';
import {
  type ComponentError,
  type CopyJob,
  componentErrorOf,
  dropJob,
  type Entry,
  type ErrorCode,
  errorOf,
  type Progress,
} from './component.js';
import type { Made } from './made.js';

/** What a job copies. */
export interface OwnCopy {
  /** The guest path of the source. */
  readonly source: string;
  /** The guest path of the target. */
  readonly target: string;
  /** The directories of the sandbox. */
  readonly preopens: Preopens;
  /** Carries permissions from sources to targets. */
  readonly modes: ModeCarrier;
  /** See `Host.dataRanges`. Undefined if the host does not have it. */
  readonly dataRanges: Host['dataRanges'] | undefined;
  /** The targets that earlier copies of the same command made, if several copies can have the same target. */
  readonly made: Made | undefined;
}

/** The component's codes for the errors with which file systems refuse permissions. All others are `unsupported`. */
const codes: Readonly<Record<string, ErrorCode['tag']>> = {
  EACCES: 'access-denied',
  ERR_ACCESS_DENIED: 'access-denied',
  EIO: 'io',
  EPERM: 'not-permitted',
  EROFS: 'read-only-file-system',
};

/** Returns the path in the target for a path in an atomic tree, which has a temporary name until it is complete. */
function inTarget(given: string, target: string): string {
  const path = posix.normalize(given);
  const beside = posix.join(posix.dirname(target), '/');
  const [, below] =
    /^\.mapcp-[0-9a-f]{16}(?:é|e\u0301)?\.tmp((?:\/.*)?)$/.exec(path.slice(beside.length)) ?? [];
  const isTemporary = path.startsWith(beside) && below !== undefined;
  return isTemporary ? target.replace(/\/+$/, '') + below : given;
}

/** A job of the component in this thread. */
export class OwnJob implements SandboxJob {
  readonly #copy: OwnCopy;
  readonly #job: CopyJob;
  #isOver = false;
  #lacksDescriptors = false;
  #denial: string | undefined;
  #refused: Refusals | undefined;

  /** Makes the job with `make`. Throws the same errors. */
  constructor(copy: OwnCopy, make: () => CopyJob) {
    this.#copy = copy;
    this.#job = this.#work(make);
  }

  step(budget: bigint): Progress {
    const progress = this.#work(() => this.#job.step(budget));
    this.#isOver = progress.done;
    if (progress.asks !== undefined) {
      const { file, offset } = progress.asks;
      const ranges = this.#copy.dataRanges?.(file, offset);
      if (ranges !== undefined) {
        this.#job.addRanges(ranges);
      }
    }
    return progress;
  }

  progress(): Progress {
    return this.#job.progress();
  }

  currentPath(): string {
    return this.#job.currentPath();
  }

  takeErrors(): readonly ComponentError[] {
    // This is called after each step, and never after a trap. So it can ask the component for these as well.
    this.#copy.made?.add(this.#job.takeMade());
    const errors = this.#job.takeErrors().map((error) => this.#explained(error));
    return this.#isOver ? [...errors, ...this.#takeRefused()] : errors;
  }

  takeEntries(): readonly Entry[] {
    return this.#job.takeEntries();
  }

  addInput(bytes: Uint8Array): void {
    this.#job.addInput(bytes);
  }

  endInput(): void {
    this.#job.endInput();
  }

  stop(): boolean {
    return this.#job.stop();
  }

  drop(): void {
    dropJob(this.#job);
  }

  dropAtExit(): void {
    this.drop();
  }

  /** Calls the component. Adds to its errors what the host knows. */
  #work<T>(act: () => T): T {
    try {
      return this.#listen(act);
    } catch (error) {
      this.#isOver = true;
      const componentError = componentErrorOf(error);
      throw componentError === undefined ? error : errorOf(this.#explained(componentError));
    }
  }

  /** Calls `act`, and notes what the host reports about it. */
  #listen<T>(act: () => T): T {
    const { modes } = this.#copy;
    // Discards what earlier calls left: all copies of a sandbox share a host, and all hosts of a thread share the
    // codes.
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

  /** Returns the same error with what WASI could not express. */
  #explained(componentError: ComponentError): ComponentError {
    const { code } = componentError;
    if (code.tag === 'access-denied' && this.#denial !== undefined) {
      return { ...componentError, reason: this.#denial };
    }
    if (code.tag === 'out-of-memory' && this.#lacksDescriptors) {
      return { ...componentError, code: { tag: 'too-many-open-files' }, reason: reasonOfCode('EMFILE') };
    }
    const { preopens, source, target } = this.#copy;
    const reason = reasonOfPreopens(componentError, preopens, source, target);
    return reason === undefined ? componentError : { ...componentError, reason };
  }

  /** Returns one warning for all refused permissions, because such a file system refuses all of them. */
  #takeRefused(): readonly ComponentError[] {
    const { source, target } = this.#copy;
    const refused = this.#refused;
    this.#refused = undefined;
    if (refused === undefined) {
      return [];
    }
    const { code, count } = refused;
    const path = inTarget(refused.path, target);
    const others = count === 1 ? '' : `; the same for ${count - 1} more`;
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
