import { BlobContent } from './content.js';
import type { DirectoryNode, FileNode } from './nodes.js';

/** How many files are read ahead. */
const MOST_FILES = 32;

/** The largest file that is read ahead, in bytes. */
const MOST_BYTES = 1 << 18;

/** Reads the small files of a directory in the background, before the component reaches them. */
export class ReadAhead {
  readonly #contents: BlobContent[] = [];
  readonly #positions = new Map<FileNode, number>();
  #begun = 0;
  #released = 0;

  constructor(directory: DirectoryNode) {
    for (const node of directory.entries.values()) {
      if (node.type === 'regular-file' && node.content instanceof BlobContent && node.size <= MOST_BYTES) {
        this.#positions.set(node, this.#contents.length);
        this.#contents.push(node.content);
      }
    }
    this.#load(0);
  }

  /** Notes that the component has reached a file. */
  reached(file: FileNode): void {
    const position = this.#positions.get(file);
    if (position !== undefined) {
      // The component has left out those before it.
      for (; this.#released < position; this.#released++) {
        this.#contents[this.#released]?.release();
      }
      this.#load(position);
    }
  }

  #load(position: number): void {
    const end = Math.min(position + MOST_FILES, this.#contents.length);
    for (this.#begun = Math.max(this.#begun, position); this.#begun < end; this.#begun++) {
      void this.#contents[this.#begun]?.load();
    }
  }
}
