// An open file or directory of a component: a node of a volume. The methods of a WASI descriptor are implemented here;
// ts/browser/filesystem.ts gives them to the bindings.

import type {
  DescriptorFlags,
  NewTimestamp,
  OpenFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { fail } from '../host/error-code.js';
import { DirectoryNode, FileNode, LinkNode, type Node, nodesIn, now } from './nodes.js';
import type { OpenNode, Volume } from './volume.js';
import { type Follow, type ResolvedPath, walk } from './walk.js';

/** The maximum size of a file in bytes. */
const MOST_SIZE = BigInt(Number.MAX_SAFE_INTEGER);

/** An open file or directory. */
export class Open implements OpenNode {
  readonly node: FileNode | DirectoryNode;
  readonly flags: DescriptorFlags;
  readonly #volume: Volume;
  readonly #path: string;

  constructor(
    volume: Volume,
    node: FileNode | DirectoryNode,
    path: string,
    flags: DescriptorFlags,
    isPreopen = false,
  ) {
    this.#volume = volume;
    this.node = node;
    this.#path = path;
    this.flags = flags;
    if (node.type === 'regular-file' && flags.write) {
      node.writers += 1;
    } else if (!isPreopen) {
      volume.opened(this);
    }
  }

  /** Opens the root of a volume. */
  static root(volume: Volume): Open {
    return new Open(volume, volume.root, volume.name, directoryFlags(volume), true);
  }

  close(): void {
    if (this.node.type === 'regular-file' && this.flags.write) {
      this.node.writers -= 1;
    }
    this.#volume.closed(this);
  }

  /** Returns how many of `length` bytes the file has from `position` on. */
  available(length: bigint, position: bigint): number {
    const left = BigInt(this.#file().size) - position;
    return Number(left < 0n ? 0n : left < length ? left : length);
  }

  /** Fills `bytes` with those from `position` on. Returns how many there are. */
  read(bytes: Uint8Array, position: bigint): number {
    const file = this.#file();
    if (!this.flags.read) {
      fail('bad-descriptor');
    }
    if (position >= file.size) {
      return 0;
    }
    try {
      const count = file.content.read(bytes, Number(position));
      this.#report('read', position, count);
      return count;
    } catch (error) {
      this.#volume.unreadable.add(this.#path);
      throw error;
    }
  }

  write(bytes: Uint8Array, position: bigint): void {
    const file = this.#file();
    this.#expectMutable();
    if (!this.flags.write) {
      fail('bad-descriptor');
    }
    if (position + BigInt(bytes.length) > MOST_SIZE) {
      fail('file-too-large');
    }
    file.writable().write(bytes, Number(position));
    file.modified = now();
    this.#report('write', position, bytes.length);
  }

  setSize(size: bigint): void {
    const file = this.#file();
    this.#expectMutable();
    if (size > MOST_SIZE) {
      fail('file-too-large');
    }
    file.writable().resize(Number(size));
    file.modified = now();
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    this.#setTimes(this.node, accessed, modified);
  }

  setTimesAt(follow: boolean, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    this.#setTimes(this.#existing(path, follow), accessed, modified);
  }

  statAt(follow: boolean, path: string): Node {
    return this.#existing(path, follow);
  }

  /** Lists the directory as it is now: names and their nodes. */
  list(): [string, Node][] {
    const { entries, errorCode } = this.#directory();
    return errorCode === undefined ? [...entries] : fail(errorCode);
  }

  openAt(follow: boolean, path: string, open: OpenFlags, flags: DescriptorFlags): Open {
    if (open.create || open.truncate || flags.write || flags.mutateDirectory) {
      this.#expectMutable();
    }
    if (open.directory && (open.create || open.exclusive || open.truncate)) {
      fail('invalid');
    }
    const isNew = open.create === true && open.exclusive === true;
    const place = this.#place(path, isNew ? 'never' : follow ? 'always' : 'slash');
    const node = place.node ?? this.#create(place, open);
    if (place.node !== undefined && isNew) {
      fail('exist');
    }
    switch (node.type) {
      case 'symbolic-link':
        return fail('loop');
      case 'directory':
        if (open.create || open.truncate || flags.write) {
          fail('is-directory');
        }
        return new Open(this.#volume, node, this.#below(path), {
          ...directoryFlags(this.#volume),
          // The loader must know which directories the component will list.
          read: flags.read ?? false,
        });
      case 'regular-file':
        if (open.directory || place.mustBeDirectory) {
          fail('not-directory');
        }
        if (open.truncate) {
          node.truncate();
          node.modified = now();
        }
        this.#volume.reads(place.parent, node);
        return new Open(this.#volume, node, this.#below(path), flags);
    }
  }

  readLinkAt(path: string): string {
    const node = this.#existing(path, false);
    return node.type === 'symbolic-link' ? node.text : fail('invalid');
  }

  createDirectoryAt(path: string): void {
    this.#put(path, new DirectoryNode());
  }

  symlinkAt(text: string, path: string): void {
    this.#expectMemory();
    if (path.endsWith('/')) {
      fail('no-entry');
    }
    this.#put(path, new LinkNode(text));
  }

  linkAt(follow: boolean, path: string, target: Open, newPath: string): void {
    this.#expectMemory();
    if (target.#volume !== this.#volume) {
      fail('cross-device');
    }
    const node = this.#existing(path, follow);
    if (node.type === 'directory') {
      fail('not-permitted');
    }
    target.#put(newPath, node);
    node.names += 1;
    node.changed = now();
  }

  removeDirectoryAt(path: string): void {
    this.#expectMutable();
    const { parent, name, node } = this.#place(path, 'never');
    if (name === '.') {
      fail('invalid');
    }
    if (node === undefined) {
      fail('no-entry');
    }
    if (node.type !== 'directory') {
      fail('not-directory');
    }
    if (node.entries.size > 0) {
      fail('not-empty');
    }
    this.#remove(parent, name, node);
  }

  unlinkFileAt(path: string): void {
    this.#expectMutable();
    const { parent, name, node, mustBeDirectory } = this.#place(path, 'never');
    if (node === undefined) {
      fail('no-entry');
    }
    if (node.type === 'directory') {
      fail('is-directory');
    }
    if (mustBeDirectory) {
      fail('not-directory');
    }
    this.#remove(parent, name, node);
  }

  renameAt(path: string, target: Open, newPath: string): void {
    this.#expectMutable();
    target.#expectMutable();
    if (target.#volume !== this.#volume) {
      fail('cross-device');
    }
    const from = this.#place(path, 'never');
    const to = target.#place(newPath, 'never');
    const { node } = from;
    if (from.name === '.' || to.name === '.') {
      fail('busy');
    }
    if (node === undefined || to.parent.names === 0) {
      fail('no-entry');
    }
    if (node === to.node) {
      return;
    }
    if (node.type === 'directory') {
      // Browsers cannot move a directory.
      this.#expectMemory();
      if ([...nodesIn(node)].includes(to.parent)) {
        fail('invalid');
      }
    } else if (from.mustBeDirectory || to.mustBeDirectory) {
      fail('not-directory');
    }
    if (to.node?.type === 'directory' && [...nodesIn(to.node)].includes(from.parent)) {
      fail('not-empty');
    }
    expectReplaceable(node, to.node);
    node.changed = now();
    from.parent.entries.delete(from.name);
    this.#touch(from.parent, from.name);
    if (to.node !== undefined) {
      to.node.names -= 1;
    }
    to.parent.entries.set(to.name, node);
    this.#touch(to.parent, to.name);
  }

  #create({ parent, name, mustBeDirectory }: ResolvedPath, open: OpenFlags): FileNode {
    if (!open.create || parent.names === 0) {
      fail('no-entry');
    }
    if (mustBeDirectory) {
      fail('is-directory');
    }
    const file = new FileNode();
    file.temporaryName = name;
    parent.entries.set(name, file);
    this.#touch(parent, name);
    return file;
  }

  /** Gives a node a name, which must be free. */
  #put(path: string, node: Node): void {
    this.#expectMutable();
    const { parent, name, node: existing } = this.#place(path, 'never');
    if (existing !== undefined) {
      fail('exist');
    }
    if (parent.names === 0) {
      fail('no-entry');
    }
    parent.entries.set(name, node);
    this.#touch(parent, name);
  }

  #remove(parent: DirectoryNode, name: string, node: Node): void {
    parent.entries.delete(name);
    node.names -= 1;
    node.changed = now();
    this.#touch(parent, name);
  }

  #touch(directory: DirectoryNode, name: string): void {
    directory.modified = now();
    this.#volume.touch(directory, name);
  }

  #place(path: string, follow: Follow): ResolvedPath {
    return walk(this.#directory(), path, follow);
  }

  #existing(path: string, follow: boolean): Node {
    const { node, mustBeDirectory } = this.#place(path, follow ? 'always' : 'slash');
    if (node === undefined) {
      fail('no-entry');
    }
    if (mustBeDirectory && node.type !== 'directory') {
      fail('not-directory');
    }
    return node;
  }

  #file(): FileNode {
    return this.node.type === 'regular-file' ? this.node : fail('is-directory');
  }

  #directory(): DirectoryNode {
    return this.node.type === 'directory' ? this.node : fail('not-directory');
  }

  #below(path: string): string {
    return path === '.' ? this.#path : `${this.#path}/${path}`;
  }

  #setTimes(node: Node, accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMemory();
    node.accessed = timeFor(accessed, node.accessed);
    node.modified = timeFor(modified, node.modified);
    node.changed = now();
  }

  #expectMutable(): void {
    if (this.#volume.access === 'read') {
      fail('not-permitted');
    }
  }

  #expectMemory(): void {
    this.#expectMutable();
    if (!this.#volume.isMemory) {
      fail('unsupported');
    }
  }

  #report(kind: 'read' | 'write', position: bigint, length: number): void {
    this.#volume.watch?.({ kind, path: this.#path, offset: Number(position), length });
  }
}

function directoryFlags({ access }: Volume): DescriptorFlags {
  return { read: true, mutateDirectory: access === 'read-write' };
}

function timeFor(wanted: NewTimestamp, current: bigint): bigint {
  switch (wanted.tag) {
    case 'no-change':
      return current;
    case 'now':
      return now();
    case 'timestamp':
      return wanted.val.seconds * 1_000_000_000n + BigInt(wanted.val.nanoseconds);
  }
}

function expectReplaceable(node: Node, replaced: Node | undefined): void {
  if (replaced?.type === 'directory') {
    if (node.type !== 'directory') {
      fail('is-directory');
    }
    if (replaced.entries.size > 0) {
      fail('not-empty');
    }
  } else if (replaced !== undefined && node.type === 'directory') {
    fail('not-directory');
  }
}
