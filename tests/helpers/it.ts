import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { memory } from './directory.js';

/** Creates a directory, and removes it after the test. */
export function temporaryDirectory(below = tmpdir()): string {
  const directory = realpathSync(mkdtempSync(join(below, 'mapcp-test-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** vitest's `it`, with a new directory for each test that names it: on the disk or in memory. */
export const it = test
  .extend('directory', () => temporaryDirectory())
  .extend('inMemory', () => temporaryDirectory(memory));
