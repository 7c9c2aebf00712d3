// What is promised of a target, whatever happens to a copy, as a check: tests/PROMISES.md has it in words.

import type { Seen } from '../behaviour/tree.js';

/** What a directory holds, by the paths in it. */
export type Tree = Readonly<Record<string, Seen>>;

/** A target before a copy, after one that nothing happened to, and as it is found. */
export interface Observation {
  readonly before: Tree;
  readonly complete: Tree;
  readonly found: Tree;
  /** Whether the copy said that all is done. */
  readonly succeeded: boolean;
}

/** Whether a path is one of a file that is not finished. */
export function isTemporary(path: string): boolean {
  return /(^|\/)\.mapcp-[0-9a-f]{16}\.tmp$/.test(path);
}

/** The promises that were broken, a sentence for each; none is good. */
export function brokenPromises({ before, complete, found, succeeded }: Observation): string[] {
  const broken: string[] = [];
  for (const path of new Set([before, complete, found].flatMap(Object.keys))) {
    const [old, whole, is] = [before[path], complete[path], found[path]];
    if (isTemporary(path)) {
      broken.push(`'${path}' is left`);
    } else if (succeeded ? !isSame(is, whole) : !isSame(is, old) && !isSame(is, whole)) {
      broken.push(`'${path}' is ${describe(is)}, and was ${describe(old)}, to become ${describe(whole)}`);
    }
  }
  return broken;
}

function isSame(one: Seen | undefined, other: Seen | undefined): boolean {
  return one?.kind === other?.kind && one?.content === other?.content;
}

function describe(seen: Seen | undefined): string {
  return seen === undefined ? 'absent' : `a ${seen.kind} of ${seen.content.length} bytes`;
}
