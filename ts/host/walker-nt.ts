// The race-free walker for Windows: each call gets a held directory's handle and one name, and fails at a link or another
// reparse point instead of following it.
//
// It has been run under Wine, which has no links.

import { closeSync, constants, fstatSync, futimesSync } from 'node:fs';
import type { DescriptorType } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { clearTarget, type Kind, retryWhileBusy } from './busy.js';
import { realPath } from './calls-by-path.js';
import { fail, systemError, unless } from './error-code.js';
import { Handle } from './handle.js';
import { isKnownProcessor, loadKoffi, unknownSystem } from './koffi.js';
import { expectOrdinary, NAME_ENCODING } from './names.js';
import { Attribute, Control, Disposition, Naming, type NtHandle, ntCalls, Option, Right } from './nt.js';
import { changeMode } from './permission.js';
import { isLinkTag, isOtherName, linkBuffer, targetIn } from './reparse-point.js';
import { expectStack } from './stack.js';
import { type BriefStatus, type Status, typeOf } from './status.js';
import type { ListedEntry, Walker } from './walker.js';
import { openDirectory, pathWalker } from './walker-path.js';

const { O_CREAT, O_RDWR, O_TRUNC, O_WRONLY, S_IFDIR, S_IFLNK, S_IFREG } = constants;

/** At least the bytes of one entry of a listing. */
const LISTING_BYTES = 16_384;

/** At least the bytes of any reparse point. */
const REPARSE_POINT_BYTES = 16_384;

/** The path by which a host shares a held directory. `hold` recognises its text. Windows has no such device. */
const SHARED = /^\\\\\.\\mapcp-directory\\(\d+)$/;

type NtCalls = ReturnType<typeof ntCalls>;

/**
 * An open file or directory. Node's fstat would also ask for its volume each time, which takes longer than everything else
 * that it asks for. No link is followed, so a file is on the volume of its directory.
 */
class NtFile extends Handle {
  readonly device: bigint;
  readonly #nt: NtCalls;
  #number: bigint | undefined;

  constructor(nt: NtCalls, fd: number, device: bigint, closes = nt.close) {
    super(fd, closes);
    this.#nt = nt;
    this.device = device;
  }

