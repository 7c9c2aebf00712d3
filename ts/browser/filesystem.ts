// wasi:filesystem for the bindings, over trees in memory. It supports the calls that the preview 1 adapter makes for
// this component, which reads and writes at positions. Streams of files fail with `unsupported`.

import type {
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
import { dispose } from '../common/dispose.js';
import { fail, throwWasiErrors } from '../host/error-code.js';
import { Open, statusOf } from './descriptor.js';
import type { Node } from './nodes.js';
import type { Volume } from './volume.js';

class DirectoryEntryStream {
  readonly #left: Iterator<[string, Node]>;

  constructor(entries: readonly [string, Node][]) {
    this.#left = entries[Symbol.iterator]();
  }

  readDirectoryEntry(): DirectoryEntry | undefined {
    const next = this.#left.next();
    return next.done ? undefined : { name: next.value[0], type: next.value[1].type };
  }
}

class Descriptor {
  readonly #open: Open;

  constructor(open: Open) {
    this.#open = open;
  }

  readViaStream(_offset: bigint): never {
    return fail('unsupported');
  }

  writeViaStream(_offset: bigint): never {
    return fail('unsupported');
  }

  appendViaStream(): never {
    return fail('unsupported');
  }

  advise(): void {}

  /** Does nothing: changes reach the browser's storage between two steps of a job. */
  syncData(): void {}

  sync(): void {}

  getFlags(): DescriptorFlags {
    return this.#open.flags;
  }

  getType(): DescriptorType {
    return this.#open.node.type;
  }

  setSize(size: bigint): void {
    this.#open.setSize(size);
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#open.setTimes(accessed, modified);
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const bytes = this.#open.read(Number(length), offset);
    return [bytes, bytes.length === 0 && length > 0n];
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    this.#open.write(bytes, offset);
    return BigInt(bytes.length);
  }

  readDirectory(): DirectoryEntryStream {
    return new DirectoryEntryStream(this.#open.list());
  }

  createDirectoryAt(path: string): void {
    this.#open.createDirectoryAt(path);
  }

  stat(): DescriptorStat {
    return statusOf(this.#open.node);
  }

  statAt({ symlinkFollow = false }: PathFlags, path: string): DescriptorStat {
    return statusOf(this.#open.statAt(symlinkFollow, path));
  }

  setTimesAt(flags: PathFlags, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#open.setTimesAt(flags.symlinkFollow === true, path, accessed, modified);
  }

  linkAt(flags: PathFlags, path: string, target: Descriptor, newPath: string): void {
    this.#open.linkAt(flags.symlinkFollow === true, path, target.#open, newPath);
  }

  openAt({ symlinkFollow = false }: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags) {
    return new Descriptor(this.#open.openAt(symlinkFollow, path, open, flags));
  }

  readlinkAt(path: string): string {
    return this.#open.readLinkAt(path);
  }

  removeDirectoryAt(path: string): void {
    this.#open.removeDirectoryAt(path);
  }

  renameAt(path: string, target: Descriptor, newPath: string): void {
    this.#open.renameAt(path, target.#open, newPath);
  }

  symlinkAt(text: string, path: string): void {
    this.#open.symlinkAt(text, path);
  }

  unlinkFileAt(path: string): void {
    this.#open.unlinkFileAt(path);
  }

  isSameObject(other: Descriptor): boolean {
    return this.#open.node === other.#open.node;
  }

  metadataHash(): MetadataHashValue {
    return identity(this.#open.node);
  }

  metadataHashAt({ symlinkFollow = false }: PathFlags, path: string): MetadataHashValue {
    return identity(this.#open.statAt(symlinkFollow, path));
  }

  [dispose](): void {
    this.#open.close();
  }
}

throwWasiErrors(Descriptor.prototype);

/** The identity of a node. wasi-libc uses the lower half as the inode number. */
function identity({ id }: Node): MetadataHashValue {
  return { lower: id, upper: 0n };
}

/**
 * Makes wasi:filesystem.
 *
 * @param volumes the component's preopens
 */
export function createFilesystem(volumes: readonly Volume[]) {
  return {
    'wasi:filesystem/types': {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: (): ErrorCode | undefined => undefined,
    },
    'wasi:filesystem/preopens': {
      // New descriptors at each call, because the component drops those that it gets.
      getDirectories: (): [Descriptor, string][] =>
        volumes.map((volume) => [new Descriptor(Open.root(volume)), volume.name]),
    },
  };
}
