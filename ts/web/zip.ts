// Makes a ZIP archive of a tree, without compression. The archive is a Blob that consists of the files' Blobs, so it
// needs no memory for their content. Libraries such as client-zip copy the content, and are three times as large.

import type { FoundDirectory } from 'mapcp/browser';

// The format has 32 bits for positions and 16 for the number of entries.
const MOST_BYTES = 2 ** 32 - 1;
const MOST_ENTRIES = 2 ** 16 - 1;

/** Bit 11 of the flags: names are UTF-8. */
const UTF8 = 0x0800;

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

async function checksum(blob: Blob): Promise<number> {
  let sum = -1;
  const reader = blob.stream().getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    for (const byte of next.value) {
      sum = (table[(sum ^ byte) & 255] ?? 0) ^ (sum >>> 8);
    }
  }
  return ~sum >>> 0;
}

/** Numbers of two or four bytes, as the format has them. */
function numbers(...values: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array<ArrayBuffer> {
  const bytes = values.flatMap(([length, value]) =>
    Array.from({ length }, (_, index) => (value >>> (8 * index)) & 255),
  );
  return Uint8Array.from(bytes);
}

/** Lists the files of a tree and its empty directories by their paths. Links are left out: the format has none. */
function* filesIn(
  { dir }: FoundDirectory,
  below = '',
): Generator<[path: string, content: Blob, mtimeNs: bigint]> {
  for (const [name, entry] of Object.entries(dir)) {
    if ('dir' in entry) {
      yield [`${below}${name}/`, new Blob([]), entry.mtimeNs];
      yield* filesIn(entry, `${below}${name}/`);
    } else if ('source' in entry) {
      yield [below + name, entry.source, entry.mtimeNs];
    }
  }
}

/** The time in the format's local form, in steps of two seconds from 1980 on. */
function dosTime(nanoseconds: bigint): number {
  const time = new Date(Number(nanoseconds / 1_000_000n));
  const date = (Math.max(0, time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  return (date << 16) | (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1);
}

/**
 * Makes a ZIP archive of a tree.
 *
 * @throws an Error if the tree is too large for the format
 */
export async function zip(tree: FoundDirectory): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let position = 0;
  let count = 0;
  for (const [path, content, mtimeNs] of filesIn(tree)) {
    const name = new TextEncoder().encode(path);
    const common = numbers(
      [2, 20],
      [2, UTF8],
      [2, 0],
      [4, dosTime(mtimeNs)],
      [4, await checksum(content)],
      [4, content.size],
      [4, content.size],
      [2, name.length],
      [2, 0],
    );
    directory.push(
      numbers([4, 0x02014b50], [2, 20]),
      common,
      numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, position]),
      name,
    );
    parts.push(numbers([4, 0x04034b50]), common, name, content);
    position += 30 + name.length + content.size;
    count++;
    if (position > MOST_BYTES || count > MOST_ENTRIES) {
      throw new Error('the copy is too large for a ZIP archive: copy it to a directory that you pick');
    }
  }
  const index = new Blob(directory);
  const end = numbers(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, index.size],
    [4, position],
    [2, 0],
  );
  return new Blob([...parts, index, end], { type: 'application/zip' });
}
