import type { DescriptorFlags } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { BlobContent } from './content.js';
import type { DirectoryNode, FileNode } from './nodes.js';
import type { ReadAhead } from './read-ahead.js';
import { SynchronousReading } from './synchronous-reading.js';

/** More bytes than this make a file large. It is read and written in the browser's storage while it is copied. */
export const LARGE = 1 << 20;

/** A call of the component that read or wrote a file. */
export interface FileCall {
  readonly kind: 'read' | 'write';
  /** The guest path by which the file was opened. */
  readonly path: string;
  /** The position in the file, in bytes. */
  readonly offset: number;
  /** How many bytes were read or written. */
  readonly length: number;
}

/** Something that the component has open. */
export interface OpenNode {
  readonly node: FileNode | DirectoryNode;
  readonly flags: DescriptorFlags;
}

/** The tree of a preopen, and how the component can use it. */
export class Volume {
  /** The guest path, such as `/in`. */
  readonly name: string;
  readonly root: DirectoryNode;
  readonly access: 'read' | 'read-write';
  /** Whether it can hold links, and times can be set. A directory of the browser has neither. */
  readonly isMemory: boolean;
  /** Called after every read and write, if it is set. */
  readonly watch: ((call: FileCall) => void) | undefined;
  /** The names of each directory that have changed, in order. `Storage` removes those that it saves. */
  readonly changed = new Map<DirectoryNode, Set<string>>();
  /** The directories and read files that are open, except roots. */
  readonly open = new Set<OpenNode>();
  /** Those that were opened since the loader has looked. */
  readonly fresh: OpenNode[] = [];
  /** The guest paths of files that the browser could not read. */
  readonly unreadable = new Set<string>();
  /** The small files of the directories that the component walks. */
  readonly ahead = new Map<DirectoryNode, ReadAhead>();

  constructor(
    name: string,
    root: DirectoryNode,
    access: 'read' | 'read-write',
    isMemory: boolean,
    watch?: (call: FileCall) => void,
  ) {
    this.name = name;
    this.root = root;
    this.access = access;
    this.isMemory = isMemory;
    this.watch = watch;
  }

  /** Whether the component reads a large file. Then the file that it writes will be large. */
  get readsLarge(): boolean {
    return [...this.open].some(({ node }) => node.type === 'regular-file' && node.size > LARGE);
  }

  /** Notes that a name has changed. */
  touch(directory: DirectoryNode, name: string): void {
    if (!this.isMemory) {
      const names = this.changed.get(directory) ?? new Set();
      this.changed.set(directory, names.add(name));
    }
  }

  /** Notes that the component has opened something. */
  opened(open: OpenNode): void {
    this.open.add(open);
    this.fresh.push(open);
  }

  /** Notes that the component has closed something. */
  closed(open: OpenNode): void {
    this.open.delete(open);
    if (open.node.type === 'directory') {
      this.ahead.delete(open.node);
    } else {
      this.releaseUnused(open.node);
    }
  }

  /** Unless a file is still open, releases what was read ahead of it, and closes it in the browser. */
  releaseUnused(file: FileNode): void {
    if ([...this.open].some(({ node }) => node === file)) {
      return;
    }
    if (file.content instanceof SynchronousReading) {
      file.content.close();
      file.content = file.content.blob;
    }
    if (file.content instanceof BlobContent) {
      file.content.release();
    }
  }

  /** Notes that the component reads this file of a directory. */
  reads(directory: DirectoryNode, file: FileNode): void {
    this.ahead.get(directory)?.reached(file);
  }
}
