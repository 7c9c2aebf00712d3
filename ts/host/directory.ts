// An open directory: every method of a WASI descriptor that takes a path.

import type { BigIntStats } from 'node:fs';
import {
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  opendirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import type {
  DescriptorFlags,
  DescriptorType,
  ErrorCode,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { DirectoryEntries } from './directory-entries.js';
import { fail, nodeCode } from './error-code.js';
import { File, syncFlagsOf } from './file.js';
import type { Grant } from './grant.js';
import { Handle } from './handle.js';
import { giveMode, PRIVATE_FILE, takeMode, UNFINISHED_DIRECTORY } from './modes.js';
import type { Preopen } from './preopens.js';
import { Seen } from './seen.js';
import { identity, setTimes, typeOf } from './status.js';
import { readLink, Walk } from './walk.js';
import type { Walker } from './walker.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** How often an open looks again at a name that others change, before it reports what it met. */
const MOST_LOOKS = 10;

/** Whether link(2) follows a symbolic link, so that there is no way to give one a second name. */
const linkFollows = process.platform === 'darwin';

/** The flags of open(2) for a regular file. */
function openFlagsOf(open: OpenFlags, flags: DescriptorFlags): number {
  const access = flags.write ? (flags.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  return access | (open.truncate ? O_TRUNC : 0) | syncFlagsOf(flags);
}

/** An open directory, with what its preopen allows. Every path is walked from here, and never above. */
export class Directory {
  readonly type = 'directory';
  readonly #walker: Walker;
  readonly #handle: Handle;
  readonly #grant: Grant;
  /** What it gets when it is closed, where there is one. */
  #finalMode: number | undefined;
  #identity: MetadataHashValue | undefined;
  /** The name that was listed last of those that are told apart from all others by nothing. See `identityAt`. */
  #unidentified: string | undefined;
  readonly #seen = new Seen();

  /** Takes over one ownership of `handle`. */
  constructor(walker: Walker, handle: Handle, grant: Grant) {
    this.#walker = walker;
    this.#handle = handle;
    this.#grant = grant;
  }

  get flags(): DescriptorFlags {
    return { read: true, mutateDirectory: this.#grant.access === 'read-write' };
  }

  /** This directory for another host in this process: by what is open here, and as long as it is. */
  get preopen(): Preopen {
    return { path: this.#walker.at(this.#handle, '.', (path) => path), access: this.#grant.access };
  }

  /** The same open directory once more, to be closed on its own. */
  share(): Directory {
    return new Directory(this.#walker, this.#handle.share(), this.#grant);
  }

  close(): void {
    if (this.#finalMode !== undefined) {
      giveMode(this.#handle.fd, this.#finalMode);
    }
    this.#handle.release();
  }

  stat(): BigIntStats {
    const status = fstatSync(this.#handle.fd, { bigint: true });
    this.#identity ??= identity(status);
    return status;
  }

  /** Which file it is. Looked up once, since an open file stays that file. */
  identity(): MetadataHashValue {
    this.#identity ??= identity(this.stat());
    return this.#identity;
  }

  statAt(follow: boolean, path: string): BigIntStats {
    return this.#walk(path, (walk) => {
      const status = settle(walk, follow);
      if (!walk.hasFollowed && typeOf(status) === 'regular-file') {
        this.#seen.add(path);
      }
      return status;
    });
  }

  /**
   * Which file is at `path`.
   *
   * C libraries ask for that with each entry as they list it, and stop where they get an error. So an entry that has just
   * been listed has this directory's own identity where its name opens nothing, and where the grant says that nobody
   * goes by it.
   */
  identityAt(follow: boolean, path: string): MetadataHashValue {
    if (path === this.#unidentified) {
      this.#unidentified = undefined;
      return this.identity();
    }
    return identity(this.statAt(follow, path));
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    setTimes(
      accessed,
      modified,
      () => this.stat(),
      (atime, mtime) => futimesSync(this.#handle.fd, atime, mtime),
    );
  }

  setTimesAt(follow: boolean, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#expectMutable();
    this.#walk(path, (walk) => {
      const status = settle(walk, follow);
      setTimes(
        accessed,
        modified,
        () => status,
        (atime, mtime) => walk.at((place) => lutimesSync(place, atime, mtime)),
      );
    });
  }

  sync(): void {
    fsyncSync(this.#handle.fd);
  }

  syncData(): void {
    fdatasyncSync(this.#handle.fd);
  }

  /** The entries, but for `.` and `..`, in the order in which the system gives them. */
  entries(): DirectoryEntries {
    const listing = this.#walker.at(this.#handle, '.', (place) =>
      // Node takes 'buffer' and its types do not say so.
      opendirSync(place, { encoding: 'buffer' as BufferEncoding, bufferSize: 64 }),
    );
    const { escapeNames, listIdentities } = this.#grant;
    const remember = this.#seen.rememberListed();
    return new DirectoryEntries(listing, this.#handle.share(), escapeNames, ({ name, type }, isEscaped) => {
      if (isEscaped || !listIdentities) {
        this.#unidentified = name;
      }
      if (type === 'regular-file' && !isEscaped) {
        remember(name);
      }
    });
  }

  /** Opens what is at `path`: a regular file or a directory, and nothing else (`not-permitted`). */
  openAt(follow: boolean, path: string, open: OpenFlags, flags: DescriptorFlags): File | Directory {
    if (open.create || open.truncate || flags.write || flags.mutateDirectory) {
      this.#expectMutable();
    }
    if (open.directory && (open.create || open.exclusive || open.truncate)) {
      fail('invalid');
    }
    const act = (walk: Walk) => {
      let opened = this.#openPlace(walk, open, flags, this.#knownType(path, open, flags));
      while (opened === undefined) {
        if (!follow && !walk.mustBeDirectory) {
          fail('loop');
        }
        walk.followLink();
        opened = this.#openPlace(walk, open, flags, undefined);
      }
      if (open.create && !walk.hasFollowed) {
        this.#seen.add(path);
      }
      return opened;
    };
    return open.create ? this.#change(path, act) : this.#walk(path, act);
  }

  readLinkAt(path: string): string {
    return this.#walk(path, (walk) => {
      if (walk.mustBeDirectory) {
        // A slash follows the link, and what it leads to is a directory or an error, but no link.
        settle(walk, true);
        fail('invalid');
      }
      return readLink(this.#walker, walk.directory, walk.name);
    });
  }

  createDirectoryAt(path: string): void {
    this.#expectMutable();
    this.#change(path, (walk) => {
      expectName(walk, 'exist');
      const mode = this.#grant.modes.modeForDirectory();
      if (mode === undefined) {
        walk.at((place) => mkdirSync(place));
      } else {
        this.#createUnfinished(walk, mode);
      }
      this.#makeNamesLast(walk);
    });
  }

  /** Creates a directory that gets `mode` when it is done with, and that others can tell from one that has it. */
  #createUnfinished(walk: Walk, mode: number): void {
    const { modes } = this.#grant;
    try {
      walk.at((place) => mkdirSync(place, UNFINISHED_DIRECTORY));
    } catch (error) {
      if (nodeCode(error) === 'EEXIST') {
        modes.metDirectory(statusAt(walk), mode);
      }
      throw error;
    }
    modes.madeDirectory(statusAt(walk), mode);
  }

  removeDirectoryAt(path: string): void {
    this.#expectMutable();
    this.#change(path, (walk) => {
      expectName(walk, 'invalid');
      walk.at((place) => rmdirSync(place));
    });
  }

  unlinkFileAt(path: string): void {
    this.#expectMutable();
    this.#change(path, (walk) => {
      expectName(walk, 'is-directory');
      if (walk.mustBeDirectory) {
        fail(typeOf(statusAt(walk)) === 'directory' ? 'is-directory' : 'not-directory');
      }
      walk.at((place) => unlinkSync(place));
    });
  }

  /** A symbolic link to `target`, which must be relative unless the grant says otherwise: it could only lead out. */
  symlinkAt(target: string, path: string): void {
    this.#expectMutable();
    Seen.forgetAll();
    if (target.startsWith('/') && !this.#grant.absoluteLinks) {
      fail('not-permitted');
    }
    this.#change(path, (walk) => {
      expectName(walk, 'exist');
      expectNoSlash(walk);
      walk.at((place) => symlinkSync(target, place));
      this.#makeNamesLast(walk);
    });
  }

  linkAt(follow: boolean, path: string, target: Directory, newPath: string): void {
    this.#expectMutable();
    target.#expectMutable();
    if (!this.#seen.take(path)) {
      Seen.forgetAll();
    }
    this.#change(path, (from) => {
      expectName(from, 'not-permitted');
      if (typeOf(settle(from, follow)) === 'symbolic-link' && linkFollows) {
        fail('unsupported');
      }
      target.#change(newPath, (to) => {
        expectName(to, 'exist');
        expectNoSlash(to);
        from.at((old) => to.at((place) => linkSync(old, place)));
        target.#makeNamesLast(to);
      });
    });
  }

  renameAt(path: string, target: Directory, newPath: string): void {
    this.#expectMutable();
    target.#expectMutable();
    if (!this.#seen.take(path)) {
      Seen.forgetAll();
    }
    this.#change(path, (from) =>
      target.#change(newPath, (to) => {
        expectName(from, 'busy');
        expectName(to, 'busy');
        if ((from.mustBeDirectory || to.mustBeDirectory) && typeOf(statusAt(from)) !== 'directory') {
          fail('not-directory');
        }
        from.at((old) => to.at((place) => renameSync(old, place)));
        target.#makeNamesLast(to);
      }),
    );
  }

  /** Has the directory of the place on the disk, where names are to last. */
  #makeNamesLast(walk: Walk): void {
    if (this.#grant.durability.namesLast) {
      // Entered anew, since a directory that is only walked through cannot be synchronised.
      const held = this.#walker.enter(walk.directory, '.', 'own');
      try {
        fsyncSync(held.fd);
      } finally {
        held.release();
      }
    }
  }

  #expectMutable(): void {
    if (this.#grant.access !== 'read-write') {
      fail('not-permitted');
    }
  }

  #walk<T>(path: string, act: (walk: Walk) => T): T {
    const walk = new Walk(this.#walker, this.#handle, path);
    try {
      return act(walk);
    } finally {
      walk.close();
    }
  }

  /**
   * Walks to change what is there, as its owner may also where the directory is finished for reading only: another copy,
   * with a share of the same tree, may have done that, even between two tries.
   */
  #change<T>(path: string, act: (walk: Walk) => T): T {
    for (let looks = 1; ; looks++) {
      try {
        return this.#walk(path, act);
      } catch (error) {
        const mayAgain = this.#finalMode !== undefined && nodeCode(error) === 'EACCES' && looks < MOST_LOOKS;
        if (!mayAgain || !takeMode(this.#handle.fd)) {
          throw error;
        }
      }
    }
  }

  /**
   * Opens or creates what is at the place; undefined where that is a symbolic link. Where the type of it is known before,
   * that is taken for granted once: what has been opened is looked at in any case.
   */
  #openPlace(
    walk: Walk,
    open: OpenFlags,
    flags: DescriptorFlags,
    known: DescriptorType | undefined,
  ): File | Directory | undefined {
    const mustCreate = open.create === true && open.exclusive === true;
    for (let looks = 1; ; looks++) {
      try {
        const type = mustCreate ? undefined : looks === 1 && known ? known : typeAt(walk);
        return type === undefined
          ? this.#create(walk, open, flags)
          : this.#openExisting(walk, open, flags, type);
      } catch (error) {
        // Perhaps someone else was faster, and what was seen is no longer what is there. Or nothing can be made here at
        // all, as in a directory that has been removed.
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

  /** The type of what is at `path`, where it has been seen, or where the system itself opens nothing else. */
  #knownType(path: string, open: OpenFlags, flags: DescriptorFlags): DescriptorType | undefined {
    const isSeen = this.#seen.take(path);
    if (open.create || open.truncate || flags.write) {
      return undefined;
    }
    return isSeen ? 'regular-file' : open.directory ? 'directory' : undefined;
  }

  #create(walk: Walk, open: OpenFlags, flags: DescriptorFlags): File {
    if (!open.create) {
      fail('no-entry');
    }
    if (walk.mustBeDirectory) {
      fail('is-directory');
    }
    const mode = open.exclusive ? this.#grant.modes.modeForFile() : undefined;
    const openFlags = openFlagsOf(open, flags) | O_CREAT | O_EXCL;
    const fd = this.#walker.open(walk.directory, walk.name, openFlags, mode && PRIVATE_FILE);
    return new File(this.#walker, new Handle(fd), this.#grant, flags, mode);
  }

  #openExisting(
    walk: Walk,
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
      const handle = this.#walker.enter(walk.directory, walk.name, 'own');
      const directory = new Directory(this.#walker, handle, this.#grant);
      return orClose(directory, () => {
        directory.#finalMode = this.#grant.modes.sawDirectory(() => directory.stat());
      });
    }
    if (open.directory || walk.mustBeDirectory) {
      fail(open.create && walk.mustBeDirectory ? 'is-directory' : 'not-directory');
    }
    if (type !== 'regular-file') {
      fail('not-permitted');
    }
    const fd = this.#walker.open(walk.directory, walk.name, openFlagsOf(open, flags));
    const file = new File(this.#walker, new Handle(fd), this.#grant, flags);
    return orClose(file, () => {
      const mode = file.mode();
      if (typeOf({ mode }) !== 'regular-file') {
        fail('not-permitted');
      }
      if (!flags.write) {
        this.#grant.modes.sawFile(mode);
      }
    });
  }
}

/** What was opened, once `act` is done with it; closed where that fails. */
function orClose<T extends { close(): void }>(opened: T, act: () => void): T {
  try {
    act();
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Fails with `code` where the place is the directory itself: it has its name elsewhere, maybe out of reach. */
function expectName(walk: Walk, code: ErrorCode): void {
  if (walk.name === '.') {
    fail(code);
  }
}

/** Fails where a slash is behind the name of what is to be made, and that is no directory. */
function expectNoSlash(walk: Walk): void {
  if (walk.mustBeDirectory) {
    fail(look(walk) ? 'exist' : 'no-entry');
  }
}

/** The type of what is at the place, a symbolic link itself included; undefined where there is nothing. */
function typeAt(walk: Walk): DescriptorType | undefined {
  const status = walk.at((place) => lstatSync(place, { throwIfNoEntry: false }));
  return status && typeOf(status);
}

/** What is at the place, a symbolic link itself included; undefined where there is nothing. */
function look(walk: Walk): BigIntStats | undefined {
  return walk.at((place) => lstatSync(place, { bigint: true, throwIfNoEntry: false }));
}

/** What is at the place, a symbolic link itself included. Fails with `no-entry`. */
function statusAt(walk: Walk): BigIntStats {
  return look(walk) ?? fail('no-entry');
}

/**
 * Follows the symbolic link at the place, where `follow` says so or a slash at the path's end does, until there is
 * none. Returns what is there. Fails with `no-entry`, and with `not-directory` where a directory must be.
 */
function settle(walk: Walk, follow: boolean): BigIntStats {
  for (;;) {
    const status = statusAt(walk);
    const type = typeOf(status);
    if (type === 'symbolic-link' && (follow || walk.mustBeDirectory)) {
      walk.followLink();
    } else if (walk.mustBeDirectory && type !== 'directory') {
      fail('not-directory');
    } else {
      return status;
    }
  }
}
