// A host, put together.

import { dispose } from '../dispose.js';
import { interfacesOf } from './border.js';
import { createCli } from './cli.js';
import { createClocks } from './clocks.js';
import { Closings } from './closings.js';
import type { Durability } from './durability.js';
import { createFilesystem } from './filesystem.js';
import type { WasiImports } from './imports.js';
import { importObject } from './imports.js';
import { ModeCarrier } from './modes.js';
import type { Preopen } from './preopens.js';
import { holdPreopens, refuseOverlap } from './preopens.js';
import { createRandom } from './random.js';
import { Numbers } from './resources.js';
import type { Input, Output } from './standard-streams.js';
import { sinkOf, sourceOf } from './standard-streams.js';
import { createIo } from './streams.js';
import type { Walker } from './walker.js';

/** What a component gets. Whatever is left out, it does not get. */
export interface HostOptions {
  /** The directories, by the name that the component has for each, such as `/in`. Default: none. */
  preopens?: Readonly<Record<string, Preopen>>;
  /** The arguments; the first is the program's name. Default: none. */
  args?: readonly string[];
  /** The environment variables; one that is undefined is left out, so `process.env` will do. Default: none. */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * Standard input: text, bytes, `process.stdin`, or an open file descriptor, which stays the caller's. Default: empty.
   */
  stdin?: Input;
  /**
   * Standard output: `'inherit'` for that of this process, a function that gets each piece as it is written,
   * `process.stdout`, or a descriptor that is open for writing and stays the caller's. Default: discarded.
   */
  stdout?: Output;
  /** Standard error, as `stdout`. Default: discarded. */
  stderr?: Output;
  /** Whether there are clocks (wasi:clocks). Default: false, and a component that imports them fails to start. */
  clocks?: boolean;
  /** Whether there are random numbers (wasi:random). Default: false, as for `clocks`. */
  random?: boolean;
  /**
   * `strict` refuses to start where paths can only be checked before and after they are used, which leaves a moment
   * in between; `best-effort` accepts that and warns. Default: `strict` on Linux, where it can be had, and
   * `best-effort` elsewhere.
   */
  confinement?: 'strict' | 'best-effort';
  /**
   * Whether a read-only preopen may lie in a read-write one, so that it can be changed after all. A directory that is mounted
   * at two places is two directories to this: it is not refused, and can be changed. Default: false.
   */
  allowOverlap?: boolean;
  /**
   * Whether a component may make symbolic links to absolute paths, and follow those that begin with the path of the
   * preopen that they are in, without symbolic links of its own. Default: false: it follows none.
   */
  absoluteLinks?: boolean;
  /**
   * Whether a name that is not UTF-8 is listed all the same: with escapes for its bytes, and with a slash at its end,
   * which no name has. It is only to be told of, and opens nothing. Default: it fails the call that would list it, after
   * which most components give up the rest of the directory.
   */
  escapeNames?: boolean;
  /**
   * Whether entries are told apart by their inode numbers, for which C libraries ask with each one as they list it. Without
   * that a listing takes a system call less for each entry, and all of its entries have the number of the directory;
   * everywhere else each has its own. Default: true.
   */
  listIdentities?: boolean;
  /**
   * As many resources as components may hold at once: descriptors, listings, streams, pollables and errors. One more ends
   * the component. Default: 65536.
   */
  maxResources?: number;
  /** Carries permissions from what a component reads to what it makes. Default: what is made gets the usual ones. */
  modes?: ModeCarrier;
  /** Whether names are on the disk before a call returns; may be changed while the component runs. Default: not. */
  durability?: Durability;
}

/** A WASI host for one or more instances of components, in this thread. */
export interface Host {
  /** The import object for `instantiate`, usable until `close`. */
  readonly imports: WasiImports;
  /** The preopens by what is held and not by their names: for another host in this process, while this one is open. */
  preopens(): Readonly<Record<string, Preopen>>;
  /** Closes everything that the components still have open, and the preopens. Harmless the second time. */
  close(): void;
  /** Same as `close`. */
  [Symbol.dispose](): void;
}

/** Makes a host that reaches directories by `walker`. */
export function createHostWith(walker: Walker, options: HostOptions): Host {
  const { preopens = {}, args = [], env = {} } = options;
  const { stdin = '', stdout = () => {}, stderr = () => {} } = options;
  const cli = {
    args: [...args],
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    stdin: sourceOf(stdin),
    stdout: sinkOf('stdout', stdout),
    stderr: sinkOf('stderr', stderr),
  };
  if (!options.allowOverlap) {
    refuseOverlap(preopens);
  }
  const { absoluteLinks = false, escapeNames = false, listIdentities = true } = options;
  const { modes = new ModeCarrier(), durability = { namesLast: false } } = options;
  const closings = new Closings();
  const roots = holdPreopens(walker, preopens, {
    closings,
    absoluteLinks,
    escapeNames,
    listIdentities,
    modes,
    durability,
  });
  const numbers = new Numbers(options.maxResources);
  const io = createIo(numbers);
  const filesystem = createFilesystem(numbers, io, roots);
  const close = (): void => {
    filesystem.close();
    io.close();
    for (const root of roots.values()) {
      root.end();
    }
    roots.clear();
    closings.close();
  };
  return {
    imports: importObject(
      interfacesOf(
        {
          ...createCli(numbers, io, cli),
          ...io.given,
          ...filesystem.given,
          ...(options.clocks ? createClocks(io) : {}),
          ...(options.random ? createRandom() : {}),
        },
        numbers,
      ),
    ),
    preopens: () => Object.fromEntries([...roots].map(([name, root]) => [name, root.preopen])),
    close,
    [dispose]: close,
  };
}
