import type { DirectoryNode } from './nodes.js';

/** A read from a file or a write to one, as the component made it. */
export interface FileCall {
  readonly kind: 'read' | 'write';
  /** The guest path that the file was opened by. */
  readonly path: string;
  /** Where in the file, in bytes. */
  readonly offset: number;
  /** How many bytes were read or written. */
  readonly length: number;
}

/** What a preopen leads to: a tree, and what may be done with it. */
export interface Volume {
  /** The component's name for it, such as `/in`. */
  readonly name: string;
  readonly root: DirectoryNode;
  readonly access: 'read' | 'read-write';
  /** Whether it can hold links and the times that it is told to; a directory of the browser's cannot. */
  readonly isMemory: boolean;
  /** The directories whose entries have changed, in the order in which they did; taken out by whoever keeps them. */
  readonly changed: Set<DirectoryNode>;
  /** Told of every read and write, where it is there. */
  readonly watch: ((call: FileCall) => void) | undefined;
}
