// The race-free walker, for Linux. Node has no openat(2), but procfs has links that lead to whatever a file
// descriptor holds, so `/proc/self/fd/N/name` is `name` in the directory that N holds, wherever that directory has
// been moved to and whatever stands at its old path. The kernel sees one component of a guest's path at a time, and
// never a symbolic link of the guest's: each call that could follow one is told not to.

import { closeSync, constants, fstatSync, openSync, statfsSync } from 'node:fs';
import { Handle } from './handle.js';
import type { Directory, Walker } from './walker.js';

/** A descriptor that names an inode without opening it: no side effect, whatever kind of file it is. */
const O_PATH = 0o10000000;

/** The file system type that statfs(2) gives for procfs. */
const PROC_SUPER_MAGIC = 0x9fa0;

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** Whether this system has a real procfs, and not a directory made to look like one. */
export function hasProcfs(): boolean {
  try {
    return process.platform === 'linux' && statfsSync('/proc/self/fd').type === PROC_SUPER_MAGIC;
  } catch {
    return false;
  }
}

function entry(parent: Directory, name: string): string {
  return `/proc/self/fd/${parent.fd}/${name}`;
}

export const procfsWalker: Walker = {
  hold(path) {
    return new Handle(openSync(path, O_RDONLY | O_DIRECTORY));
  },

  enter(parent, name) {
    return new Handle(openSync(entry(parent, name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  },

  open(parent, name, choose) {
    const found = openSync(entry(parent, name), O_PATH | O_NOFOLLOW);
    try {
      const flags = choose(fstatSync(found, { bigint: true }));
      return flags === undefined ? undefined : openSync(`/proc/self/fd/${found}`, flags);
    } finally {
      closeSync(found);
    }
  },

  create(parent, name, flags) {
    return openSync(entry(parent, name), flags);
  },

  at(parent, name, act) {
    return act(entry(parent, name));
  },

  reopen(fd, flags) {
    return openSync(`/proc/self/fd/${fd}`, flags);
  },
};
