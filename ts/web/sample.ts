import type { DirectoryEntry } from 'mapcp/browser';

const KiB = 1024;

/** Bytes that look like a picture: no long runs of zeros. */
function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = seed; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Data with a hole in its middle. */
function holed(length: number): Uint8Array<ArrayBuffer> {
  return noise(length, 3).fill(0, length / 4, (length * 3) / 4);
}

/** A small tree with a file, a link, a hole and an empty file. */
export function sampleTree(): DirectoryEntry {
  return {
    dir: {
      photos: {
        dir: {
          'aurora.raw': { source: noise(2560 * KiB, 1) },
          'harbour.raw': { source: noise(1400 * KiB, 2) },
        },
      },
      'disk.img': { source: holed(2048 * KiB) },
      'latest.raw': { symlink: 'photos/aurora.raw' },
      notes: { dir: { 'todo.txt': { source: 'water the plants\n' }, 'empty.txt': { source: '' } } },
    },
  };
}
