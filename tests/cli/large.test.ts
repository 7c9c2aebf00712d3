import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inMemoryDirectory, inTemporaryDirectory } from '../helpers/directory.js';
import { runProgram } from '../helpers/program.js';
import { frontends } from './frontends.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** A sparse file of `size` bytes, with data in `pieces`. */
function writeSparse(path: string, size: number, pieces: readonly { at: number; bytes: Buffer }[]): void {
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, size);
  for (const { at, bytes } of pieces) {
    writeSync(descriptor, bytes, 0, bytes.length, at);
  }
  closeSync(descriptor);
}

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 4 <= length; index += 4) {
    bytes.writeUInt32LE(Math.imul(index, 2654435761) >>> 0, index);
  }
  return bytes;
}

const files = [
  {
    name: 'a file of 300 MB',
    inDirectory: inTemporaryDirectory,
    write: (path: string) =>
      writeSparse(path, 300_000_000, [
        { at: 0, bytes: pattern(150_000_000) },
        { at: 150_000_000, bytes: pattern(150_000_000) },
      ]),
  },
  {
    name: 'a sparse file of 4 GiB and 1 byte',
    // In memory, holes are read 20 times as fast as on a disk.
    inDirectory: inMemoryDirectory,
    write: (path: string) =>
      writeSparse(path, 4 * GiB + 1, [
        { at: 0, bytes: pattern(MiB) },
        { at: 2 * GiB - 8, bytes: pattern(16) },
        { at: 4 * GiB, bytes: Buffer.from('!') },
      ]),
  },
];

describe.each(frontends)('mapcp in $name', (frontend) => {
  it.each(files)('copies $name, with less than 200 MB of memory', ({ write, inDirectory }) => {
    inDirectory((directory) => {
      mkdirSync(join(directory, 'in'));
      mkdirSync(join(directory, 'out'));
      write(join(directory, 'in/a'));

      const options = { cwd: directory };
      const timed = ['--format=%M', ...frontend.command, 'in/a', 'out/a'];
      const { status, stderr } = runProgram('time', timed, options);

      expect(status).toBe(0);
      expect(runProgram('cmp', ['in/a', 'out/a'], options).status).toBe(0);
      const peak = Number(stderr) * 1024;
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThan(200_000_000);
    });
  });
});
