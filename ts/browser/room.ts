// Measures a copy before it starts, to find out whether there is room for it.

import type { CopyOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import { type Component, type CopyJob, dropJob } from '../jobs/component.js';
import type { Storage } from './storage.js';

/** A dry run that measures what a copy will make. */
export class Measuring {
  readonly #job: CopyJob;
  /** How many bytes the copy will make; undefined if the dry run failed. Then the copy will report the error itself. */
  total: number | undefined = 0;
  /** How many more bytes the browser lets the page store; undefined if that is unknown. Asked for meanwhile. */
  readonly room: Promise<number | undefined> | undefined;

  /**
   * @param component makes the dry run
   * @param source the source of the copy
   * @param target its target
   * @param options its options
   * @param storage the storage that gets the copy; undefined if the target is in memory
   */
  constructor(
    { copier }: Component,
    source: string,
    target: string,
    options: CopyOptions,
    storage: Storage | undefined,
  ) {
    this.room = storage?.room();
    // Reported when the dry run is done, if it is not aborted before.
    this.room?.catch(() => {});
    const dry = { ...options, dryRun: true, measure: false, reportEntries: false };
    this.#job = new copier.CopyJob(source, target, dry);
  }

  /** Measures one entry. Returns whether it was the last. */
  step(): boolean {
    try {
      const { bytesInPlace, done } = this.#job.step(0n);
      this.total = Number(bytesInPlace);
      return done;
    } catch {
      this.total = undefined;
      return true;
    }
  }

  /** Ends it. */
  end(): void {
    dropJob(this.#job);
  }
}
