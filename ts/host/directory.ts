// An open directory: every method of a WASI descriptor that takes a path.

import { accessSync, constants, fdatasyncSync, fsyncSync } from 'node:fs';
import type {
  DescriptorFlags,
  DescriptorType,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { FileLocation } from './close-errors.js';
import { DirectoryEntries, type Entries } from './directory-entries.js';
import { fail, nodeCode, unless } from './error-code.js';
import { File, type OpenFile, syncFlagsOf, type WritableFile } from './file.js';
import type { Grant, Preopen } from './grant.js';
import type { Handle } from './handle.js';
import { HandleWalk } from './handle-walk.js';
import { KnownNames, noteChange, noteMove } from './known-names.js';
import {
  hasPermissions,
  isFinished,
  isOurs,
  PRIVATE_FILE,
  setGroupOf,
  UNFINISHED_DIRECTORY,
} from './modes.js';
import { isStrange } from './names.js';
import { expectStack } from './stack.js';
import { identity, isSameFile, type Status, typeOf } from './status.js';
import { createUnfinished, setMode } from './unfinished-directory.js';
import { isLonger, MOST_PATH_BYTES } from './walk.js';
import type { Walker } from './walker.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** Maximum number of times that an open looks again at a name that others change. */
const MOST_LOOKS = 10;

/**
 * Whether a directory can be synchronised. On Windows that needs a right that Node does not ask for, and NTFS records
 * names in its journal.
 */
const canSyncDirectories = process.platform !== 'win32';

/** The flags of open(2) for a regular file. */
function openFlagsOf(open: OpenFlags, flags: DescriptorFlags): number {
  const access = flags.write ? (flags.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  return access | (open.truncate ? O_TRUNC : 0) | syncFlagsOf(flags);
}

/** An open directory of the system, or of devices. */
export type OpenDirectory = Pick<Directory, Exclude<keyof Directory, 'preopen' | 'end'>>;

/** An open directory, with the rights of its preopen. Every path is walked from here, and never above. */
export class Directory {
  readonly type = 'directory';
  readonly #walker: Walker;
  readonly #handle: Handle;
  readonly #grant: Grant;
  /** The guest's path of it, as it was opened. */
  readonly #path: string;
  /** The system's path of it, if absolute links may lead into it. */
  readonly #hostPath: string | undefined;
  /** The mode that it gets when it is closed; undefined if its mode stays. */
  #finalMode: number | undefined;
  /** The mode that it gets together with its source's times; undefined if it has no source. */
  #sourceMode: number | undefined;
  readonly #known = new KnownNames();

  /**
   * Takes over one ownership of `handle`.
   *
   * @param path the guest's path of it, for messages
   * @param hostPath the system's path of it with slashes, if symbolic links whose text begins with that are followed
   */
  constructor(walker: Walker, handle: Handle, grant: Grant, path: string, hostPath?: string) {
    this.#walker = walker;
    this.#handle = handle;
    this.#grant = grant;
    this.#path = path;
    this.#hostPath = hostPath;
  }

  get flags(): DescriptorFlags {
    return { read: true, mutateDirectory: this.#grant.access === 'read-write' };
  }

  /** A preopen of this open directory, for another host in this process. Valid while this directory is open. */
  get preopen(): Preopen {
    return { path: this.#walker.shared(this.#handle), access: this.#grant.access };
  }

  /** Returns the same open directory with an owner more. Each must be closed. */
  share(): OpenDirectory {
    return new Directory(this.#walker, this.#handle.share(), this.#grant, this.#path, this.#hostPath);
  }

  close(): void {
    this.#grant.modes.noteDirectoryClosed(this);
    if (this.#finalMode !== undefined) {
      const refused = setMode(this.#walker, this.#handle, this.#finalMode);
      if (refused !== undefined) {
        this.#grant.modes.noteRefused(this.#path, refused);
      }
    }
    this.#handle.release();
  }

  /** Closes it for every owner. */
  end(): void {
    this.#handle.end();
  }

  stat(): Status {
    return this.#handle.status();
  }

  /** Returns which file it is. */
  identity(): MetadataHashValue {
    return this.#handle.identity();
  }

  statAt(follow: boolean, path: string): Status {
    const status = this.#lookAt(follow, path);
    this.#known.setIdentity(path, follow, () => identity(status));
    return status;
  }

  /** Returns which file is at `path`. */
  identityAt(follow: boolean, path: string): MetadataHashValue {
    return this.#known.takeIdentity(path, follow) ?? identity(this.#lookAt(follow, path));
  }

  #lookAt(follow: boolean, path: string): Status {
    return this.#walk(path, (walk) => {
      const status = walk.settle(follow);
      if (!walk.hasFollowed && typeOf(status) === 'regular-file') {
        this.#known.addFile(path);
      }
      return status;
    });
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    this.#grant.times.set(
      accessed,
      modified,
      () => this.stat(),
      () => this.identity(),
      (atime, mtime) => this.#walker.setTimes(this.#handle, '.', atime, mtime),
    );
    this.#noteTimed();
  }

  setTimesAt(follow: boolean, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    this.#walk(path, (walk) => {
      const status = walk.settle(follow);
      this.#grant.times.set(
        accessed,
        modified,
        () => status,
        () => identity(status),
        (atime, mtime) => this.#walker.setTimes(walk.directory, walk.name, atime, mtime),
      );
      if (walk.name === '.' && isSameFile(identity(status), this.identity())) {
        this.#noteTimed();
      }
    });
  }

  /** Gives the directory the mode of its source, when it is closed, because it now has the times of its source. */
  #noteTimed(): void {
    const mode = this.#sourceMode;
    if (mode === undefined) {
      return;
    }
    const status = this.stat();
    if (hasPermissions(status, mode)) {
      return;
    }
    if (isOurs(status)) {
      this.#finalMode = mode;
    } else {
      this.#grant.modes.noteRefused(this.#path, 'EPERM');
    }
  }

  sync(): void {
    if (canSyncDirectories) {
      this.#withReadable(this.#handle, fsyncSync);
    }
  }

  syncData(): void {
    if (canSyncDirectories) {
      this.#withReadable(this.#handle, fdatasyncSync);
    }
  }

  /**
   * Lists the entries, without `.` and `..`, in any order.
   *
   * C libraries ask for the identity of each entry as they list it, and stop if they get an error. So an entry that
   * was just listed has this directory's own identity if its name opens nothing, or if the grant leaves identities
   * out.
   */
  entries(): Entries {
    const { escapeNames, listIdentities } = this.#grant;
    const remember = this.#known.addListed();
    const held = this.#handle.share();
    try {
      expectStack();
      const listing = this.#walker.list(held);
      return new DirectoryEntries(listing, held, escapeNames, ({ name, type }, isEscaped) => {
        if (isEscaped || !listIdentities) {
          this.#known.setIdentity(name, undefined, () => this.identity());
        }
        if (type === 'regular-file' && !isEscaped) {
          remember(name);
        }
      });
    } catch (error) {
      held.release();
      throw error;
    }
  }

  /** Opens a regular file or a directory at `path`. Fails with `not-permitted` if something else is there. */
  openAt(follow: boolean, path: string, open: OpenFlags, flags: DescriptorFlags): OpenFile | OpenDirectory {
    if (open.create || open.truncate || flags.write || flags.mutateDirectory) {
      this.#expectMutable();
    }
    if (open.directory && (open.create || open.exclusive || open.truncate)) {
      fail('invalid');
    }
    return open.create
      ? this.#change(path, (walk) => this.#openBy(walk, follow, path, open, flags))
      : this.#walk(path, (walk) => this.#openBy(walk, follow, path, open, flags));
  }

  #openBy(
    walk: HandleWalk,
    follow: boolean,
    path: string,
    open: OpenFlags,
    flags: DescriptorFlags,
  ): File | Directory {
    let opened = this.#openPlace(walk, path, open, flags, this.#knownType(path, open, flags));
    while (opened === undefined) {
      if (!follow && !walk.mustBeDirectory) {
        fail('loop');
      }
      walk.followLink();
      opened = this.#openPlace(walk, path, open, flags, undefined);
    }
    if (open.create && !walk.hasFollowed) {
      this.#known.addFile(path);
    }
    return opened;
  }

  readLinkAt(path: string): string {
    return this.#walk(path, (walk) => {
      if (walk.mustBeDirectory) {
        // A slash follows the link, and the result is a directory or an error, never a link.
        walk.settle(true);
        fail('invalid');
      }
      return walk.target();
    });
  }

  createDirectoryAt(path: string): void {
    this.#expectMutable();
    this.#change(path, (walk) => {
      const { modes } = this.#grant;
      const mode = modes.modeForDirectory();
      if (walk.name === '.') {
        const isOfCopy = mode !== undefined && modes.noteDirectoryExists(walk.status(), mode);
        // This name always exists. The error reports whether other names can be created here, which a dry run asks. A
        // copy can change a directory that it has made, even if it is read-only by now.
        if (!isOfCopy && process.platform === 'linux') {
          expectChangeable(this.#walker.shared(walk.directory));
        }
      }
      walk.expectName('exist');
      this.#giveName(walk, () => {
        if (mode === undefined) {
          this.#walker.makeDirectory(walk.directory, walk.name);
        } else {
          createUnfinished(this.#walker, walk, mode, modes, this.#pathOf(path));
        }
      });
    });
  }

  removeDirectoryAt(path: string): void {
    this.#expectMutable();
    this.#change(path, (walk) => {
      walk.expectName('invalid');
      this.#walker.removeDirectory(walk.directory, walk.name);
    });
  }

  unlinkFileAt(path: string): void {
    this.#expectMutable();
    this.#change(path, (walk) => {
      walk.expectName('is-directory');
      if (walk.mustBeDirectory) {
        fail(typeOf(walk.status()) === 'directory' ? 'is-directory' : 'not-directory');
      }
      this.#walker.removeFile(walk.directory, walk.name);
      this.#grant.closeErrors.forget(() => this.#locationOf(walk));
    });
  }

  /**
   * Creates a symbolic link to `target`, which must be relative unless the grant allows others: it could only lead
   * out.
   */
  symlinkAt(target: string, path: string): void {
    this.#expectMutable();
    noteMove();
    expectText(target);
    const mayLeadAnywhere = target.startsWith('/') || target.split('/').some(isStrange);
    if (mayLeadAnywhere && !this.#grant.absoluteLinks) {
      fail('not-permitted');
    }
    this.#change(path, (walk) => {
      walk.expectName('exist');
      walk.expectNoSlash();
      const type = this.#typeOfTarget(target, path);
      this.#giveName(walk, () => this.#walker.makeLink(target, walk.directory, walk.name, type));
    });
  }

  /**
   * Returns the type of a new symbolic link: whether its target is a directory, as the component sees it. Only Windows
   * needs a type, and without one Node would look at any path that the text names, also on a server. Undefined on other
   * systems.
   */
  #typeOfTarget(target: string, path: string): 'dir' | 'file' | undefined {
    if (process.platform !== 'win32') {
      return undefined;
    }
    try {
      const beside = path.slice(0, path.lastIndexOf('/') + 1);
      return typeOf(this.statAt(true, beside + target)) === 'directory' ? 'dir' : 'file';
    } catch {
      return 'file';
    }
  }

  linkAt(follow: boolean, path: string, other: OpenDirectory, newPath: string): void {
    this.#expectMutable();
    const target = Directory.#mutable(other);
    const isFile = this.#known.takeFile(path);
    if (!isFile) {
      noteMove();
    }
    this.#change(path, (from) => {
      from.expectName('not-permitted');
      const { linkFollows } = this.#walker;
      // A file that the component has just created, as it mostly is, is looked up by the link itself.
      if (!isFile || linkFollows) {
        const status = from.settle(follow);
        if (linkFollows && typeOf(status) === 'symbolic-link') {
          // The system would give the name to what it leads to, maybe outside.
          fail('unsupported');
        }
      }
      target.#change(newPath, (to) => {
        to.expectName('exist');
        to.expectNoSlash();
        const refusedMode = this.#grant.closeErrors.commit(() => this.#locationOf(from));
        target.#giveName(to, () => this.#walker.link(from.directory, from.name, to.directory, to.name));
        target.#noteRefused(newPath, refusedMode);
      });
    });
  }

  renameAt(path: string, other: OpenDirectory, newPath: string): void {
    this.#expectMutable();
    const target = Directory.#mutable(other);
    if (!this.#known.takeFile(path)) {
      noteMove();
    }
    this.#change(path, (from) =>
      target.#change(newPath, (to) => {
        from.expectName('busy');
        to.expectName('busy');
        if ((from.mustBeDirectory || to.mustBeDirectory) && typeOf(from.status()) !== 'directory') {
          fail('not-directory');
        }
        const { closeErrors } = this.#grant;
        const refusedMode = closeErrors.commit(() => this.#locationOf(from));
        closeErrors.commitBelow(this.#pathOf(path), (below, why) =>
          this.#grant.modes.noteRefused(below, why),
        );
        target.#giveName(to, () => this.#walker.rename(from.directory, from.name, to.directory, to.name));
        closeErrors.forget(() => this.#locationOf(from));
        closeErrors.forget(() => target.#locationOf(to));
        target.#noteRefused(newPath, refusedMode);
      }),
    );
  }

  /** Records that the file that now has this path could not get its mode, if `why` is set. */
  #noteRefused(path: string, why: string | undefined): void {
    if (why !== undefined) {
      this.#grant.modes.noteRefused(this.#pathOf(path), why);
    }
  }

  /** Calls `act`, which gives a name. If directories are synchronised, the name is on the disk when this returns. */
  #giveName(walk: HandleWalk, act: () => void): void {
    if (canSyncDirectories && this.#grant.durability.syncDirectories) {
      this.#withReadable(walk.directory, (fd) => {
        act();
        fsyncSync(fd);
      });
    } else {
      act();
    }
  }

  /** Calls `act` with a descriptor that can be synchronised, which needs the permission to read the directory. */
  #withReadable(directory: Handle, act: (fd: number) => void): void {
    const readable = this.#walker.reopen(directory.fd, O_RDONLY | O_DIRECTORY);
    try {
      act((readable ?? directory).fd);
    } finally {
      readable?.release();
    }
  }

  /** Returns the guest's path of what is at `path`, for messages. */
  #pathOf(path: string): string {
    return this.#path.endsWith('/') ? this.#path + path : `${this.#path}/${path}`;
  }

  /** Returns the location that a walk from here has reached. */
  #locationOf(walk: HandleWalk): FileLocation {
    return { directory: walk.directory.identity(), name: walk.name };
  }

  /** Returns a directory in which names can be changed. Fails with `not-permitted` if they cannot. */
  static #mutable(open: OpenDirectory): Directory {
    if (!(open instanceof Directory)) {
      return fail('not-permitted');
    }
    open.#expectMutable();
    return open;
  }

  #expectMutable(): void {
    if (this.#grant.access !== 'read-write') {
      fail('not-permitted');
    }
  }

  #walk<T>(path: string, act: (walk: HandleWalk) => T): T {
    const walk = new HandleWalk(this.#walker, this.#handle, path, this.#hostPath);
    try {
      return act(walk);
    } finally {
      walk.close();
    }
  }

  /**
   * Walks in order to change something. If the owner may not, because the directory is finished and read-only, the
   * walk changes its mode and tries again: another copy of the same tree may have finished it, even between two
   * tries.
   */
  #change<T>(path: string, act: (walk: HandleWalk) => T): T {
    noteChange();
    for (let looks = 1; ; looks++) {
      try {
        return this.#walk(path, act);
      } catch (error) {
        const mayAgain = nodeCode(error) === 'EACCES' && looks < MOST_LOOKS && this.#isOfCopy();
        if (!mayAgain || !this.#takeMode()) {
          throw error;
        }
      }
    }
  }

  /** Whether it gets its mode when it is closed, also because another job of the same copy has given it that mode. */
  #isOfCopy(): boolean {
    const mode = this.#sourceMode;
    if (this.#finalMode === undefined && mode !== undefined) {
      const status = this.stat();
      this.#finalMode = isOurs(status) && isFinished(status, mode) ? mode : undefined;
    }
    return this.#finalMode !== undefined;
  }

  /** Lets the owner change the directory until it gets its mode again. Returns false if the system refuses. */
  #takeMode(): boolean {
    const setGroup = setGroupOf(this.stat());
    return setMode(this.#walker, this.#handle, UNFINISHED_DIRECTORY | setGroup) === undefined;
  }

  /**
   * Opens or creates what the walk has reached. Returns undefined if that is a symbolic link. A known type is trusted
   * at the first try only, and what was opened is checked in any case.
   */
  #openPlace(
    walk: HandleWalk,
    path: string,
    open: OpenFlags,
    flags: DescriptorFlags,
    known: DescriptorType | undefined,
  ): File | Directory | undefined {
    const mustCreate = open.create === true && open.exclusive === true;
    for (let looks = 1; ; looks++) {
      try {
        const type = mustCreate ? undefined : looks === 1 && known ? known : walk.type();
        return type === undefined
          ? this.#create(walk, path, open, flags)
          : this.#openExisting(walk, path, open, flags, type);
      } catch (error) {
        // Somebody else may have been faster, so that the type is out of date. Or nothing can be created here at all,
        // as in a directory that was removed.
        const code = nodeCode(error);
        const isOutdated =
          (looks === 1 && known) ||
          code === 'ELOOP' ||
          (open.create && !mustCreate && (code === 'ENOENT' || code === 'EEXIST'));
        if (!isOutdated || looks === MOST_LOOKS) {
          throw error;
        }
      }
    }
  }

  /**
   * Returns the type of what is at `path`, if it is known, or if the system itself opens nothing else. See `KnownNames`.
   */
  #knownType(path: string, open: OpenFlags, flags: DescriptorFlags): DescriptorType | undefined {
    const isFile = this.#known.takeFile(path) && this.#grant.access === 'read';
    if (open.create || open.truncate || flags.write) {
      return undefined;
    }
    return isFile ? 'regular-file' : open.directory ? 'directory' : undefined;
  }

  #create(walk: HandleWalk, path: string, open: OpenFlags, flags: DescriptorFlags): File {
    if (!open.create) {
      fail('no-entry');
    }
    if (walk.mustBeDirectory) {
      fail('is-directory');
    }
    const mode = open.exclusive ? this.#grant.modes.modeForFile() : undefined;
    const openFlags = openFlagsOf(open, flags) | O_CREAT | O_EXCL;
    const writable = this.#writable(walk, path, mode);
    const handle = this.#walker.open(walk.directory, walk.name, openFlags, mode && PRIVATE_FILE);
    this.#grant.closeErrors.forget(() => writable.location);
    return new File(this.#walker, handle, this.#grant, flags, writable);
  }

  /** Describes a file that is opened for writing at the location that the walk has reached. */
  #writable(walk: HandleWalk, path: string, finalMode?: number): WritableFile {
    return { location: this.#locationOf(walk), path: this.#pathOf(path), finalMode };
  }

  #openExisting(
    walk: HandleWalk,
    path: string,
    open: OpenFlags,
    flags: DescriptorFlags,
    type: DescriptorType,
  ): File | Directory | undefined {
    if (type === 'symbolic-link') {
      return undefined;
    }
    if (type === 'directory') {
      if (open.create || open.truncate || flags.write) {
        fail('is-directory');
      }
      const handle = this.#walker.enter(walk.directory, walk.name, flags.read ? 'read' : 'search');
      const directory = new Directory(this.#walker, handle, this.#grant, this.#pathOf(path));
      return orClose(directory, () => {
        const target = this.#grant.modes.noteDirectoryOpened(directory, flags.read === true);
        directory.#sourceMode = target?.mode;
        directory.#finalMode = target?.isOfCopy === true ? target.mode : undefined;
        if (target?.isOfCopy === true && !target.isMarked) {
          // Its creator was killed before it marked the directory, or is about to mark it.
          directory.#takeMode();
        }
      });
    }
    if (open.directory || walk.mustBeDirectory) {
      fail(open.create && walk.mustBeDirectory ? 'is-directory' : 'not-directory');
    }
    if (type !== 'regular-file') {
      fail('not-permitted');
    }
    const writable = flags.write || open.truncate ? this.#writable(walk, path) : undefined;
    const handle = this.#walker.open(walk.directory, walk.name, openFlagsOf(open, flags));
    if (writable !== undefined && open.truncate) {
      this.#grant.closeErrors.forget(() => writable.location);
    }
    const file = new File(this.#walker, handle, this.#grant, flags, writable);
    return orClose(file, () => {
      const { modes, sparseFiles } = this.#grant;
      const status = modes.isCarrying() && !flags.write ? handle.keepStatus() : handle.brief();
      if (typeOf(status) !== 'regular-file') {
        fail('not-permitted');
      }
      if (!flags.write) {
        modes.noteFileOpened(Number(status.mode));
        sparseFiles.noteOpened(handle, status);
      }
    });
  }
}

/**
 * Fails with the system's reason if no entry can be created in the directory at `path`. Does not fail if nothing is
 * there: without procfs, the directory has no such path.
 */
function expectChangeable(path: string): void {
  unless(['ENOENT'], () => accessSync(path, constants.W_OK | constants.X_OK));
}

/** Fails as symlink(2) of Linux does, unless a symbolic link can have this text. */
function expectText(text: string): void {
  if (text === '') {
    fail('no-entry');
  }
  if (text.includes('\0')) {
    fail('invalid');
  }
  if (isLonger(text, MOST_PATH_BYTES)) {
    fail('name-too-long');
  }
}

/** Calls `act`, and returns what was opened. Closes it if `act` throws. */
function orClose<T extends { close(): void }>(opened: T, act: () => void): T {
  try {
    act();
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}
