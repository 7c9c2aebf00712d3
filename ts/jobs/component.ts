import { type ImportObject, instantiate, type Root } from '#bindings';
import type { CopyError, CopyJob, Progress } from '#bindings/interfaces/mapcp-copy-copier.js';
import { isError } from '../common/check.js';
import { dispose } from '../common/dispose.js';
import type { Operation } from '../common/errors.js';
import { explainInstantiation } from './instantiation.js';

export type {
  CleanReport,
  CopyJob,
  Entry,
  ErrorCode,
  Progress,
} from '#bindings/interfaces/mapcp-copy-copier.js';

/** An error or warning of the component, or a warning of our own host. */
export type ComponentError = Omit<CopyError, 'operation' | 'listed'> & {
  readonly operation: Operation;
  readonly listed?: Uint8Array;
};

/** The component's exports. */
export type Component = Root;

/** The progress of a job before its first step. */
export const NOTHING_YET: Progress = {
  done: false,
  waits: false,
  bytesDone: 0n,
  bytesInPlace: 0n,
  filesDone: 0n,
  directories: 0n,
  skipped: 0n,
};

/**
 * Makes an instance of the component, which has its own memory.
 *
 * @param imports the WASI imports. The instance can reach nothing else
 * @param instantiateCore instantiates a core module. Default: as WebAssembly does
 * @throws an Error that says what to do; see {@link explainInstantiation}
 */
export async function instantiateComponent(
  imports: object,
  instantiateCore?: Parameters<typeof instantiate>[2],
): Promise<Component> {
  return explainInstantiation(() => instantiate(undefined, imports as ImportObject, instantiateCore));
}

/**
 * Drops a job, which removes its temporary file.
 *
 * @param job the job, which cannot be used afterwards
 */
export function dropJob(job: CopyJob): void {
  // The bindings give every resource this method, but their types lack it.
  (job as CopyJob & Disposable)[dispose]();
}

/**
 * Returns the error that the component reported; undefined if something else was thrown.
 *
 * @param error the value that a call of the component threw
 */
export function componentErrorOf(error: unknown): ComponentError | undefined {
  // The bindings throw an Error that has the component's error as its payload.
  return isError(error) && 'payload' in error ? (error.payload as ComponentError) : undefined;
}

/**
 * The reverse of {@link componentErrorOf}, for an error that comes from another thread.
 *
 * @param componentError the error that a component reported there
 */
export function errorOf(componentError: ComponentError): Error {
  return Object.assign(new Error(componentError.reason), { payload: componentError });
}
