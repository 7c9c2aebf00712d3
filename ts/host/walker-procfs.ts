// The race-free walker, for Linux. Node has no openat(2), but procfs has a link to the file of each file descriptor.
// So `/proc/self/fd/N/name` is `name` in the directory that N holds, even if the directory was moved or something
// else has its old path. The kernel sees one name of a guest's path at a time, and never a symbolic link of the
// guest: each call that could follow one has a flag against it.

import { chmodSync, constants, openSync, readlinkSync, statfsSync } from 'node:fs';
import { callsByPath, realPath } from './calls-by-path.js';
import { Handle } from './handle.js';
import { NEW_DIRECTORY } from './modes.js';
import { hasPermissionModel, OWN_DESCRIPTORS } from './permission.js';
import { expectStack } from './stack.js';
import type { Walker } from './walker.js';

/** For a descriptor that only marks a place in the tree, which needs no permission to read it. */
const O_PATH = 0o10000000;

/** The file system type that statfs(2) reports for procfs. */
const PROC_SUPER_MAGIC = 0x9fa0;

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Makes the walker. Undefined if there is no procfs, or only a directory that looks like one. It belongs to the
 * process that makes it.
 */
export function procfsWalker(): Walker | undefined {
  if (process.platform !== 'linux') {
    return undefined;
  }
  let descriptors: string;
  try {
    if (statfsSync(OWN_DESCRIPTORS).type !== PROC_SUPER_MAGIC) {
      return undefined;
    }
    // By the process's number, because following `self` again for each call takes a fifth of the call. But nobody can
    // grant a path with that number when the process is started.
    descriptors = hasPermissionModel() ? OWN_DESCRIPTORS : `/proc/${readlinkSync('/proc/self')}/fd`;
  } catch {
    return undefined;
  }
  const entry = (parent: Handle, name: string): string => `${descriptors}/${parent.fd}/${name}`;

  return {
    ...callsByPath((parent, name, act) => act(entry(parent, name))),

    newDirectory: NEW_DIRECTORY,

    hold(path) {
      expectStack();
      return new Handle(openSync(path, O_PATH | O_DIRECTORY));
    },

    shared: (directory) => entry(directory, '.'),

    realPath: (_, path) => realPath(path),

    enter(parent, name, access) {
      expectStack();
      const flags = access === 'search' ? O_PATH : O_RDONLY;
      return new Handle(openSync(entry(parent, name), flags | O_DIRECTORY | O_NOFOLLOW));
    },

    open(parent, name, flags, mode) {
      expectStack();
      return new Handle(openSync(entry(parent, name), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode));
    },

    setMode(directory, mode) {
      // The link is followed to the directory itself, whatever its own permissions.
      chmodSync(`${descriptors}/${directory.fd}`, mode);
    },

    reopen(fd, flags) {
      expectStack();
      return new Handle(openSync(`${descriptors}/${fd}`, flags));
    },
  };
}
