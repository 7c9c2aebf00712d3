// The messages between a page and the worker that runs a program.

import type { FlatTree, FoundTree } from '../flat-tree.js';

/** A directory in memory as the worker gets it. */
export interface GivenDirectory {
  readonly name: string;
  readonly access: 'read' | 'read-write';
  readonly tree: FlatTree;
}

/** What the worker must run. */
export interface Order {
  readonly program: Uint8Array;
  readonly directories: readonly GivenDirectory[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  /** The streams that the page listens to. */
  readonly listens: readonly OutputName[];
  readonly clocks: boolean;
  readonly random: boolean;
  readonly maxResources: number | undefined;
  readonly memory: number;
}

/** An output stream of a program. */
export type OutputName = 'stdout' | 'stderr';

/** What the worker says: that it can get the order, that the program has written something, and how it ended. */
export type Message =
  | { readonly tag: 'ready' }
  | { readonly tag: 'output'; readonly name: OutputName; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly tag: 'ended';
      readonly status: number;
      readonly trees: readonly (readonly [string, FoundTree])[];
    }
  | { readonly tag: 'refused'; readonly reason: string }
  | { readonly tag: 'trapped'; readonly reason: string; readonly cause: unknown }
  | { readonly tag: 'failed'; readonly cause: unknown };
