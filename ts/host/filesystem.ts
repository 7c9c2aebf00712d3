// wasi:filesystem as a component's bindings see it: the classes of one host.

import type {
  Advice,
  DescriptorFlags,
  DescriptorStat,
  DescriptorType,
  DirectoryEntry,
  ErrorCode,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
  PathFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Directory } from './directory.js';
import type { DirectoryEntries } from './directory-entries.js';
import { fail, throwFailures } from './error-code.js';
import type { WasiInterfaces } from './imports.js';
import { bounded } from './limits.js';
import { lowerFilesystem } from './lowering.js';
import type { Open } from './open.js';
import { asDirectory, asFile } from './open.js';
import type { Closable, Numbers } from './resources.js';
import { Resources, resourceClass } from './resources.js';
import { descriptorStat, isSameFile } from './status.js';
import type { Io } from './streams.js';

/** wasi:filesystem for one host. */
export interface Filesystem extends Closable {
  /** The interfaces. */
  readonly imports: Pick<WasiInterfaces, 'wasi:filesystem/preopens' | 'wasi:filesystem/types'>;
}

/**
 * Makes wasi:filesystem for one host, whose resources have these numbers. `roots` are the preopens by the guest's name for
 * each; they stay the host's.
 */
export function createFilesystem(
  numbers: Numbers,
  io: Io,
  roots: ReadonlyMap<string, Directory>,
): Filesystem {
  const gone = () => fail('bad-descriptor');

  const listings = new Resources<DirectoryEntries>(numbers, gone);
  class DirectoryEntryStream extends resourceClass(listings) {
    readDirectoryEntry(): DirectoryEntry | undefined {
      return listings.of(this).next();
    }
  }

  const descriptors = new Resources<Open>(numbers, gone);
  const file = (descriptor: object) => asFile(descriptors.of(descriptor));
  const directory = (descriptor: object) => asDirectory(descriptors.of(descriptor));

  class Descriptor extends resourceClass(descriptors) {
    readViaStream(offset: bigint) {
      return io.input(file(this).source(offset));
    }

    writeViaStream(offset: bigint) {
      return io.output(file(this).sink(offset));
    }

    appendViaStream() {
      return io.output(file(this).appendingSink());
    }

    advise(_offset: bigint, _length: bigint, _advice: Advice): void {
      // Advice may be ignored, and Node has no way to pass it on.
      file(this);
    }

    syncData(): void {
      descriptors.of(this).syncData();
    }

    getFlags(): DescriptorFlags {
      return descriptors.of(this).flags;
    }

    getType(): DescriptorType {
      return descriptors.of(this).type;
    }

    setSize(size: bigint): void {
      file(this).setSize(size);
    }

    setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
      descriptors.of(this).setTimes(accessed, modified);
    }

    read(length: bigint, offset: bigint): [Uint8Array, boolean] {
      const bytes = new Uint8Array(bounded(length));
      const count = file(this).read(bytes, 0, bytes.length, offset);
      return [bytes.subarray(0, count), count === 0 && bytes.length > 0];
    }

    write(bytes: Uint8Array, offset: bigint): bigint {
      return BigInt(file(this).write(bytes, 0, bytes.length, offset));
    }

    readDirectory(): DirectoryEntryStream {
      return new DirectoryEntryStream(directory(this).entries());
    }

    sync(): void {
      descriptors.of(this).sync();
    }

    createDirectoryAt(path: string): void {
      directory(this).createDirectoryAt(path);
    }

    stat(): DescriptorStat {
      return descriptorStat(descriptors.of(this).stat());
    }

    statAt(flags: PathFlags, path: string): DescriptorStat {
      return descriptorStat(directory(this).statAt(flags.symlinkFollow === true, path));
    }

    setTimesAt(flags: PathFlags, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
      directory(this).setTimesAt(flags.symlinkFollow === true, path, accessed, modified);
    }

    linkAt(flags: PathFlags, path: string, target: Descriptor, newPath: string): void {
      directory(this).linkAt(flags.symlinkFollow === true, path, directory(target), newPath);
    }

    openAt(pathFlags: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
      return new Descriptor(directory(this).openAt(pathFlags.symlinkFollow === true, path, open, flags));
    }

    readlinkAt(path: string): string {
      return directory(this).readLinkAt(path);
    }

    removeDirectoryAt(path: string): void {
      directory(this).removeDirectoryAt(path);
    }

    renameAt(path: string, target: Descriptor, newPath: string): void {
      directory(this).renameAt(path, directory(target), newPath);
    }

    symlinkAt(target: string, path: string): void {
      directory(this).symlinkAt(target, path);
    }

    unlinkFileAt(path: string): void {
      directory(this).unlinkFileAt(path);
    }

    isSameObject(other: Descriptor): boolean {
      return isSameFile(descriptors.of(this).identity(), descriptors.of(other).identity());
    }

    metadataHash(): MetadataHashValue {
      return descriptors.of(this).identity();
    }

    metadataHashAt(flags: PathFlags, path: string): MetadataHashValue {
      return directory(this).identityAt(flags.symlinkFollow === true, path);
    }
  }

  throwFailures(Descriptor.prototype);
  throwFailures(DirectoryEntryStream.prototype);
  lowerFilesystem({ Descriptor, DirectoryEntryStream }, descriptors, listings);

  return {
    imports: {
      'wasi:filesystem/types': {
        Descriptor,
        DirectoryEntryStream,
        filesystemErrorCode: (error): ErrorCode | undefined => io.errorCodeOf(error),
      },
      'wasi:filesystem/preopens': {
        // Fresh descriptors at each call, since the component drops those that it is given.
        getDirectories: (): [Descriptor, string][] =>
          [...roots].map(([name, root]) => [new Descriptor(root.share()), name]),
      },
    },
    close(): void {
      listings.clear();
      descriptors.clear();
    },
  };
}
