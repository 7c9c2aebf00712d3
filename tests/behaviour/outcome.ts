import type { CopyOptions, CopyReport } from 'mapcp';

/** A source and a target, by paths below a directory. */
export interface Request {
  readonly directory: string;
  readonly source: string;
  readonly target: string;
  readonly options: CopyOptions;
  /** The content of the source, if that is a stream. */
  readonly stream?: string | undefined;
}

/** An error as a frontend reports it. */
export interface Told {
  readonly code: string;
  readonly message: string;
}

/** How a copy through a frontend ended. */
export interface Outcome {
  readonly error: Told | undefined;
  readonly errors: readonly Told[];
  readonly warnings: readonly Told[];
  /** The frontend's report, if the copy came to its end. */
  readonly counts: Partial<CopyReport> | undefined;
}
