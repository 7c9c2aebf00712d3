import type { DirectoryNode } from './nodes.js';

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

/** The tree of a preopen, and how the component can use it. */
export interface Volume {
  /** The guest path, such as `/in`. */
  readonly name: string;
  readonly root: DirectoryNode;
  readonly access: 'read' | 'read-write';
  /** Whether it can hold links, and times can be set. A directory of the browser has neither. */
  readonly isMemory: boolean;
  /** The directories whose entries have changed, in order. `Storage` removes those that it saves. */
  readonly changed: Set<DirectoryNode>;
  /** Called after every read and write, if it is set. */
  readonly watch: ((call: FileCall) => void) | undefined;
}
