// A small tree, and the paths in it that fuzzed copies use.

import { lutimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { putInto } from '../behaviour/tree.js';

/** More than a page, so a file has two windows. Each file has a letter of its own, so a mixture is seen. */
const LENGTH = 70_000;

/** Sources of copies, among them a missing one. */
export const sources = [
  ...['in', 'in/f', 'in/d', 'in/d/g', 'in/link', 'in/loose', 'in/empty', 'in/missing'],
  ...['out', 'out/old', 'out/h'],
] as const;

/** Targets of copies: missing, older, newer, of another kind, and the source itself. */
export const targets = [
  ...['out/x', 'out/x/y', 'out', 'out/h', 'out/h/x', 'out/old', 'out/old/f', 'out/odd', 'out/odd/f'],
  ...['in', 'in/x', 'in/f', 'in/link', 'in/d', 'in/d/g', 'in/d/e/x'],
] as const;

/** Makes files, directories and links in a directory. All times are whole seconds. */
export function putFixture(directory: string): void {
  const put = putInto(directory);
  put.directory('in/d/e', 'out/old/d', 'out/odd/f');
  const letters = {
    'in/f': 'f',
    'in/d/g': 'g',
    'out/h': 'h',
    'out/old/f': 'i',
    'out/old/d/g': 'j',
    'out/odd/d': 'k',
  };
  for (const [path, letter] of Object.entries(letters)) {
    put.file(path, letter.repeat(LENGTH));
  }
  put.file('in/empty', '');
  put.symlink('in/link', 'd/g');
  put.symlink('in/loose', 'nowhere');
  put.symlink('out/old/link', 'elsewhere');
  const modes = { 'in/f': 0o640, 'in/d/g': 0o755, 'in/d': 0o750, 'in/d/e': 0o711 };
  for (const [path, mode] of Object.entries(modes)) {
    put.mode(path, mode);
  }
  // One entry of out/old is older than its counterpart in the source, and the others are newer.
  const times: Readonly<Record<string, number>> = { 'in/f': 3000, 'in/d/g': 1000, 'in/link': 1000 };
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const time = times[path] ?? 2000;
    lutimesSync(join(directory, path), time, time);
  }
}
