// A host: its options, and how its parts fit together.

import { dispose } from '../common/dispose.js';
import { interfacesOf } from './border.js';
import { createCli } from './cli.js';
import { createClocks } from './clocks.js';
import { CloseErrors } from './close-errors.js';
import { DEVICES, DeviceDirectory, type DeviceName } from './devices.js';
import type { Directory } from './directory.js';
import { createFilesystem } from './filesystem.js';
import type { Durability, Preopens } from './grant.js';
import type { WasiImports } from './imports.js';
import { importObject } from './imports.js';
import { createIo } from './io.js';
import { emptyHandles, type HandleTable } from './lowering/guest.js';
import { ModeCarrier } from './modes.js';
import { createNetwork } from './network.js';
import { requireGranted } from './permission.js';
import { holdPreopens, refuseOverlap } from './preopens.js';
import { createRandom } from './random.js';
import { ResourceTable } from './resources.js';
import type { Input, Output } from './standard-streams.js';
import { inputOf, outputOf } from './standard-streams.js';
import { SetTimes } from './times.js';
import type { Walker } from './walker.js';

/** What a component gets. It does not get what is left out. */
export interface HostOptions {
  /** The directories, by the component's name for each, such as `/in`. Default: none. */
  preopens?: Preopens;
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
   * errors. One more ends the component. Default: 65536.
   */
  maxResources?: number;
  /**
   * Carries permissions from what a component reads to what it creates. Default: new files get the usual permissions.
   */
  modes?: ModeCarrier;
  /** Whether names are on the disk before a call returns. May be changed while the component runs. Default: no. */
  durability?: Durability;
}

/** A WASI host for one or more instances of components, in this thread. */
export interface Host {
  /** The import object for `instantiate`, usable until `close`. */
  readonly imports: WasiImports;
  /**
   * Returns the preopens by the directories that are held, not by their paths: for another host in this process,
   * while this one is open.
   */
  preopens(): Preopens;
  /** Closes the preopens, and everything that the components still have open. A second call does nothing. */
  close(): void;
  /** Same as `close`. */
  [Symbol.dispose](): void;
}

/** A host for one instance, which can start again with other preopens. */
export interface ReusableHost extends Host {
  /**
   * Closes the preopens. Must be called while the component does not run.
   *
   * @returns whether `reopen` may be called. It may not if the component still held something besides files and streams
   */
  release(): boolean;
  /**
   * Gives the instance other preopens. It must have been reset, so that it knows nothing of the last ones. Throws
   * the errors with which `createHost` rejects.
   */
  reopen(preopens: Preopens): void;
}

/** Makes a host that reaches directories through `walker`. Does not check the options. */
export function createHostWith(walker: Walker, options: HostOptions): Host {
  const { imports, preopens, close } = makeHost(walker, options);
  return { imports, preopens, close, [dispose]: close };
}

/** Makes a host as `createHostWith` does, for one instance that can start again. */
export function createReusableHostWith(walker: Walker, options: HostOptions): ReusableHost {
  return makeHost(walker, options, new Set());
}

/** `handles` gets the tables of the component's handles; left out if the host is used once. */
function makeHost(walker: Walker, options: HostOptions, handles?: Set<HandleTable>): ReusableHost {
  const { args = [], env = {} } = options;
  const { stdin = '', stdout = () => {}, stderr = () => {} } = options;
  const cli = {
    args: [...args],
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    stdin: inputOf(stdin),
    stdout: outputOf('stdout', stdout),
    stderr: outputOf('stderr', stderr),
  };
  const { absoluteLinks = false, escapeNames = false, listIdentities = true } = options;
  const { modes = new ModeCarrier(), durability = { syncDirectories: false } } = options;
  const closeErrors = new CloseErrors();
  const times = new SetTimes();
  const grant = { closeErrors, times, absoluteLinks, escapeNames, listIdentities, modes, durability };
  const roots = new Map<string, Directory>();
  const devices: [string, DeviceDirectory][] =
    options.devices && options.devices.length > 0 ? [[DEVICES, new DeviceDirectory(options.devices)]] : [];
  const table = new ResourceTable(options.maxResources);
  const io = createIo(table, handles);
  const filesystem = createFilesystem(table, io, () => [...roots, ...devices], times, handles);
  const hold = (preopens: Preopens): void => {
    if (!options.allowOverlap) {
      refuseOverlap(preopens);
    }
    for (const [name, root] of holdPreopens(walker, preopens, grant)) {
      roots.set(name, root);
    }
  };
  const closeFiles = (): void => {
    filesystem.close();
    for (const root of roots.values()) {
      root.end();
    }
    roots.clear();
    times.forget();
    closeErrors.close();
  };
  const close = (): void => {
    closeFiles();
    io.close();
  };
  hold(options.preopens ?? {});
  return {
    imports: importObject(
      interfacesOf(
        {
          ...createCli(table, io, cli, handles),
          ...io.interfaces,
          ...filesystem.interfaces,
          ...(options.clocks ? createClocks(io) : {}),
          ...(options.random ? createRandom() : {}),
          ...(options.network ? createNetwork(table) : {}),
        },
        table,
      ),
    ),
    preopens: () => Object.fromEntries([...roots].map(([name, root]) => [name, root.preopen])),
    release() {
      closeFiles();
      io.closeStreams();
      for (const each of handles ?? []) {
        emptyHandles(each);
      }
      return table.count === 0;
    },
    reopen(preopens) {
      requireGranted(preopens);
      hold(preopens);
    },
    close,
    [dispose]: close,
  };
}
