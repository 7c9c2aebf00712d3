// Which ranges of a file hold data.

import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Handle } from '../../ts/host/handle.js';
import { type Seek, SparseFiles } from '../../ts/host/sparse-files.js';
import { temporaryDirectory } from '../helpers/it.js';

const MiB = 1024 * 1024;
const SIZE = 64 * MiB;

/** A file of 64 MiB in a directory. It has data at these offsets. */
function fileWith(offsets: readonly number[], below?: string) {
  const fd = openSync(join(temporaryDirectory(below), 'file'), 'w+');
  const handle = new Handle(fd);
  onTestFinished(() => handle.end());
  ftruncateSync(fd, SIZE);
  const write = (offset: number) => writeSync(fd, 'data', offset);
  offsets.forEach(write);
  return { file: handle, inode: handle.identity().lower, write };
}

const linux = it.runIf(process.platform === 'linux');

linux.each(['/dev/shm', undefined])('data and holes are found below %s', (below) => {
  const { file, inode } = fileWith([0, 8 * MiB + 5, SIZE - 10], below);
  const files = new SparseFiles();
  files.noteOpened(file, fstatSync(file.fd));
  const end = BigInt(SIZE);
  expect([...(files.dataRanges(inode, 0n) ?? [])]).toEqual([
    ...[0n, 4096n],
    ...[BigInt(8 * MiB), BigInt(8 * MiB) + 4096n],
    ...[end - 4096n, end],
  ]);
  expect([...(files.dataRanges(inode, end - 4096n) ?? [])]).toEqual([end - 4096n, end]);
  expect([...(files.dataRanges(inode, end - 1n) ?? [])]).toEqual([end - 1n, end]);
});

linux.each(['/dev/shm', undefined])('a file of nothing but a hole needs no koffi below %s', (below) => {
  const { file, inode, write } = fileWith([], below);
  const files = new SparseFiles(() => undefined);
  files.noteOpened(file, fstatSync(file.fd));
  expect([...(files.dataRanges(inode, 0n) ?? [])]).toEqual([BigInt(SIZE), BigInt(SIZE)]);
  // From now on, lseek(2) is needed.
  write(5);
  expect(files.dataRanges(inode, 0n)).toBe(undefined);
});

linux('nothing is known of a file that is closed, or that has no large hole', () => {
  const { file, inode } = fileWith([1]);
  const files = new SparseFiles();
  expect(files.dataRanges(inode, 0n)).toBe(undefined);
  files.noteOpened(file, Object.assign(fstatSync(file.fd), { blocks: SIZE / 512 }));
  expect(files.dataRanges(inode, 0n)).toBe(undefined);
  files.noteOpened(file, fstatSync(file.fd));
  expect(files.dataRanges(inode, 0n)).toHaveLength(4);
  files.noteClosed(file);
  expect(files.dataRanges(inode, 0n)).toBe(undefined);
});

linux('the ranges of a file that is open twice are known until both are closed', () => {
  const { file, inode } = fileWith([1]);
  const again = new Handle(openSync(`/proc/self/fd/${file.fd}`, 'r'));
  onTestFinished(() => again.end());
  const files = new SparseFiles();
  files.noteOpened(file, fstatSync(file.fd));
  files.noteOpened(again, fstatSync(again.fd));
  for (const each of [again, file]) {
    expect(files.dataRanges(inode, 0n)).toHaveLength(4);
    files.noteClosed(each);
  }
  expect(files.dataRanges(inode, 0n)).toBe(undefined);
});

linux('an answer has at most 128 ranges', () => {
  const { file, inode } = fileWith([1]);
  // Data in each second block.
  const seek: Seek = (_, offset, whence) => (offset / 4096n + (whence === 3 ? 0n : 1n)) * 4096n;
  const files = new SparseFiles(() => seek);
  files.noteOpened(file, fstatSync(file.fd));
  expect(files.dataRanges(inode, 0n)).toHaveLength(256);
});

linux('nothing is known if lseek fails', () => {
  const { file } = fileWith([1]);
  const files = new SparseFiles();
  // lseek(2) refuses the descriptor of a file that is only held.
  const held = new Handle(openSync(`/proc/self/fd/${file.fd}`, 0o10000000));
  onTestFinished(() => held.end());
  files.noteOpened(held, fstatSync(file.fd));
  expect(files.dataRanges(held.identity().lower, 0n)).toBe(undefined);
});

linux('nothing is known of a file that the system does not reach any more', () => {
  const fd = openSync(join(temporaryDirectory(), 'file'), 'w+');
  ftruncateSync(fd, SIZE);
  const file = new Handle(fd);
  const { lower } = file.identity();
  const files = new SparseFiles();
  files.noteOpened(file, fstatSync(fd));
  closeSync(fd);
  expect(files.dataRanges(lower, 0n)).toBe(undefined);
});
