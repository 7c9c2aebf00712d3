import { fail } from '../../host/error-code.js';
import { type FileNode, nodesIn } from '../nodes.js';
import type { Volume } from '../volume.js';

/** Limits how many bytes the files have that a program writes. */
export class Room {
  readonly #most: number;
  readonly #volumes: readonly Volume[];
  /** The open files, and how often each is open. One that has no name takes room until it is closed. */
  readonly #open = new Map<FileNode, number>();
  /** At least so many bytes are free. */
  #left = 0;

  constructor(most: number, volumes: readonly Volume[]) {
    this.#most = most;
    this.#volumes = volumes;
  }

  /** Notes that a file was opened. */
  opened(file: FileNode): void {
    this.#open.set(file, (this.#open.get(file) ?? 0) + 1);
  }

  /** Notes that a file was closed. */
  closed(file: FileNode): void {
    const count = (this.#open.get(file) ?? 1) - 1;
    if (count === 0) {
      this.#open.delete(file);
    } else {
      this.#open.set(file, count);
    }
  }

  /** Fails with `insufficient-space` unless a file can get `size` bytes. A hole counts: the page gets its zeros. */
  expectRoomFor(file: FileNode, size: bigint): void {
    const wanted = Number(size) - sizeOf(file);
    if (wanted > this.#left) {
      this.#left = this.#most - this.#used();
      if (wanted > this.#left) {
        fail('insufficient-space');
      }
    }
    this.#left -= Math.max(0, wanted);
  }

  #used(): number {
    const files = new Set(this.#open.keys());
    for (const { root } of this.#volumes) {
      for (const node of nodesIn(root)) {
        if (node.type === 'regular-file') {
          files.add(node);
        }
      }
    }
    return [...files].reduce((sum, file) => sum + sizeOf(file), 0);
  }
}

/** How many bytes of memory a file takes: a Blob none, until the program writes to it. */
function sizeOf({ content }: FileNode): number {
  return 'write' in content ? content.size : 0;
}
