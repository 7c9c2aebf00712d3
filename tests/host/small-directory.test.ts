import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it, onTestFinished } from 'vitest';
import { isSmallDirectory } from '../../ts/host/small-directory.js';

const TMPFS = 0x0102_1994;
const SHARED_MEMORY = '/dev/shm';

const hasTmpfs = process.platform === 'linux' && statfsSync(SHARED_MEMORY).type === TMPFS;

it.skipIf(!hasTmpfs)('a directory is listed at once only if its size bounds its entries', () => {
  const directory = mkdtempSync(join(SHARED_MEMORY, 'mapcp-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (let index = 0; index < 200; index++) {
    writeFileSync(join(directory, `${index}`), '');
  }
  expect(isSmallDirectory(directory)).toBe(true);
  for (let index = 200; index < 300; index++) {
    writeFileSync(join(directory, `${index}`), '');
  }
  expect(isSmallDirectory(directory)).toBe(false);
  // The directories of procfs have the size 0, whatever is in them.
  expect(isSmallDirectory('/proc')).toBe(false);
});
