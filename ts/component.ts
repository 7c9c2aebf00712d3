import { type ImportObject, instantiate, type Root } from '#bindings';
import type { CopyError, CopyJob, Progress } from '#bindings/interfaces/mapcp-copy-copier.js';
import { isError } from './check.js';
import { dispose } from './dispose.js';
import type { Operation } from './errors.js';
import { explainInstantiation } from './instantiation.js';

export type {
  CleanReport,
  CopyJob,
  Entry,
  ErrorCode,
  Progress,
} from '#bindings/interfaces/mapcp-copy-copier.js';

/** What the component reports as its error, or our own host as a warning. */
export type Failure = Omit<CopyError, 'operation'> & { readonly operation: Operation };

/** The component's exports. */
export type Component = Root;

/** How far a job has come before its first step. */
export const NOTHING_YET: Progress = {
  done: false,
  bytesDone: 0n,
  bytesInPlace: 0n,
  filesDone: 0n,
  directories: 0n,
  skipped: 0n,
};

/**
 * A new instance of the component, with memory of its own.
 *
 * @param imports the WASI imports: all that the instance can reach
 * @throws an Error that says what to do, as {@link explainInstantiation}
 */
export async function instantiateComponent(imports: object): Promise<Component> {
  return explainInstantiation(() => instantiate(undefined, imports as ImportObject));
}

/**
 * Drops a job, which removes what it has not finished.
 *
 * @param job the job; it cannot be used any more
 */
export function dropJob(job: CopyJob): void {
  // Every resource of the bindings can be disposed of, though their types do not say so.
  (job as CopyJob & Disposable)[dispose]();
}

/**
 * What the component reports as its error, or undefined where something else went wrong.
 *
 * @param error what a call into the component has thrown
 */
export function failureOf(error: unknown): Failure | undefined {
  // The bindings wrap the error of a result in an Error that has it as its payload.
  return isError(error) && 'payload' in error ? (error.payload as Failure) : undefined;
}

/**
 * The reverse of {@link failureOf}, for a failure that comes from another thread.
 *
 * @param failure what a component has reported there
 */
export function errorOf(failure: Failure): Error {
  return Object.assign(new Error(failure.reason), { payload: failure });
}