  override brief(): BriefStatus {
    return { mode: modeOf(this.#nt.basics(this.#nt.handleOf(this.fd)).attributes) };
  }

  protected override look(): Status {
    const handle = this.#nt.handleOf(this.fd);
    this.#number ??= this.#nt.number(handle);
    return statusOf(this.#nt, handle, this.device, this.#number);
  }
}

const ntFile = (handle: Handle): NtFile => (handle instanceof NtFile ? handle : fail('bad-descriptor'));

/** Makes the walker. Throws a `NoKoffiError` if koffi cannot be used, or if its use is unknown on this processor. */
export function ntWalker(load = loadKoffi): Walker {
  if (!isKnownProcessor()) {
    throw unknownSystem(process.platform);
  }
  const nt = ntCalls(load());

  const handleOf = ({ fd }: Handle): NtHandle => nt.handleOf(fd);

  /** Opens an entry. */
  const open = (
    parent: Handle,
    name: string,
    rights: number,
    disposition: number,
    options: number,
  ): NtHandle => {
    expectOrdinary(name);
    return nt.open(handleOf(parent), name === '.' ? '' : name, rights, disposition, options);
  };
  /** Opens an entry for one call. If it is a link, opens the link itself. */
  const withEntry = <T>(
    parent: Handle,
    name: string,
    rights: number,
    options: number,
    act: (handle: NtHandle) => T,
  ): T => {
    expectStack();
    const handle = open(parent, name, rights, Disposition.open, options | Option.link);
    try {
      return act(handle);
    } finally {
      nt.closeHandle(handle);
    }
  };
  /** Returns a descriptor of a directory in another, or of the other itself if `name` is empty. */
  const entered = (parent: NtHandle, name: string): number => {
    expectStack();
    const rights = Right.list | Right.traverse | Right.readAttributes;
    return nt.descriptor(nt.open(parent, name, rights, Disposition.open, Option.directory));
  };
  const look = (parent: Handle, name: string): Status | undefined =>
    unless(['ENOENT'], () =>
      withEntry(parent, name, Right.readAttributes, 0, (handle) =>
        statusOf(nt, handle, ntFile(parent).device, nt.number(handle)),
      ),
    );
  /** Gives the open entry another name. */
  const giveName = (
    naming: number,
    handle: NtHandle,
    to: Handle,
    newName: string,
    replaces: boolean,
  ): void => {
    expectOrdinary(newName);
    nt.giveName(handle, naming, handleOf(to), newName, replaces);
  };
  const kindOf = (parent: Handle, name: string): Kind => {
    const status = look(parent, name);
    return status === undefined ? 'nothing' : typeOf(status) === 'directory' ? 'directory' : 'other';
  };
  /** Whether a directory is open, and no other name for one. */
  const isDirectory = (handle: NtHandle): boolean => {
    const { attributes, tag } = nt.attributes(handle);
    return (attributes & Attribute.directory) !== 0 && !isOtherName(tag);
  };
  const remove = (parent: Handle, name: string, mustBeDirectory: boolean): void =>
    retryWhileBusy(
      () =>
        withEntry(parent, name, Right.delete | Right.readAttributes, 0, (handle) => {
          if (isDirectory(handle) !== mustBeDirectory) {
            throw systemError(mustBeDirectory ? 'ENOTDIR' : 'EISDIR');
          }
          nt.remove(handle);
        }),
      () => {},
    );

  return {
    newDirectory: pathWalker.newDirectory,

    linkFollows: false,

    hold(path) {
      const shared = SHARED.exec(path)?.[1];
      const held = shared === undefined ? undefined : entered(nt.handleOf(Number(shared)), '');
      const fd = held ?? openDirectory(path).fd;
      const { dev } = fstatSync(fd, { bigint: true });
      return new NtFile(nt, fd, dev, held === undefined ? closeSync : nt.close);
    },

    shared: ({ fd }) => `\\\\.\\mapcp-directory\\${fd}`,

    realPath: (_, path) => realPath(path),

    enter(parent, name) {
      expectOrdinary(name);
      return new NtFile(nt, entered(handleOf(parent), name === '.' ? '' : name), ntFile(parent).device);
    },

    open(parent, name, flags) {
      expectStack();
      const rights =
        (flags & (O_WRONLY | O_RDWR)) === 0
          ? Right.read
          : flags & O_RDWR
            ? Right.read | Right.write
            : Right.write;
      const disposition =
        flags & O_CREAT ? Disposition.create : flags & O_TRUNC ? Disposition.overwrite : Disposition.open;
      const handle = open(parent, name, rights | Right.readAttributes, disposition, Option.notDirectory);
      return new NtFile(nt, nt.descriptor(handle), ntFile(parent).device);
    },

    reopen: () => undefined,

    look,

    readLink: (parent, name) =>
      withEntry(parent, name, Right.readAttributes, 0, (handle) => {
        const bytes = Buffer.alloc(REPARSE_POINT_BYTES);
        nt.control(handle, Control.getReparsePoint, null, bytes);
        return encoded(targetIn(bytes));
      }),

    list(directory) {
      const handle = nt.open(handleOf(directory), '', Right.list, Disposition.open, Option.directory);
      const bytes = Buffer.alloc(LISTING_BYTES);
      let offset: number | undefined;
      const next = (): ListedEntry | undefined => {
        if (offset === undefined) {
          if (!nt.list(handle, bytes)) {
            return undefined;
          }
          offset = 0;
        }
        const entry = bytes.subarray(offset);
        const following = entry.readUInt32LE(0);
        offset = following === 0 ? undefined : offset + following;
        const name = entry.toString('utf16le', 68, 68 + entry.readUInt32LE(60));
        return name === '.' || name === '..' ? next() : { name: encoded(name), type: typeOfEntry(entry) };
      };
      return { next, close: () => nt.closeHandle(handle) };
    },

    makeDirectory(parent, name) {
      expectStack();
      nt.closeHandle(open(parent, name, Right.readAttributes, Disposition.create, Option.directory));
    },

    makeLink(text, parent, name, type) {
      expectStack();
      const bytes = linkBuffer(text);
      const options = Option.link | (type === 'dir' ? Option.directory : Option.notDirectory);
      const rights = Right.delete | Right.writeAttributes;
      const handle = open(parent, name, rights, Disposition.create, options);
      try {
        nt.control(handle, Control.setReparsePoint, bytes, null);
      } catch (error) {
        nt.remove(handle);
        throw error;
      } finally {
        nt.closeHandle(handle);
      }
    },

    removeDirectory: (parent, name) => remove(parent, name, true),

    removeFile: (parent, name) => remove(parent, name, false),

    link(from, name, to, newName) {
      withEntry(from, name, Right.readAttributes | Right.writeAttributes, 0, (handle) => {
        if (isDirectory(handle)) {
          throw systemError('EPERM');
        }
        giveName(Naming.link, handle, to, newName, false);
      });
    },

    rename(from, name, to, newName) {
      retryWhileBusy(
        () =>
          withEntry(from, name, Right.delete | Right.readAttributes, 0, (handle) =>
            giveName(Naming.rename, handle, to, newName, !isDirectory(handle)),
          ),
        () => clearTarget(kindOf(from, name), kindOf(to, newName), () => remove(to, newName, true)),
      );
    },

    setTimes(parent, name, accessed, modified) {
      expectStack();
      const rights = Right.readAttributes | Right.writeAttributes;
      const fd = nt.descriptor(open(parent, name, rights, Disposition.open, Option.link));
      try {
        futimesSync(fd, accessed.passed, modified.passed);
      } finally {
        nt.close(fd);
      }
    },

    setMode(directory, mode) {
      changeMode(directory.fd, mode);
    },
  };
}

/** Returns the mode that Node shows for a file with these attributes. */
function modeOf(attributes: number): number {
  const permissions = attributes & Attribute.readOnly ? 0o444 : 0o666;
  return attributes & Attribute.directory ? S_IFDIR | 0o666 : S_IFREG | permissions;
}

/** Returns the status of what is open, with the numbers of its volume and of itself. */
function statusOf(nt: NtCalls, handle: NtHandle, dev: bigint, ino: bigint): Status {
  const { attributes, ...times } = nt.basics(handle);
  const tag = attributes & Attribute.reparsePoint ? nt.attributes(handle).tag : 0;
  const { nlink, size } = nt.extent(handle);
  // Another name is a link, or something unknown.
  const mode = isOtherName(tag) ? (isLinkTag(tag) ? S_IFLNK | 0o666 : 0) : modeOf(attributes);
  return { dev, ino, mode: BigInt(mode), nlink, uid: 0n, size, ...times };
}

/** Returns the type in a FILE_FULL_DIR_INFORMATION. */
function typeOfEntry(entry: Buffer): DescriptorType {
  const attributes = entry.readUInt32LE(56);
  const tag = attributes & Attribute.reparsePoint ? entry.readUInt32LE(64) : 0;
  if (isOtherName(tag)) {
    return isLinkTag(tag) ? 'symbolic-link' : 'unknown';
  }
  return attributes & Attribute.directory ? 'directory' : 'regular-file';
}

/** Encodes a name or a link's target in `NAME_ENCODING`. One that is not UTF-16 gets bytes that are not UTF-8. */
function encoded(name: string): string {
  const bytes = Buffer.from(name).toString(NAME_ENCODING);
  return /\p{Surrogate}/u.test(name) ? `${bytes}\xff` : bytes;
}
