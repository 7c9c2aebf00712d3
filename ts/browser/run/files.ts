// The files and directories of a program for preview 1, in memory: ts/host/preview1 uses them as it uses those of the
// system under Node.

import type {
  DescriptorFlags,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { OpenDirectory } from '../../host/directory.js';
import type { Entries } from '../../host/directory-entries.js';
import { fail } from '../../host/error-code.js';
import type { OpenFile } from '../../host/file.js';
import { identity, type Status } from '../../host/status.js';
import type { Sink } from '../../host/streams.js';
import { isLonger, MOST_PATH_BYTES } from '../../host/walk.js';
import { Open } from '../descriptor.js';
import type { FileNode, Node } from '../nodes.js';
import type { Volume } from '../volume.js';
import { BufferedContent } from './buffered-content.js';
import type { Room } from './room.js';

/** The mode of each type of node. Browsers have no permissions, so the others are those that most files have. */
const modes: Readonly<Record<Node['type'], bigint>> = {
  directory: 0o040755n,
  'regular-file': 0o100644n,
  'symbolic-link': 0o120777n,
};

function statusOf(node: Node): Status {
  return {
    dev: 0n,
    ino: node.id,
    nlink: BigInt(node.names),
    uid: 0n,
    mode: modes[node.type],
    size: BigInt(node.size),
    atimeNs: node.accessed,
    mtimeNs: node.modified,
    // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint.
    ctimeNs: node.changed > node.modified ? node.changed : node.modified,
  };
}

const identityOf = (node: Node): MetadataHashValue => identity(statusOf(node));

/** Checks a path as the host for Node does. */
function checked(path: string): string {
  if (path.includes('\0')) {
    fail('invalid');
  }
  return isLonger(path, MOST_PATH_BYTES) ? fail('name-too-long') : path;
}

/** An open file in memory. */
class MemoryFile implements OpenFile {
  readonly type = 'regular-file';
  readonly #open: Open;
  readonly #node: FileNode;
  readonly #room: Room;

  /** Takes over `open`, which must be of `node`. */
  constructor(open: Open, node: FileNode, room: Room) {
    this.#open = open;
    this.#node = node;
    this.#room = room;
    room.opened(node);
  }

  get flags(): DescriptorFlags {
    return this.#open.flags;
  }

  source(): never {
    return fail('unsupported');
  }

  sink(): never {
    return fail('unsupported');
  }

  appendingSink(): Sink {
    this.expectWritable();
    return {
      isFile: true,
      write: (bytes) => this.write(bytes, BigInt(this.#node.size)),
      close: () => {},
    };
  }

  close(): void {
    this.#open.close();
    this.#room.closed(this.#node);
    if (this.#node.content instanceof BufferedContent) {
      this.#node.content.release();
    }
  }

  stat(): Status {
    return statusOf(this.#node);
  }

  mode(): number {
    return Number(modes[this.#node.type]);
  }

  identity(): MetadataHashValue {
    return identityOf(this.#node);
  }

  expectReadable(): void {
    if (!this.flags.read) {
      fail('bad-descriptor');
    }
  }

  expectWritable(): void {
    if (!this.flags.write) {
      fail('bad-descriptor');
    }
  }

  read(bytes: Uint8Array, start: number, length: number, position: bigint): number {
    return this.#open.read(bytes.subarray(start, start + length), position);
  }

  readParts(parts: readonly Uint8Array[], position: bigint): number {
    let count = 0;
    for (const part of parts) {
      const read = this.#open.read(part, position + BigInt(count));
      count += read;
      if (read < part.length) {
        break;
      }
    }
    return count;
  }

  write(bytes: Uint8Array, position: bigint): number {
    this.expectWritable();
    this.#room.expectRoomFor(this.#node, position + BigInt(bytes.length));
    this.#open.write(bytes, position);
    return bytes.length;
  }

  setSize(size: bigint): void {
    if (!this.flags.write) {
      fail('invalid');
    }
    this.#room.expectRoomFor(this.#node, size);
    this.#open.setSize(size);
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#open.setTimes(accessed, modified);
  }

  sync(): void {}

  syncData(): void {}
}

/** An open directory in memory. */
export class MemoryDirectory implements OpenDirectory {
  readonly type = 'directory';
  readonly #volume: Volume;
  readonly #open: Open;
  readonly #room: Room;

  private constructor(volume: Volume, open: Open, room: Room) {
    this.#volume = volume;
    this.#open = open;
    this.#room = room;
  }

  /** Opens the root of a volume. */
  static root(volume: Volume, room: Room): MemoryDirectory {
    return new MemoryDirectory(volume, Open.root(volume), room);
  }

  get flags(): DescriptorFlags {
    return this.#open.flags;
  }

  /** Only roots are shared, which need not be closed. */
  share(): MemoryDirectory {
    return MemoryDirectory.root(this.#volume, this.#room);
  }

  close(): void {
    this.#open.close();
  }

  stat(): Status {
    return statusOf(this.#open.node);
  }

  identity(): MetadataHashValue {
    return identityOf(this.#open.node);
  }

  statAt(follow: boolean, path: string): Status {
    return statusOf(this.#open.statAt(follow, checked(path)));
  }

  identityAt(follow: boolean, path: string): MetadataHashValue {
    return identityOf(this.#open.statAt(follow, checked(path)));
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#open.setTimes(accessed, modified);
  }

  setTimesAt(follow: boolean, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#open.setTimesAt(follow, checked(path), accessed, modified);
  }

  sync(): void {}

  syncData(): void {}

  entries(): Entries {
    const listed = this.#open.list()[Symbol.iterator]();
    return {
      next: () => {
        const { value } = listed.next();
        return value && { name: value[0], type: value[1].type };
      },
      close: () => {},
    };
  }

  openAt(follow: boolean, path: string, open: OpenFlags, flags: DescriptorFlags): OpenFile | OpenDirectory {
    const opened = this.#open.openAt(follow, checked(path), open, flags);
    // Only a loader of the browser's directories needs these.
    this.#volume.fresh.length = 0;
    return opened.node.type === 'directory'
      ? new MemoryDirectory(this.#volume, opened, this.#room)
      : new MemoryFile(opened, opened.node, this.#room);
  }

  readLinkAt(path: string): string {
    return this.#open.readLinkAt(checked(path));
  }

  createDirectoryAt(path: string): void {
    this.#open.createDirectoryAt(checked(path));
  }

  removeDirectoryAt(path: string): void {
    this.#open.removeDirectoryAt(checked(path));
  }

  unlinkFileAt(path: string): void {
    this.#open.unlinkFileAt(checked(path));
  }

  symlinkAt(target: string, path: string): void {
    if (target === '') {
      fail('no-entry');
    }
    if (target.startsWith('/')) {
      fail('not-permitted');
    }
    this.#open.symlinkAt(checked(target), checked(path));
  }

  linkAt(follow: boolean, path: string, other: OpenDirectory, newPath: string): void {
    this.#open.linkAt(follow, checked(path), openOf(other), checked(newPath));
  }

  renameAt(path: string, other: OpenDirectory, newPath: string): void {
    this.#open.renameAt(checked(path), openOf(other), checked(newPath));
  }

  /** Returns what is behind a directory of this program. It has no other directories. */
  static openOf(directory: OpenDirectory): Open {
    return directory instanceof MemoryDirectory ? directory.#open : fail('bad-descriptor');
  }
}

const { openOf } = MemoryDirectory;
