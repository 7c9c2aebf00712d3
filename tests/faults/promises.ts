// Checks what mapcp promises about a target after any copy. tests/PROMISES.md lists the promises.

import type { Seen } from '../behaviour/tree.js';
import { type ExpectedEntry, type ExpectedTree, type Tree, withAnyTimes } from '../helpers/oracle.js';

/** The modes of an unfinished directory. They are private, and no user sets them. */
const UNFINISHED_DIRECTORY = [0o1720, 0o1000];

/** How much a time may differ, in nanoseconds: hosts keep microseconds. */
const TOLERANCE = 1000n;

/** The target before a copy, after a complete copy, and as it was found. */
export interface Observation {
  readonly before: Tree;
  readonly complete: ExpectedTree;
  readonly found: Tree;
  /** Whether the copy succeeded without errors. */
  readonly succeeded: boolean;
}

/** Whether a path is that of a temporary file. */
export function isTemporary(path: string): boolean {
  return /(^|\/)\.mapcp-[0-9a-f]{16}(é|e\u0301)?\.tmp$/.test(path);
}

/** The name that a tree had before it was moved aside to a path; undefined if the path is not of such a tree. */
export function nameBeforeAside(path: string): string | undefined {
  return /^\.mapcp-[0-9a-f]{16}\.old\.([^/]+)$/.exec(path)?.[1];
}

/**
 * Returns the broken promises of a copy that must be there as a whole or not at all, each as a sentence.
 */
export function brokenWhole({ before, complete, found, succeeded }: Observation): string[] {
  const isNew = brokenPromises({ before, complete, found, succeeded: true });
  // A directory may have had entries for a while, and so has another time.
  const old = withAnyTimes(before, ({ kind }) => kind === 'directory');
  const isOld = brokenPromises({ before, complete: old, found, succeeded: true });
  return succeeded || isOld.length > 0 ? isNew : [];
}

/**
 * Returns the broken promises, each as a sentence.
 *
 * @param mayMiss whether a failed copy may lack an entry; by default it may lack any
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

function isComplete(is: Seen | undefined, whole: ExpectedEntry | undefined): boolean {
  if (is === undefined || whole === undefined) {
    return is === whole;
  }
  const { kind, content, mode = is.mode, time = is.time } = whole;
  return (
    is.kind === kind &&
    is.content === content &&
    is.mode === mode &&
    isNear(nanoseconds(is.time), nanoseconds(time))
  );
}

/** The reverse of `decimal` in tests/behaviour/tree.ts. As a double, a time of today would lose a quarter of a microsecond. */
function nanoseconds(seconds: string): bigint {
  const [whole = '', digits = ''] = seconds.split('.');
  return BigInt(whole + digits.padEnd(9, '0'));
}

function isNear(one: bigint, other: bigint): boolean {
  return one - other < TOLERANCE && other - one < TOLERANCE;
}

/** Whether an entry is unchanged. A directory may have new entries, and so another time. */
function isOld(is: Seen | undefined, old: Seen | undefined): boolean {
  return isComplete(is, old?.kind === 'directory' ? { ...old, time: is?.time ?? old.time } : old);
}

/** Whether an entry is a new directory that is not finished. */
function isBegun(is: Seen | undefined, whole: ExpectedEntry | undefined): boolean {
  const isNew = is?.kind === 'directory' && whole?.kind === 'directory';
  return isNew && [...UNFINISHED_DIRECTORY, whole.mode ?? is.mode].includes(is.mode);
}

function describe(entry: ExpectedEntry | undefined): string {
  if (entry === undefined) {
    return 'absent';
  }
  const { kind, content, mode, time } = entry;
  const more = [mode?.toString(8), time].filter((each) => each !== undefined);
  return `a ${kind} of ${content.length} bytes (${more.join(', ')})`;
}
