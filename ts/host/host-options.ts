// The options of a host.

import type { DeviceName } from './devices.js';
import type { Durability, Preopens } from './grant.js';
import type { ModeCarrier } from './modes.js';
import type { Input, Output } from './standard-streams.js';

/** What a component gets. It does not get what is left out. */
export interface HostOptions {
  /** The directories, by the component's name for each, such as `/in`. Default: none. */
  preopens?: Preopens<string | URL>;
  /** The arguments; the first is the program's name. Default: none. */
  args?: readonly string[];
  /** The environment variables. One that is undefined is left out, so `process.env` works. Default: none. */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * Standard input: text, bytes, `process.stdin`, or an open file descriptor, which stays the caller's. Default: empty.
   */
  stdin?: Input;
  /**
   * Standard output: `'inherit'` for the output of this process, a function that gets each piece as it is written,
   * `process.stdout`, or a descriptor that is open for writing and stays the caller's. Default: discarded.
   */
  stdout?: Output;
  /** Standard error, like `stdout`. Default: discarded. */
  stderr?: Output;
  /**
   * Devices in the directory `/dev`: `null` is empty, `zero` has zeros without end, and both discard what is written to
   * them. The host imitates them. Default: none, and no such directory.
   */
  devices?: readonly DeviceName[];
  /**
   * Whether the component gets clocks (wasi:clocks). Default: false; a component that imports them fails to start.
   */
  clocks?: boolean;
  /** Whether the component gets random numbers (wasi:random). Default: false, as for `clocks`. */
  random?: boolean;
  /**
   * `deny` gives a component wasi:sockets, in which everything is refused with `access-denied`. Default: a component
   * that imports it fails to start.
   */
  network?: 'deny';
  /**
   * `strict` refuses to start if paths can only be checked before and after each use, which leaves a moment in
   * between. `best-effort` accepts that moment. Linux supports `strict`; macOS and Windows do if the npm package koffi
   * is installed. Default: `strict` on Linux; elsewhere `best-effort`, with a warning if it is less.
   */
  confinement?: 'strict' | 'best-effort';
  /**
   * Whether a read-only preopen may lie in a read-write one, so that a component can change it through the other. A
   * directory that is mounted in two places counts as two: it is not refused, and can be changed. Default: false.
   */
  allowOverlap?: boolean;
  /**
   * Whether a component may create symbolic links to absolute paths. It may then also follow a link whose text begins
   * with the path of the preopen that it is in, spelled without symbolic links. Default: false; it follows no
   * absolute link.
   */
  absoluteLinks?: boolean;
  /**
   * Whether a name that is not UTF-8 is listed, with escapes for its bytes and with a slash at its end, which no real
   * name has. It opens nothing, and is there for messages only. Default: false; the call that would list it fails,
   * and most components then give up the rest of the directory.
   */
  escapeNames?: boolean;
  /**
   * Whether each entry has its own inode number while it is listed; C libraries ask for it with each entry. If false,
   * a listing takes one system call less for each entry, and all of its entries have the number of the directory.
   * Other calls always give an entry its own number. Default: true.
   */
  listIdentities?: boolean;
  /**
   * Maximum number of resources that components may hold at once: descriptors, listings, streams, pollables and
   * errors. One more ends the component; a core module gets the error EMFILE. Default: 65536.
   */
  maxResources?: number;
  /**
   * Carries permissions from what a component reads to what it creates. Default: new files get the usual permissions.
   */
  modes?: ModeCarrier;
  /** Whether names are on the disk before a call returns. May be changed while the component runs. Default: no. */
  durability?: Durability;
}

/** The options of a host after their check. */
export interface CheckedHostOptions extends HostOptions {
  preopens?: Preopens;
}
