// Directories that a copy creates, until they have their modes.

import { ignoringErrors, nodeCode } from './error-code.js';
import type { Handle } from './handle.js';
import type { HandleWalk } from './handle-walk.js';
import type { ModeCarrier } from './modes.js';
import {
  giveMode,
  isNewDirectory,
  PRIVATE_DIRECTORY,
  permissionsOf,
  setGroupOf,
  UNFINISHED_DIRECTORY,
} from './modes.js';
import type { Walker } from './walker.js';

/**
 * Creates a directory at the position of a walk, which gets `mode` when it is finished. Until then its mode marks it as
 * unfinished. Fails as mkdir(2) does.
 *
 * @param path the guest's path of it, to report that the system refused its mode
 */
export function createUnfinished(
  walker: Walker,
  walk: HandleWalk,
  mode: number,
  modes: ModeCarrier,
  path: string,
): void {
  try {
    walker.makeDirectory(walk.directory, walk.name, walker.newDirectory);
  } catch (error) {
    if (nodeCode(error) === 'EEXIST') {
      modes.noteDirectoryExists(walk.status(), mode);
    }
    throw error;
  }
  let made: Handle | undefined;
  try {
    made = walker.enter(walk.directory, walk.name, 'search');
    mark(walker, walk, made, mode, modes, path);
  } catch (error) {
    // Without its mode the directory is useless. If it is not removed because it is not empty, it is another one by now.
    ignoringErrors(() => walker.removeDirectory(walk.directory, walk.name));
    throw error;
  } finally {
    made?.release();
  }
}

/** Marks the directory that `made` holds, which was just created, as unfinished. */
function mark(
  walker: Walker,
  walk: HandleWalk,
  made: Handle,
  mode: number,
  modes: ModeCarrier,
  path: string,
): void {
  const status = made.status();
  if (!isNewDirectory(status, walker.newDirectory)) {
    // Another directory has taken its name, or the file system chooses modes itself, which may be right. Or another job
    // of the same copy has met the directory, and is at work in it.
    if (!modes.noteDirectoryOfCopy(status, mode) && permissionsOf(status) !== mode) {
      modes.noteRefused(path, 'EPERM');
    }
    return;
  }
  const refused = setMode(walker, made, UNFINISHED_DIRECTORY | setGroupOf(status));
  if (refused === undefined) {
    modes.noteDirectoryCreated(status, mode);
  } else {
    walker.removeDirectory(walk.directory, walk.name);
    walker.makeDirectory(walk.directory, walk.name, PRIVATE_DIRECTORY);
    modes.noteRefused(path, refused);
  }
}

/** Gives a held directory its mode. Returns the system's reason if it refuses, as Node's code; otherwise undefined. */
export function setMode(walker: Walker, directory: Handle, mode: number): string | undefined {
  return giveMode(
    mode,
    (wanted) => walker.setMode(directory, wanted),
    () => directory.brief().mode,
  );
}
