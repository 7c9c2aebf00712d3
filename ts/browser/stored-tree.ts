// The content of a directory of the browser, as a page gets it. It is read in the page itself, because a browser takes
// longer to send many files from a worker than to read them.

import type { FoundDirectory, FoundEntry } from './entries.js';
import { milliseconds } from './nodes.js';
import { inParallel } from './parallel.js';
import { StorageError } from './storage-error.js';

/** The directories at a depth of a tree. */
type Level = {
  readonly handle: FileSystemDirectoryHandle;
  readonly path: string;
  readonly dir: Record<string, FoundEntry>;
  /** Leaves the directory out of its parent; undefined for the root. */
  readonly leaveOut: (() => void) | undefined;
}[];

/**
 * Lists a directory and everything below it. Entries that vanish meanwhile are left out. The directory itself must be
 * there.
 *
 * @param root the directory
 * @param name its guest path
 * @throws {StorageError} if something cannot be read
 */
export async function storedTree(root: FileSystemDirectoryHandle, name: string): Promise<FoundDirectory> {
  const found = emptyDirectory();
  let level: Level = [{ handle: root, path: name, dir: found.dir, leaveOut: undefined }];
  while (level.length > 0) {
    const files: (() => Promise<void>)[] = [];
    const directories: Level = [];
    await inParallel(level, async ({ handle, path, dir, leaveOut }) => {
      const list = async () => {
        for await (const [key, child] of handle.entries()) {
          const below = `${path === '/' ? '' : path}/${key}`;
          const leaveOut = () => void delete dir[key];
          if (child.kind === 'directory') {
            const inner = emptyDirectory();
            dir[key] = inner;
            directories.push({
              handle: child as FileSystemDirectoryHandle,
              path: below,
              dir: inner.dir,
              leaveOut,
            });
          } else {
            const inspect = async () => {
              const source = await (child as FileSystemFileHandle).getFile();
              dir[key] = { source, mtimeNs: milliseconds(source.lastModified) };
            };
            files.push(() => reading('inspect', below, inspect, leaveOut));
          }
        }
      };
      await reading('list', path, list, leaveOut);
    });
    await inParallel(files, (read) => read());
    level = directories;
  }
  return found;
}

function emptyDirectory(): { dir: Record<string, FoundEntry>; mtimeNs: bigint } {
  // Without a prototype, because an entry may have the name `__proto__`. A browser keeps no times of directories.
  return { dir: Object.create(null), mtimeNs: milliseconds(Date.now()) };
}

/** Reads something. If it has vanished, calls `leaveOut`; if that is undefined, fails. */
async function reading(
  operation: 'list' | 'inspect',
  path: string,
  act: () => Promise<void>,
  leaveOut: (() => void) | undefined,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const storageError = StorageError.from(error, operation, path);
    if (storageError.code.tag !== 'not-found' || leaveOut === undefined) {
      throw storageError;
    }
    leaveOut();
  }
}
