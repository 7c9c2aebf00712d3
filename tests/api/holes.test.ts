// Files with holes. The host knows the holes, so a copy need not read them.

import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { copy, type HostMaker } from 'mapcp';
import { createHost } from 'mapcp/host';
import { describe, expect } from 'vitest';
import { identity } from '../../ts/host/status.js';
import { inMemoryDirectory, inTemporaryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';

const MiB = 1024 * 1024;
const TiB = MiB * MiB;

/** Makes a file of `size` bytes that has its own offset as text at each of these offsets. */
function writePieces(path: string, size: number, offsets: readonly number[]): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  for (const offset of offsets) {
    writeSync(file, `${offset}`, offset);
  }
  closeSync(file);
}

/** Returns the text at these offsets of a file. */
function readPieces(path: string, offsets: readonly number[]): string[] {
  const file = openSync(path, 'r');
  const texts = offsets.map((offset) => {
    const bytes = Buffer.alloc(`${offset}`.length);
    readSync(file, bytes, 0, bytes.length, offset);
    return bytes.toString();
  });
  closeSync(file);
  return texts;
}

const usedBy = (path: string) => statSync(path).blocks * 512;

/** A host that calls `act` when the component asks which ranges of a file hold data, before or after it answers. */
const hostThat =
  (act: (answer: () => BigUint64Array | undefined, file: bigint) => BigUint64Array | undefined): HostMaker =>
  async (preopens) => {
    const host = await createHost({ preopens, clocks: true, random: true, allowOverlap: true });
    const dataRanges = (file: bigint, offset: bigint) => act(() => host.dataRanges(file, offset), file);
    return { imports: host.imports, dataRanges, close: () => host.close() };
  };

describe.runIf(process.platform === 'linux').each([
  ['in memory', inMemoryDirectory],
  ['on the disk', inTemporaryDirectory],
])('a file with holes, %s', (_, inDirectory) => {
  // To read the holes would take minutes.
  it.each([
    ['at its end', [0]],
    ['at its start', [TiB - 20]],
    ['between its data', [0, 5, TiB / 2 - 3, TiB / 2 + 70_000, TiB - 14]],
    ['and nothing else', []],
  ])('of a tebibyte %s is copied in moments', (__, offsets) =>
    inDirectory(async (directory) => {
      const [source, target] = [join(directory, 'a'), join(directory, 'b')];
      writePieces(source, TiB, offsets);
      await expect(copy(source, target)).resolves.toMatchObject({ bytes: TiB, files: 1 });
      expect(statSync(target).size).toBe(TiB);
      expect(readPieces(target, offsets)).toEqual(offsets.map(String));
      expect(usedBy(target)).toBe(usedBy(source));
    }),
  );

  it('and more data than an answer has room for is copied whole', () =>
    inDirectory(async (directory) => {
      const [source, target] = [join(directory, 'a'), join(directory, 'b')];
      const offsets = Array.from({ length: 1000 }, (__, index) => index * 3 * MiB + index);
      writePieces(source, 4000 * MiB, offsets);
      await copy(source, target);
      expect(readPieces(target, offsets)).toEqual(offsets.map(String));
      expect(usedBy(target)).toBe(usedBy(source));
    }));

  it('is copied by several jobs', () =>
    inDirectory(async (directory) => {
      for (const name of ['f', 'g', 'h', 'i']) {
        writePieces(join(directory, name), TiB, [TiB / 4]);
      }
      const report = await copy(directory, `${directory}/copy`, {
        recursive: true,
        concurrency: 2,
        exclude: ['copy'],
      });
      expect(report).toMatchObject({ files: 4, bytes: 4 * TiB });
      expect(readPieces(join(directory, 'copy/i'), [TiB / 4])).toEqual([`${TiB / 4}`]);
    }));

  it('is an error if it gets data after the host has looked', () =>
    inDirectory(async (directory) => {
      const [source, target] = [join(directory, 'a'), join(directory, 'b')];
      writePieces(source, 64 * MiB, [0]);
      const host = hostThat((answer) => {
        const ranges = answer();
        const file = openSync(source, 'r+');
        writeSync(file, 'data', 32 * MiB);
        closeSync(file);
        return ranges;
      });
      await expect(copy(source, target, { host })).rejects.toMatchObject({
        code: 'ERR_MAPCP_SOURCE_CHANGED',
      });
      expect(readdirSync(directory)).toEqual(['a']);
    }));

  it('is an error if it gets shorter after the host has looked', () =>
    inDirectory(async (directory) => {
      const [source, target] = [join(directory, 'a'), join(directory, 'b')];
      writePieces(source, 64 * MiB, [0, 63 * MiB]);
      const host = hostThat((answer) => {
        const ranges = answer();
        truncateSync(source, 10 * MiB);
        return ranges;
      });
      await expect(copy(source, target, { host })).rejects.toMatchObject({
        code: 'ERR_MAPCP_SOURCE_CHANGED',
      });
      expect(readdirSync(directory)).toEqual(['a']);
    }));
});

describe('a host of your own', () => {
  it('is asked for the file by its inode number, and a wrong answer is found by verify', async ({
    directory,
  }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    writeFileSync(source, Buffer.alloc(8 * MiB, 'x'));
    const end = BigInt(8 * MiB);
    const asked: bigint[] = [];
    const host = hostThat((_, file) => {
      asked.push(file);
      return BigUint64Array.of(end, end);
    });
    await expect(copy(source, target, { host, verify: true })).rejects.toMatchObject({
      code: 'ERR_MAPCP_VERIFICATION_FAILED',
    });
    expect(asked).toEqual([identity(statSync(source, { bigint: true })).lower]);
    expect(readdirSync(directory)).toEqual(['a']);
  });

  it('is not asked about a stream, or with sparse: never', async ({ directory }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    writeFileSync(source, Buffer.alloc(8 * MiB, 'x'));
    let questions = 0;
    const host = hostThat(() => {
      questions++;
      return undefined;
    });
    await copy(source, target, { host, sparse: 'never' });
    await copy(new Blob([Buffer.alloc(8 * MiB)]), target, { host });
    expect(questions).toBe(0);
    await copy(source, target, { host });
    expect(questions).toBe(1);
  });
});
