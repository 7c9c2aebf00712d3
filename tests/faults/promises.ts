// What is promised of a target, whatever happens to a copy, as a check: tests/PROMISES.md has it in words.

import type { Seen } from '../behaviour/tree.js';
import type { Promised, PromisedTree, Tree } from './complete.js';

/** The modes of a directory that is not finished: private, and told from one that somebody made so. */
const UNFINISHED_DIRECTORY = [0o1720, 0o1000];

/** How far a time may be off, in seconds: they are kept to the microsecond. */
const TOLERANCE = 1e-6;

/** A target before a copy, what that makes of it when all is done, and as it is found. */
export interface Observation {
  readonly before: Tree;
  readonly complete: PromisedTree;
  readonly found: Tree;
  /** Whether the copy said that all is done. */
  readonly succeeded: boolean;
}

/** Whether a path is one of a file that is not finished. */
export function isTemporary(path: string): boolean {
  return /(^|\/)\.mapcp-[0-9a-f]{16}(é|e\u0301)?\.tmp$/.test(path);
}

/**
 * The promises that were broken, a sentence for each; none is good.
 *
 * @param mayMiss what a copy that has failed may not have done; by default anything
 */
export function brokenPromises(
  { before, complete, found, succeeded }: Observation,
  mayMiss: (path: string) => boolean = () => true,
): string[] {
  const broken: string[] = [];
  for (const path of new Set([before, complete, found].flatMap(Object.keys))) {
    const [old, whole, is] = [before[path], complete[path], found[path]];
    const mayBeOld = !succeeded && mayMiss(path);
    if (isTemporary(path)) {
      broken.push(`'${path}' is left`);
    } else if (!isComplete(is, whole) && !(mayBeOld && (isOld(is, old) || isBegun(is, whole)))) {
      broken.push(`'${path}' is ${describe(is)}, and was ${describe(old)}, to become ${describe(whole)}`);
    }
  }
  return broken;
}

function isComplete(is: Seen | undefined, whole: Promised | undefined): boolean {
  if (is === undefined || whole === undefined) {
    return is === whole;
  }
  const { kind, content, mode = is.mode, time = is.time } = whole;
  return (
    is.kind === kind &&
    is.content === content &&
    is.mode === mode &&
    Math.abs(Number(is.time) - Number(time)) < TOLERANCE
  );
}

/** Whether something is its old self, though other things may have been made in a directory. */
function isOld(is: Seen | undefined, old: Seen | undefined): boolean {
  return isComplete(is, old?.kind === 'directory' ? { ...old, time: is?.time ?? old.time } : old);
}

/** Whether it is a new directory on its way to being complete. */
function isBegun(is: Seen | undefined, whole: Promised | undefined): boolean {
  const isNew = is?.kind === 'directory' && whole?.kind === 'directory';
  return isNew && [...UNFINISHED_DIRECTORY, whole.mode ?? is.mode].includes(is.mode);
}

function describe(entry: Promised | undefined): string {
  if (entry === undefined) {
    return 'absent';
  }
  const { kind, content, mode, time } = entry;
  const more = [mode?.toString(8), time].filter((each) => each !== undefined);
  return `a ${kind} of ${content.length} bytes (${more.join(', ')})`;
}
