// The messages between a page and the worker of its sandbox. The worker answers one request at a time, in order.

import type { CopyOptions, Entry, Progress } from '#bindings/interfaces/mapcp-copy-copier.js';
import type { CleanReport, ComponentError } from '../jobs/component.js';
import type { FlatTree, FoundTree } from './flat-tree.js';
import type { FileCall } from './volume.js';

/** A preopen as the worker gets it. */
export interface Grant {
  readonly name: string;
  readonly access: 'read' | 'read-write';
  readonly from: FlatTree | FileSystemDirectoryHandle;
}

/** The result of a step, with everything that a page may ask for after it. */
export interface Stepped {
  readonly progress: Progress;
  readonly errors: readonly ComponentError[];
  readonly entries: readonly Entry[];
  readonly currentPath: string;
  /** The reads and writes of the step; empty unless the sandbox has a `watch` option. */
  readonly calls: readonly FileCall[];
  /** The error of the component, if the step failed. */
  readonly componentError: ComponentError | undefined;
}

/** The requests that a worker answers. */
export interface Requests {
  /** Opens the sandbox. It must be the first request. */
  open(grants: readonly Grant[], memory: number, isWatched: boolean): void;
  /** Makes a job, and returns its number. */
  begin(source: string, target: string, options: CopyOptions): number;
  /**
   * Works on a job for about 30 milliseconds, or does its smallest step. The progress is done when everything is in the
   * browser's directories.
   */
  step(job: number, isSmallest: boolean): Stepped;
  /** Passes input to a job. */
  addInput(job: number, bytes: Uint8Array): void;
  /** Ends the input of a job. */
  endInput(job: number): void;
  /**
   * Notes that a job waits for its input, so that other copies can change the browser's storage. Returns the names of
   * temporary files that must stay.
   */
  pause(job: number): string[];
  /** Ends a pause, after another turn was taken. */
  resume(job: number): void;
  /** Stops a job; see `copy-job.stop` in wit/copier.wit. */
  stop(job: number): boolean;
  /** Drops a job, and removes its temporary file. */
  drop(job: number): void;
  /** Removes the temporary files of killed copies in a directory, except some; in a dry run, only finds them. */
  clean(directory: string, dryRun: boolean, except: readonly string[]): CleanReport;
  /** Returns the content of a preopen. */
  tree(name: string): FoundTree;
  /** Closes the sandbox. Another one can then be opened. */
  close(): void;
}

/** The number of the answer that a worker sends unasked, when it can receive requests. */
export const READY = 0;

/** A request, by its name. */
export interface Request<Name extends keyof Requests = keyof Requests> {
  readonly id: number;
  readonly name: Name;
  readonly parameters: Parameters<Requests[Name]>;
}

/** The answer to a request. A `componentError` is an error of the component; an `error` is anything else. */
export type Answer = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly componentError: ComponentError }
  | { readonly error: unknown }
);
