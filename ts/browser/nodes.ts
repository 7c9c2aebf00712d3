// The nodes of a tree in memory. A file, link or directory is one object, however many names it has.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { BlobContent, type Content, MemoryContent, type WritableContent } from './content.js';
import type { FileEntry } from './entries.js';
import type { FlatTree, FoundTree } from './flat-tree.js';

let latestId = 0n;

/** The properties that all nodes have. Times are in nanoseconds since 1970. */
abstract class Status {
  /** Identifies the node; each has another number. */
  readonly id = ++latestId;
  /** How many names it has. */
  names = 1;
  accessed: bigint;
  modified: bigint;
  /** When something else than its content was changed. */
  changed = now();

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
  /** The name that the component made it with. */
  temporaryName = '';

  constructor(content: Content = new MemoryContent(), modified?: bigint) {
    super(modified);
    this.content = content;
  }

  get size(): number {
    return this.content.size;
  }

  /** Makes it empty. A Blob is not read for that. */
  truncate(): void {
    if ('write' in this.content) {
      this.writable().resize(0);
    } else {
      this.content = new MemoryContent();
    }
  }

  /**
   * Returns the content for writing; a Blob is first read into memory. The caller must set `modified` after a write.
   */
  writable(): WritableContent {
    if ('write' in this.content) {
      return this.content as WritableContent;
    }
    const bytes = new Uint8Array(this.content.size);
    const memory = new MemoryContent(bytes.subarray(0, this.content.read(bytes, 0)));
    this.content = memory;
    return memory;
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
  /** Whether all entries are known. False for a directory of the browser that was not listed yet. */
  isListed = true;
  /** Why it cannot be listed. */
  errorCode: ErrorCode | undefined;
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

/** Makes the nodes of a tree that a page gave. Returns its root. */
export function directoryFrom(rows: FlatTree): DirectoryNode {
  const nodes: Node[] = [];
  for (const [parent, name, item] of rows) {
    const node = nodeFrom(item);
    nodes.push(node);
    const directory = nodes[parent];
    if (directory?.type === 'directory') {
      directory.entries.set(name, node);
    }
  }
  return nodes[0] as DirectoryNode;
}

function nodeFrom(item: FlatTree[number][2]): Node {
  if ('symlink' in item) {
    return new LinkNode(item.symlink, item.mtimeNs);
  }
  return 'source' in item ? fileFrom(item) : new DirectoryNode(item.mtimeNs);
}

function fileFrom({ source, mtimeNs }: FileEntry): FileNode {
  const modified = mtimeNs ?? (source instanceof File ? milliseconds(source.lastModified) : undefined);
  return new FileNode(source instanceof Blob ? new BlobContent(source) : inMemory(source), modified);
}

function inMemory(source: Exclude<FileEntry['source'], Blob>): MemoryContent {
  // The page has sent a copy of its bytes.
  return new MemoryContent(
    typeof source === 'string' ? new TextEncoder().encode(source) : (source as Uint8Array<ArrayBuffer>),
  );
}

/** Lists a tree for the page. */
export function rowsOf(root: DirectoryNode): FoundTree {
  const rows: FoundTree[number][] = [];
  const ahead: [parent: number, name: string, node: Node][] = [[-1, '', root]];
  for (const [parent, name, node] of ahead) {
    const index = rows.length;
    rows.push([parent, name, itemOf(node)]);
    if (node.type === 'directory') {
      for (const [below, inner] of node.entries) {
        ahead.push([index, below, inner]);
      }
    }
  }
  return rows;
}

function itemOf(node: Node): FoundTree[number][2] {
  const mtimeNs = node.modified;
  switch (node.type) {
    case 'directory':
      return { mtimeNs };
    case 'symbolic-link':
      return { symlink: node.text, mtimeNs };
    case 'regular-file':
      return { source: node.content.toBlob(), mtimeNs };
  }
}

/** Lists the nodes of a tree, each directory before its entries. */
export function nodesIn(root: DirectoryNode): Iterable<Node> {
  // A set visits what is added to it meanwhile, and each node once.
  const nodes = new Set<Node>([root]);
  for (const node of nodes) {
    if (node.type === 'directory') {
      for (const inner of node.entries.values()) {
        nodes.add(inner);
      }
    }
  }
  return nodes;
}

/** Returns how many bytes of a tree's files are in memory. */
export function heldBy(root: DirectoryNode): number {
  let held = 0;
  for (const node of nodesIn(root)) {
    held += node.type === 'regular-file' ? node.content.held : 0;
  }
  return held;
}
