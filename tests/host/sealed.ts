import { lstatSync, lutimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/** All paths below a directory, sorted. */
export function namesBelow(directory: string): string[] {
  // Not with `recursive`, because some releases of Node then follow symbolic links.
  const namesIn = (path: string): string[] =>
    readdirSync(join(directory, path), { withFileTypes: true }).flatMap((entry) => {
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      return entry.isDirectory() ? [name, ...namesIn(name)] : [name];
    });
  return namesIn('').sort();
}

/**
 * Seals a tree. The returned function fails the test if anything in it has been changed or read since.
 *
 * All entries get old times: systems update the time of a read only if the entry has changed since the last one.
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
    // First, because listing a directory is a read.
    expect(look()).toEqual(before);
    expect(['.', ...namesBelow(directory)]).toEqual(names);
  };
}
