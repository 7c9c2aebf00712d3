// The directories that a component gets.

import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Directory } from './directory.js';
import type { Access, Grant } from './grant.js';
import { isGranted } from './permission.js';
import { identity, isSameFile } from './status.js';
import type { Walker } from './walker.js';

/** A directory of the system that a component gets. */
export interface Preopen {
  /** Its path; symbolic links in it are followed, and a relative one starts at the working directory. */
  path: string;
  /** What may be done below it. */
  access: Access;
}

/** A path without symbolic links; undefined if there is none. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** Whether `inner` is the directory `outer` or lies in it, by what the directories are and not by their names. */
function liesIn(inner: string, outer: string): boolean {
  const wanted = identity(statSync(outer, { bigint: true }));
  for (let place = realpathSync(inner); ; place = dirname(place)) {
    // What Node's permission model hides is not `outer`, which it has granted.
    if (isGranted(place, 'read') && isSameFile(identity(statSync(place, { bigint: true })), wanted)) {
      return true;
    }
    if (place === dirname(place)) {
      return false;
    }
  }
}

/**
 * Refuses a read-only preopen that is, or lies in, a read-write one: what is below it could be changed by the other
 * name. Throws an `Error` that names both.
 */
export function refuseOverlap(preopens: Readonly<Record<string, Preopen>>): void {
  const entries = Object.entries(preopens);
  for (const [reading, { path: inner }] of entries.filter(([, { access }]) => access === 'read')) {
    for (const [writing, { path: outer }] of entries.filter(([, { access }]) => access === 'read-write')) {
      if (liesIn(inner, outer)) {
        throw new Error(
          `the read-only preopen '${reading}' lies in the read-write preopen '${writing}', so it could be changed; ` +
            `set allowOverlap where that is meant`,
        );
      }
    }
  }
}

/** Holds every preopen, granted what all have in `common`. On failure nothing stays open, and the error is Node's own for the path. */
export function holdPreopens(
  walker: Walker,
  preopens: Readonly<Record<string, Preopen>>,
  common: Omit<Grant, 'access'>,
): Map<string, Directory> {
  const roots = new Map<string, Directory>();
  try {
    for (const [name, { path, access }] of Object.entries(preopens)) {
      const handle = walker.hold(path);
      // Only by its text, so what has this path by the time of a call does not matter.
      const hostPath = common.absoluteLinks ? realPath(path) : undefined;
      roots.set(name, new Directory(walker, handle, { ...common, access }, name, hostPath));
    }
  } catch (error) {
    for (const root of roots.values()) {
      root.close();
    }
    throw error;
  }
  return roots;
}
