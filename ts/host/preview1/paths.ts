// The functions of preview 1 on paths. Each path is walked by the directory from which it starts.

import { fail } from '../error-code.js';
import { APPEND, type Descriptors, NONBLOCK } from './descriptors.js';
import { DSYNC, FD_READ, FD_WRITE, RSYNC, SYNC } from './files.js';
import { newTimes, putFilestat } from './filestat.js';
import { flagsIn, type Implementation } from './functions.js';
import type { Memory } from './memory.js';
import type { System } from './system.js';

/** The only flag of a lookup. */
const FOLLOW = 1;

// How a path is opened.
const CREATE = 1;
const DIRECTORY = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;

const follows = (flags: number): boolean => flagsIn(flags, FOLLOW) !== 0;

/** Makes the functions on paths. */
export function pathFunctions(
  memory: Memory,
  descriptors: Descriptors,
  { timesOf }: System,
): Implementation<`path_${string}`> {
  const directoryOf = (fd: number) => descriptors.directory(fd).directory;
  const path = (pointer: number, length: number): string => memory.path(pointer, length);

  return {
    path_create_directory: (fd, pointer, length) => {
      directoryOf(fd).createDirectoryAt(path(pointer, length));
    },
    path_filestat_get: (fd, flags, pointer, length, result) => {
      const status = directoryOf(fd).statAt(follows(flags), path(pointer, length));
      putFilestat(memory, result, status, timesOf(status));
    },
    path_filestat_set_times: (fd, flags, pointer, length, accessed, modified, set) => {
      const wanted = newTimes(accessed, modified, set);
      directoryOf(fd).setTimesAt(follows(flags), path(pointer, length), ...wanted);
    },
    path_link: (fd, flags, pointer, length, newFd, newPointer, newLength) => {
      const [from, to] = [directoryOf(fd), directoryOf(newFd)];
      from.linkAt(follows(flags), path(pointer, length), to, path(newPointer, newLength));
    },
    path_open: (fd, lookup, pointer, length, how, rights, _inherited, flags, result) => {
      const name = path(pointer, length);
      flagsIn(how, CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE);
      flagsIn(flags, APPEND | DSYNC | NONBLOCK | RSYNC | SYNC);
      const entry = descriptors.get(fd);
      if (entry.kind !== 'directory') {
        fail(entry.kind === 'file' ? 'not-directory' : 'bad-descriptor');
      }
      descriptors.expectRoom();
      const opened = entry.directory.openAt(
        follows(lookup),
        name,
        {
          create: (how & CREATE) !== 0,
          directory: (how & DIRECTORY) !== 0,
          exclusive: (how & EXCLUSIVE) !== 0,
          truncate: (how & TRUNCATE) !== 0,
        },
        // By its rights, a program says what it opens a path for. The others do not matter here.
        {
          read: (rights & FD_READ) !== 0n,
          write: (rights & FD_WRITE) !== 0n,
          fileIntegritySync: (flags & SYNC) !== 0,
          dataIntegritySync: (flags & DSYNC) !== 0,
          requestedWriteSync: (flags & RSYNC) !== 0,
        },
      );
      memory.putU32(result, descriptors.add(opened, flags & (APPEND | NONBLOCK)));
    },
    path_readlink: (fd, pointer, length, buffer, size, result) => {
      const text = directoryOf(fd).readLinkAt(path(pointer, length));
      const target = new TextEncoder().encode(text).subarray(0, size);
      memory.bytesAt(buffer, target.length).set(target);
      memory.putU32(result, target.length);
    },
    path_remove_directory: (fd, pointer, length) => {
      directoryOf(fd).removeDirectoryAt(path(pointer, length));
    },
    path_rename: (fd, pointer, length, newFd, newPointer, newLength) => {
      const [from, to] = [directoryOf(fd), directoryOf(newFd)];
      from.renameAt(path(pointer, length), to, path(newPointer, newLength));
    },
    path_symlink: (target, targetLength, fd, pointer, length) => {
      directoryOf(fd).symlinkAt(path(target, targetLength), path(pointer, length));
    },
    path_unlink_file: (fd, pointer, length) => {
      directoryOf(fd).unlinkFileAt(path(pointer, length));
    },
  };
}
