// Files with holes. WASI cannot say which ranges of a file hold data, so the code that runs the component asks
// the host, and passes the answer on.

import { fstatSync, statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { ignoringErrors, systemError } from './error-code.js';
import type { OpenFiles } from './grant.js';
import type { Handle } from './handle.js';
import { isKnownProcessor, loadKoffi, type Native, NoKoffiError } from './koffi.js';
import { OWN_DESCRIPTORS } from './permission.js';
import type { BlockCount } from './status.js';

/** Bytes in a block of a file's status. */
const BLOCK = 512;

/** A file with fewer bytes in holes is read as fast. */
const LEAST_HOLES = 1024 * 1024;

/** Reading this many bytes takes longer than to load koffi. */
const PAYS = 32n * 1024n * 1024n;

/** Maximum number of ranges in an answer, as many as the component keeps. */
const MOST_RANGES = 128;

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * File systems, by the type that statfs(2) reports, on which a file has a block as soon as it has data: btrfs, ext4, tmpfs
 * and XFS. Others can report no blocks for a file with data, as many do through FUSE.
 */
const COUNTING_BLOCKS: readonly number[] = [0x9123683e, 0xef53, 0x01021994, 0x58465342];

/** Returns the offset of the next data or hole; undefined if there is none. Throws an error of the system if it fails. */
export type Seek = (fd: number, offset: bigint, whence: number) => bigint | undefined;

/** The files of one host that are open for reading and have holes. */
export class SparseFiles implements OpenFiles {
  readonly #open = new Set<Handle>();
  readonly #load: () => Seek | undefined;

  /** @param load makes a function that calls lseek(2); undefined if that is not possible */
  constructor(load: () => Seek | undefined = loadSeek) {
    this.#load = load;
  }

  noteOpened(file: Handle, { size = 0, blocks = 0 }: BlockCount): void {
    if (Number(size) - Number(blocks) * BLOCK >= LEAST_HOLES && process.platform === 'linux') {
      this.#open.add(file);
    }
  }

  noteClosed(file: Handle): void {
    this.#open.delete(file);
  }

  /** See `Host.dataRanges`. */
  dataRanges(inode: bigint, offset: bigint): BigUint64Array | undefined {
    let ranges: BigUint64Array | undefined;
    // If it fails, the file system does not know them, or the component's next call meets the same error.
    ignoringErrors(() => {
      ranges = this.#lookUp(inode, offset);
    });
    return ranges;
  }

  #lookUp(inode: bigint, offset: bigint): BigUint64Array | undefined {
    const fd = [...this.#open].find((file) => file.identity().lower === inode)?.fd;
    if (fd === undefined) {
      return undefined;
    }
    // Asked again, because the file may have been written since it was opened.
    const { size, blocks } = fstatSync(fd, { bigint: true });
    if (blocks === 0n && countsBlocks(fd)) {
      return BigUint64Array.of(size, size);
    }
    const seek = loaded || size - blocks * BigInt(BLOCK) >= PAYS ? this.#load() : undefined;
    return seek && rangesBy(seek, fd, offset, size);
  }
}

function countsBlocks(fd: number): boolean {
  try {
    return COUNTING_BLOCKS.includes(statfsSync(`${OWN_DESCRIPTORS}/${fd}`).type);
  } catch {
    return false;
  }
}

/** Returns the ranges of an open file from `offset` on. Throws as `seek` does. */
function rangesBy(seek: Seek, fd: number, offset: bigint, size: bigint): BigUint64Array {
  const bounds: bigint[] = [];
  for (let at = offset; at < size && bounds.length < 2 * MOST_RANGES; ) {
    const start = seek(fd, at, SEEK_DATA) ?? size;
    const end = start < size ? (seek(fd, start, SEEK_HOLE) ?? size) : size;
    bounds.push(start, end);
    at = end;
  }
  return BigUint64Array.from(bounds);
}

let loaded: { readonly seek: Seek | undefined } | undefined;

/** Returns lseek(2); undefined if koffi cannot be used. */
function loadSeek(): Seek | undefined {
  loaded ??= { seek: makeSeek() };
  return loaded.seek;
}

function makeSeek(): Seek | undefined {
  try {
    const koffi = loadKoffi();
    if (!isKnownProcessor()) {
      return undefined;
    }
    const lseek: Native<number | bigint> = koffi.load(null).func('int64 lseek(int, int64, int)');
    return (fd, offset, whence) => {
      const found = lseek(fd, offset, whence);
      if (found !== -1) {
        return BigInt(found);
      }
      if (koffi.errno() !== constants.errno.ENXIO) {
        throw systemError('EINVAL', 'lseek failed');
      }
      return undefined;
    };
  } catch (error) {
    if (error instanceof NoKoffiError) {
      return undefined;
    }
    throw error;
  }
}
