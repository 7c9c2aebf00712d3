// The nodes of a tree in memory. A file, link or directory is one object, however many names it has.

import { BlobContent, type Content, MemoryContent } from './content.js';
import type { DirectoryEntry, Entry, FoundDirectory, FoundEntry } from './entries.js';

let latestId = 0n;

/** The properties that all nodes have. Times are in nanoseconds since 1970. */
abstract class Status {
  /** Identifies the node; each has another number. */
  readonly id = ++latestId;
  /** How many names it has. */
  names = 1;
  accessed: bigint;
  modified: bigint;

  constructor(modified?: bigint) {
    this.modified = modified ?? now();
    this.accessed = this.modified;
  }
}

/** A regular file. */
export class FileNode extends Status {
  readonly type = 'regular-file';
  content: Content;
  /** How many descriptors have it open for writing. */
  writers = 0;

  constructor(content: Content = new MemoryContent(), modified?: bigint) {
    super(modified);
    this.content = content;
  }

  get size(): number {
    return this.content.size;
  }

  /**
   * Returns the content for writing; a Blob is first read into memory. The caller must set `modified` after a write.
   */
  writable(): MemoryContent {
    if (!(this.content instanceof MemoryContent)) {
      const memory = new MemoryContent();
      memory.write(this.content.read(this.content.size, 0), 0);
      this.content = memory;
    }
    return this.content as MemoryContent;
  }
}

/** A symbolic link. */
export class LinkNode extends Status {
  readonly type = 'symbolic-link';
  readonly text: string;

  constructor(text: string, modified?: bigint) {
    super(modified);
    this.text = text;
  }

  get size(): number {
    return new TextEncoder().encode(this.text).length;
  }
}

/** A directory. */
export class DirectoryNode extends Status {
  readonly type = 'directory';
  readonly size = 0;
  // A map, because objects inherit names such as `constructor`.
  readonly entries = new Map<string, Node>();
}

/** A node of a tree. */
export type Node = FileNode | LinkNode | DirectoryNode;

/** Returns the current time in nanoseconds since 1970. */
export function now(): bigint {
  return milliseconds(Date.now());
}

/** Converts milliseconds to nanoseconds. */
export function milliseconds(count: number): bigint {
  return BigInt(Math.trunc(count)) * 1_000_000n;
}

/** Makes the nodes of a tree that a page gave. */
export function directoryFrom({ dir, mtimeNs }: DirectoryEntry): DirectoryNode {
  const directory = new DirectoryNode(mtimeNs);
  for (const [name, entry] of Object.entries(dir)) {
    directory.entries.set(name, nodeFrom(entry));
  }
  return directory;
}

function nodeFrom(entry: Entry): Node {
  if ('dir' in entry) {
    return directoryFrom(entry);
  }
  if ('symlink' in entry) {
    return new LinkNode(entry.symlink, entry.mtimeNs);
  }
  const { source, mtimeNs } = entry;
  const modified = mtimeNs ?? (source instanceof File ? milliseconds(source.lastModified) : undefined);
  return new FileNode(source instanceof Blob ? new BlobContent(source) : inMemory(source), modified);
}

function inMemory(source: Uint8Array | string): MemoryContent {
  const content = new MemoryContent();
  content.write(typeof source === 'string' ? new TextEncoder().encode(source) : source, 0);
  return content;
}

/** Makes the tree that a page gets. */
export function entriesOf(directory: DirectoryNode): FoundDirectory {
  // Without a prototype, because an entry may have the name `__proto__`.
  const dir: Record<string, FoundEntry> = Object.create(null);
  for (const [name, node] of directory.entries) {
    dir[name] = entryOf(node);
  }
  return { dir, mtimeNs: directory.modified };
}

function entryOf(node: Node): FoundEntry {
  switch (node.type) {
    case 'directory':
      return entriesOf(node);
    case 'symbolic-link':
      return { symlink: node.text, mtimeNs: node.modified };
    case 'regular-file':
      return { source: new Blob([...node.content.parts()]), mtimeNs: node.modified };
  }
}

/** Returns how many bytes of a tree's files are in memory. */
export function heldBy(directory: DirectoryNode): number {
  let held = 0;
  for (const node of directory.entries.values()) {
    held += node.type === 'directory' ? heldBy(node) : node.type === 'regular-file' ? node.content.held : 0;
  }
  return held;
}
