// A host, and how its parts fit together.

import { dispose } from '../common/dispose.js';
import { interfacesOf } from './border.js';
import { createCli } from './cli.js';
import { createClocks } from './clocks.js';
import { createFilesystem } from './filesystem.js';
import type { Preopens } from './grant.js';
import { grantAll } from './granted.js';
import type { CheckedHostOptions } from './host-options.js';
import type { WasiImports } from './imports.js';
import { importObject } from './imports.js';
import { createIo } from './io.js';
import { emptyHandles, type HandleTable } from './lowering/handle-table.js';
import { createNetwork } from './network.js';
import { requireGranted } from './permission.js';
import { createRandom } from './random.js';
import { ResourceTable } from './resources.js';
import type { Walker } from './walker.js';

/** A WASI host for one or more instances of components, in this thread. */
export interface Host {
  /** The import object for `instantiate`, usable until `close`. */
  readonly imports: WasiImports;
  /**
   * Returns the preopens by the directories that are held, not by their paths: for another host in this process,
   * while this one is open.
   */
  preopens(): Preopens;
  /**
   * Returns which ranges of a file hold data, from `offset` on: the start and the end of each, in bytes and in order.
   * Everything before and between these ranges is a hole. Returns at most 128 ranges; nothing is said about what follows
   * them. If only a hole follows, the last range is empty, at the end of the file.
   *
   * Undefined if it is unknown. Linux knows it of files that have large holes, if the npm package koffi is installed;
   * without koffi, some file systems know it of files that have nothing else.
   *
   * @param file the inode number that a component sees, of a file that it has open for reading
   */
  dataRanges(file: bigint, offset: bigint): BigUint64Array | undefined;
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
export function createHostWith(walker: Walker, options: CheckedHostOptions): Host {
  const { imports, preopens, dataRanges, close } = makeHost(walker, options);
  return { imports, preopens, dataRanges, close, [dispose]: close };
}

/** Makes a host as `createHostWith` does, for one instance that can start again. */
export function createReusableHostWith(walker: Walker, options: CheckedHostOptions): ReusableHost {
  return makeHost(walker, options, new Set());
}

/** `handles` gets the tables of the component's handles; left out if the host is used once. */
function makeHost(walker: Walker, options: CheckedHostOptions, handles?: Set<HandleTable>): ReusableHost {
  const granted = grantAll(walker, options);
  const table = new ResourceTable(options.maxResources);
  const io = createIo(table, handles);
  const filesystem = createFilesystem(table, io, granted.directories, granted.times, handles);
  const closeFiles = (): void => {
    filesystem.close();
    granted.close();
  };
  const close = (): void => {
    closeFiles();
    io.close();
  };
  return {
    imports: importObject(
      interfacesOf(
        {
          ...createCli(table, io, granted.cli, handles),
          ...io.interfaces,
          ...filesystem.interfaces,
          ...(options.clocks ? createClocks(io) : {}),
          ...(options.random ? createRandom() : {}),
          ...(options.network ? createNetwork(table) : {}),
        },
        table,
      ),
    ),
    preopens: granted.preopens,
    dataRanges: (file, offset) => granted.sparseFiles.dataRanges(file, offset),
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
      granted.hold(preopens);
    },
    close,
    [dispose]: close,
  };
}
