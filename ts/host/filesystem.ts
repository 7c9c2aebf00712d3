// wasi:filesystem of one host.

import type { HostInterface } from './border.js';
import { asDirectory, asFile } from './descriptor.js';
import type { OpenDirectory } from './directory.js';
import { fail } from './error-code.js';
import type { Io } from './io.js';
import { lowerFilesystem } from './lowering/filesystem.js';
import type { HandleTable } from './lowering/handle-table.js';
import type { ResourceTable } from './resources.js';
import { Resources } from './resources.js';
import { descriptorStat, isSameFile, type Status } from './status.js';
import { bounded } from './streams.js';
import type { SetTimes } from './times.js';
import type { wasi } from './wasi.js';
import { descriptor, directoryEntryStream } from './wasi.js';
import type { Closable, Implementation } from './wit.js';

/** wasi:filesystem for one host. */
export interface Filesystem extends Closable {
  /** The interfaces. */
  readonly interfaces: {
    readonly 'wasi:filesystem/preopens': HostInterface<(typeof wasi)['wasi:filesystem/preopens']>;
    readonly 'wasi:filesystem/types': HostInterface<(typeof wasi)['wasi:filesystem/types']>;
  };
}

/**
 * Makes wasi:filesystem for one host, with its resources in `table`.
 *
 * @param roots returns the preopens by the guest's name of each; they stay the host's
 * @param times has the times that components set
 * @param handles gets the tables of the component's handles; left out if the host is used once
 */
export function createFilesystem(
  table: ResourceTable,
  io: Io,
  roots: () => Iterable<readonly [name: string, OpenDirectory]>,
  times: SetTimes,
  handles?: Set<HandleTable>,
): Filesystem {
  const gone = () => fail('bad-descriptor');
  const listings = new Resources(table, directoryEntryStream, gone);
  const descriptors = new Resources(table, descriptor, gone);
  const statusOf = (status: Status) => descriptorStat(status, times.asSet(status));

  const functions: Implementation<(typeof wasi)['wasi:filesystem/types']> = {
    '[method]descriptor.read-via-stream': (open, offset) => io.input(asFile(open).source(offset)),
    '[method]descriptor.write-via-stream': (open, offset) => io.output(asFile(open).sink(offset)),
    '[method]descriptor.append-via-stream': (open) => io.output(asFile(open).appendingSink()),
    // Advice may be ignored, and Node cannot pass it on.
    '[method]descriptor.advise': (open) => void asFile(open),
    '[method]descriptor.sync-data': (open) => open.syncData(),
    '[method]descriptor.get-flags': (open) => open.flags,
    '[method]descriptor.get-type': (open) => open.type,
    '[method]descriptor.set-size': (open, size) => asFile(open).setSize(size),
    '[method]descriptor.set-times': (open, accessed, modified) => open.setTimes(accessed, modified),
    '[method]descriptor.read': (open, length, offset) => {
      const bytes = new Uint8Array(bounded(length));
      const count = asFile(open).read(bytes, 0, bytes.length, offset);
      // Also the end if nothing was asked for, as in wasmtime: the preview 1 adapter takes anything else for EINTR.
      return [bytes.subarray(0, count), count === 0];
    },
    '[method]descriptor.write': (open, bytes, offset) => BigInt(asFile(open).write(bytes, offset)),
    '[method]descriptor.read-directory': (open) => asDirectory(open).entries(),
    '[method]descriptor.sync': (open) => open.sync(),
    '[method]descriptor.create-directory-at': (open, path) => asDirectory(open).createDirectoryAt(path),
    '[method]descriptor.stat': (open) => statusOf(open.stat()),
    '[method]descriptor.stat-at': (open, flags, path) =>
      statusOf(asDirectory(open).statAt(flags.symlinkFollow === true, path)),
    '[method]descriptor.set-times-at': (open, flags, path, accessed, modified) =>
      asDirectory(open).setTimesAt(flags.symlinkFollow === true, path, accessed, modified),
    '[method]descriptor.link-at': (open, flags, path, target, newPath) =>
      asDirectory(open).linkAt(flags.symlinkFollow === true, path, asDirectory(target), newPath),
    '[method]descriptor.open-at': (open, pathFlags, path, how, flags) =>
      asDirectory(open).openAt(pathFlags.symlinkFollow === true, path, how, flags),
    '[method]descriptor.readlink-at': (open, path) => asDirectory(open).readLinkAt(path),
    '[method]descriptor.remove-directory-at': (open, path) => asDirectory(open).removeDirectoryAt(path),
    '[method]descriptor.rename-at': (open, path, target, newPath) =>
      asDirectory(open).renameAt(path, asDirectory(target), newPath),
    '[method]descriptor.symlink-at': (open, target, path) => asDirectory(open).symlinkAt(target, path),
    '[method]descriptor.unlink-file-at': (open, path) => asDirectory(open).unlinkFileAt(path),
    '[method]descriptor.is-same-object': (open, other) => isSameFile(open.identity(), other.identity()),
    '[method]descriptor.metadata-hash': (open) => open.identity(),
    '[method]descriptor.metadata-hash-at': (open, flags, path) =>
      asDirectory(open).identityAt(flags.symlinkFollow === true, path),
    '[method]directory-entry-stream.read-directory-entry': (listing) => listing.next(),
    'filesystem-error-code': ({ code, isFile }) => (isFile ? code : undefined),
  };

  return {
    interfaces: {
      'wasi:filesystem/types': {
        functions,
        lowered: lowerFilesystem(functions, descriptors, table, handles),
      },
      'wasi:filesystem/preopens': {
        functions: {
          // New descriptors at each call, because the component drops those that it gets.
          'get-directories': () => Array.from(roots(), ([name, root]) => [root.share(), name]),
        },
      },
    },
    close(): void {
      listings.clear();
      descriptors.clear();
    },
  };
}
