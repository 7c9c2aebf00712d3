import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The entries of a directory: contents by file name, and 'directory' for a directory. */
export type Tree = Record<string, Uint8Array | 'directory'>;

/** Creates a directory with `tree`, and removes it after the test. */
export function directoryWith(tree: Tree): string {
  const directory = mkdtempSync(join(tmpdir(), 'mapcp-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(tree)) {
    if (content === 'directory') {
      mkdirSync(join(directory, name));
    } else {
      writeFileSync(join(directory, name), content);
    }
  }
  return directory;
}
