// What a copy is to come to, by what there was before it: no copy of mapcp's own has a say in that.

import { join } from 'node:path';
import { look } from '../behaviour/tree.js';
import type { Tree } from './promises.js';

/**
 * What `out` of a directory holds after a copy of `in/a` to `out/b`: what is copied, in place of what it held before. A
 * directory that was there stays the one that it was.
 */
export function completeTarget(directory: string, before: Tree): Tree {
  const after = { ...before };
  for (const [path, seen] of Object.entries(look(join(directory, 'in')))) {
    const target = path.replace(/^a(?=\/|$)/, 'b');
    if (seen.kind !== 'directory' || before[target]?.kind !== 'directory') {
      after[target] = seen;
    }
  }
  return after;
}
