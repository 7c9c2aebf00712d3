// What a page and the worker of its sandbox say to each other. The worker answers one request at a time, in order.

import type { CopyOptions, Entry, Progress } from '#bindings/interfaces/mapcp-copy-copier.js';
import type { CleanReport, Failure } from '../component.js';
import type { DirectoryEntry, FoundDirectory } from './entries.js';
import type { FileCall } from './volume.js';

/** A preopen as the worker gets it. */
export interface Grant {
  readonly name: string;
  readonly access: 'read' | 'read-write';
  readonly from: DirectoryEntry | FileSystemDirectoryHandle;
}

/** What a step comes to, with all that a page may ask for after it. */
export interface Stepped {
  readonly progress: Progress;
  readonly problems: readonly Failure[];
  readonly entries: readonly Entry[];
  readonly currentPath: string;
  /** What was read and written, where somebody watches. */
  readonly calls: readonly FileCall[];
  /** Why it failed, where it did. */
  readonly failure: Failure | undefined;
}

/** What a worker can be asked for. */
export interface Requests {
  /** Opens the sandbox; the first request. */
  open(grants: readonly Grant[], memory: number, isWatched: boolean): void;
  /** Makes a job; its number. */
  begin(source: string, target: string, options: CopyOptions): number;
  /** Steps a job, and has in the browser's directories what it has finished. */
  step(job: number, budget: bigint): Stepped;
  /** Drops a job. */
  drop(job: number): void;
  /** Removes the temporary files of killed copies in a directory, or only finds them. */
  clean(directory: string, dryRun: boolean): CleanReport;
  /** What a preopen holds. */
  tree(name: string): FoundDirectory;
  /** Lets go of the sandbox; another one may be opened. */
  close(): void;
}

/** A request, by the name of what is asked for. */
export interface Request<Name extends keyof Requests = keyof Requests> {
  readonly id: number;
  readonly name: Name;
  readonly parameters: Parameters<Requests[Name]>;
}

/** The answer to a request. A failure is the component's; an error is anything else. */
export type Answer = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly failure: Failure }
  | { readonly error: unknown }
);
