// Node's permission model (node --permission). It allows or denies a call by the path in it, and denies some calls
// altogether. It does not know paths through procfs, by which a component is confined, so the host checks the paths
// that they lead to.

import { chmodSync, fchmodSync, futimesSync, statfsSync, utimesSync } from 'node:fs';
import { resolve } from 'node:path';
import { isError } from '../common/check.js';
import type { Access, Preopens } from './grant.js';

/** The open descriptors of this process, by a path that can be granted before the process has a number. */
export const OWN_DESCRIPTORS = '/proc/self/fd';

/** The code of Node's own error. */
const DENIED = 'ERR_ACCESS_DENIED';

/** Whether Node was started with its permission model. */
export function hasPermissionModel(): boolean {
  return process.permission !== undefined;
}

/** Whether Deno denies a path. It grants those in /proc only together with everything else. */
export function isDeniedByDeno(path: string): boolean {
  try {
    statfsSync(path);
    return false;
  } catch (error) {
    return isError(error) && error.name === 'NotCapable';
  }
}

/** Whether Node allows reading below a directory, and also writing if `access` is `read-write`. */
export function isGranted(path: string, access: Access): boolean {
  const { permission } = process;
  const place = resolve(path);
  return (
    permission === undefined ||
    (permission.has('fs.read', place) && (access === 'read' || permission.has('fs.write', place)))
  );
}

/** Returns the flags of Node that grant this access. */
export function flagsFor(path: string, access: Access): string {
  const read = `--allow-fs-read=${resolve(path)}`;
  return access === 'read' ? read : `${read} --allow-fs-write=${resolve(path)}`;
}

/** Throws an error like Node's, with the flags that are missing, unless Node grants what these preopens need. */
export function requireGranted(preopens: Preopens): void {
  for (const { path, access } of Object.values(preopens)) {
    if (!isGranted(path, access)) {
      const message = `Node's permission model denies it: start Node with ${flagsFor(path, access)}`;
      throw Object.assign(new Error(message), { code: DENIED, path });
    }
  }
}

/** Changes the mode of an open file. The permission model forbids that by descriptor, and allows it by path. */
export function changeMode(fd: number, mode: number): void {
  if (hasPermissionModel()) {
    chmodSync(`${OWN_DESCRIPTORS}/${fd}`, mode);
  } else {
    fchmodSync(fd, mode);
  }
}

/** Changes the times of an open file, in seconds since 1970 or as dates. Uses a path in the same case. */
export function changeTimes(fd: number, atime: number | Date, mtime: number | Date): void {
  if (hasPermissionModel()) {
    utimesSync(`${OWN_DESCRIPTORS}/${fd}`, atime, mtime);
  } else {
    futimesSync(fd, atime, mtime);
  }
}
