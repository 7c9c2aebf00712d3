// What a program for preview 1 runs on. Nothing in this folder needs Node: the caller passes the files, the clocks and
// the rest. `ts/host/command.ts` does so for Node.

import type { OpenDirectory } from '../directory.js';
import type { Status, Times } from '../status.js';
import type { Sink, Source } from '../streams.js';

/** Standard input. */
export interface InputEnd {
  readonly source: Source;
  readonly isTerminal: boolean;
}

/** Standard output or standard error. */
export interface OutputEnd {
  readonly sink: Sink;
  readonly isTerminal: boolean;
}

/** What one run of a program gets. */
export interface System {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: InputEnd;
  readonly stdout: OutputEnd;
  readonly stderr: OutputEnd;
  /** The preopens. They stay the caller's. */
  readonly directories: Iterable<readonly [name: string, OpenDirectory]>;
  /** Maximum number of descriptors that the program has at once. */
  readonly mostDescriptors: number;
  /** Returns the times of a file that the program sees. */
  timesOf(status: Status): Times;
  /** Returns milliseconds since 1970. */
  wallNow(): number;
  /** Returns nanoseconds of a clock that never goes back. */
  monotonicNow(): bigint;
  /** Blocks until the monotonic clock passes `moment`, in nanoseconds. */
  sleepUntil(moment: bigint): void;
  /** Fills `bytes`, which may be in the program's memory, with random numbers. */
  fillRandom(bytes: Uint8Array): void;
}
