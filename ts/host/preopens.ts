// The directories that a component gets.

import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Directory } from './directory.js';
import { OverlapError } from './errors.js';
import type { Grant, Preopens } from './grant.js';
import { withSlashes } from './names.js';
import { isGranted } from './permission.js';
import { identity, isSameFile } from './status.js';
import type { Walker } from './walker.js';

/** Whether `inner` is the directory `outer` or lies in it, by their identities and not by their names. */
function liesIn(inner: string, outer: string): boolean {
  const wanted = identity(statSync(outer, { bigint: true }));
  for (let place = realpathSync(inner); ; place = dirname(place)) {
    // A directory that Node's permission model hides is not `outer`, because that is granted.
    if (isGranted(place, 'read') && isSameFile(identity(statSync(place, { bigint: true })), wanted)) {
      return true;
    }
    if (place === dirname(place)) {
      return false;
    }
  }
}

/**
 * Refuses a read-only preopen that is a read-write one or lies in one, because a component could change it through
 * the other. Throws an {@link OverlapError} that names both.
 */
export function refuseOverlap(preopens: Preopens): void {
  const entries = Object.entries(preopens);
  for (const [reading, { path: inner }] of entries.filter(([, { access }]) => access === 'read')) {
    for (const [writing, { path: outer }] of entries.filter(([, { access }]) => access === 'read-write')) {
      if (liesIn(inner, outer)) {
        throw new OverlapError(reading, writing);
      }
    }
  }
}

/**
 * Opens and holds every preopen, with its access and the `common` part of its grant. If one fails, closes the others
 * and throws Node's own error for the path.
 */
export function holdPreopens(
  walker: Walker,
  preopens: Preopens,
  common: Omit<Grant, 'access'>,
): Map<string, Directory> {
  const roots = new Map<string, Directory>();
  try {
    for (const [name, { path, access }] of Object.entries(preopens)) {
      const handle = walker.hold(path);
      // Only compared as text, so it does not matter what has this path at the time of a call.
      const realPath = common.absoluteLinks ? walker.realPath(handle, path) : undefined;
      const hostPath = realPath && withSlashes(realPath);
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
