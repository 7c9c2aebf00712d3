import type { CopyOptions, CopyReport } from 'mapcp';

/** What is to be copied, by paths below a directory. */
export interface Request {
  readonly directory: string;
  readonly source: string;
  readonly target: string;
  readonly options: CopyOptions;
}

/** A problem as a front tells it. */
export interface Told {
  readonly code: string;
  readonly message: string;
}

/** How a copy through a front ended. */
export interface Outcome {
  readonly error: Told | undefined;
  readonly failures: readonly Told[];
  readonly warnings: readonly Told[];
  /** What the front reports of its work, where that came to its end. */
  readonly counts: Partial<CopyReport> | undefined;
}
