// The calls of a walker that has a path for each entry: those of node:fs.

import type { Dirent } from 'node:fs';
import {
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  opendirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import type { DescriptorType } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { removeDirectory, removeFile, rename } from './busy.js';
import type { Handle } from './handle.js';
import { NAME_ENCODING } from './names.js';
import { isSmallDirectory } from './small-directory.js';
import type { ListedEntry, Listing, Walker } from './walker.js';

/** The methods of a walker that need nothing but paths. */
type CallsByPath = Omit<
  Walker,
  'newDirectory' | 'hold' | 'shared' | 'realPath' | 'enter' | 'open' | 'reopen' | 'setMode'
>;

/**
 * Calls `act` with a path of the entry, for one system call that does not follow a symbolic link in the last name. The
 * path is valid only during the call.
 */
export type At = <T>(parent: Handle, name: string, act: (path: string) => T) => T;

/** Returns a path without symbolic links; undefined if there is none. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** Makes the methods of a walker whose entries have the paths that `at` passes. */
export function callsByPath(at: At): CallsByPath {
  return {
    // link(2) of macOS follows, and others may.
    linkFollows: process.platform !== 'linux',
    look: (parent, name) =>
      at(parent, name, (path) => lstatSync(path, { bigint: true, throwIfNoEntry: false })),
    readLink: (parent, name) => at(parent, name, (path) => readlinkSync(path, NAME_ENCODING)),
    list: (directory) =>
      at(directory, '.', (path) => (isSmallDirectory(path) ? listedAtOnce(path) : listedInParts(path))),
    makeDirectory: (parent, name, mode) => at(parent, name, (path) => mkdirSync(path, mode)),
    makeLink: (text, parent, name, type) => at(parent, name, (path) => symlinkSync(text, path, type)),
    removeDirectory: (parent, name) => at(parent, name, removeDirectory),
    removeFile: (parent, name) => at(parent, name, removeFile),
    link: (from, name, to, newName) =>
      at(from, name, (path) => at(to, newName, (newPath) => linkSync(path, newPath))),
    rename: (from, name, to, newName) =>
      at(from, name, (path) => at(to, newName, (newPath) => rename(path, newPath))),
    setTimes: (parent, name, accessed, modified) =>
      at(parent, name, (path) => lutimesSync(path, accessed.passed, modified.passed)),
  };
}

function listedAtOnce(path: string): Listing {
  const entries = readdirSync(path, { encoding: NAME_ENCODING, withFileTypes: true }).values();
  return { next: () => entryFrom(entries.next().value), close: () => {} };
}

function listedInParts(path: string): Listing {
  const listing = opendirSync(path, { encoding: NAME_ENCODING, bufferSize: 64 });
  return { next: () => entryFrom(listing.readSync()), close: () => listing.closeSync() };
}

const entryFrom = (entry: Dirent | null | undefined): ListedEntry | undefined =>
  entry ? { name: entry.name, type: typeOfEntry(entry) } : undefined;

function typeOfEntry(entry: Dirent): DescriptorType {
  switch (true) {
    case entry.isFile():
      return 'regular-file';
    case entry.isDirectory():
      return 'directory';
    case entry.isSymbolicLink():
      return 'symbolic-link';
    case entry.isFIFO():
      return 'fifo';
    case entry.isCharacterDevice():
      return 'character-device';
    case entry.isBlockDevice():
      return 'block-device';
    default:
      return 'unknown';
  }
}
