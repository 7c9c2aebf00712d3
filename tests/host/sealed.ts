import { lstatSync, lutimesSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';

/** Everything below a directory, in order. */
export function namesBelow(directory: string): string[] {
  // With types, since without them Node goes on through symbolic links.
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map(({ parentPath, name }) => join(relative(directory, parentPath), name))
    .sort();
}

/**
 * Seals a tree: what this returns fails the test where anything in it has been changed since, or read.
 *
 * All gets times long ago, because systems note when something was read only where it has changed since the last time.
 */
export function sealed(directory: string): () => void {
  const names = ['.', ...namesBelow(directory)];
  for (const name of names) {
    lutimesSync(join(directory, name), 1, 1);
  }
  const look = () =>
    names.map((name) => [name, lstatSync(join(directory, name), { bigint: true, throwIfNoEntry: false })]);
  const before = look();
  return () => {
    // First, since to list a directory is to read it.
    expect(look()).toEqual(before);
    expect(['.', ...namesBelow(directory)]).toEqual(names);
  };
}
