// The race-free walker for Windows: each call gets a held directory's handle and one name, and fails at a link or another
// reparse point instead of following it.
//
// It has been run under Wine, which has no links.

import { constants, fstatSync, futimesSync } from 'node:fs';
import type { DescriptorType } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { realPath } from './calls-by-path.js';
import { fail, systemError, unless } from './error-code.js';
import { Handle } from './handle.js';
import { isKnownProcessor, loadKoffi, unknownSystem } from './koffi.js';
import { expectOrdinary, NAME_ENCODING } from './names.js';
import { Control, Disposition, Information, isLacking, type NtHandle, ntCalls, Option, Right } from './nt.js';
import { changeMode } from './permission.js';
import { retryWhileBusy } from './rename.js';
import { isLinkTag, isOtherName, linkBuffer, targetIn } from './reparse-point.js';
import { expectStack } from './stack.js';
import { type Status, typeOf } from './status.js';
import type { ListedEntry, Walker } from './walker.js';
import { pathWalker } from './walker-path.js';

const { O_CREAT, O_RDWR, O_TRUNC, O_WRONLY, S_IFLNK } = constants;

/** At least the bytes of one entry of a listing. */
const LISTING_BYTES = 16_384;

/** At least the bytes of any reparse point. */
const REPARSE_POINT_BYTES = 16_384;

const ATTRIBUTE_DIRECTORY = 0x10;
const ATTRIBUTE_REPARSE_POINT = 0x400;

const DELETE = 0x1;
const POSIX_SEMANTICS = 0x2;
const IGNORE_READ_ONLY = 0x10;

/** The path by which a host shares a held directory. `hold` recognises its text. Windows has no such device. */
const SHARED = /^\\\\\.\\mapcp-directory\\(\d+)$/;

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
  /** As `withEntry`, with a descriptor. */
  const withDescriptor = <T>(
    parent: Handle,
    name: string,
    rights: number,
    act: (fd: number, handle: NtHandle) => T,
  ): T => {
    expectStack();
    const handle = open(parent, name, rights, Disposition.open, Option.link);
    const fd = nt.descriptor(handle);
    try {
      return act(fd, handle);
    } finally {
      nt.close(fd);
    }
  };
  const entered = (parent: NtHandle, name: string): Handle => {
    expectStack();
    const rights = Right.list | Right.traverse | Right.readAttributes;
    return new Handle(
      nt.descriptor(nt.open(parent, name, rights, Disposition.open, Option.directory)),
      nt.close,
    );
  };
  const look = (parent: Handle, name: string): Status | undefined =>
    unless(['ENOENT'], () =>
      withDescriptor(parent, name, Right.readAttributes, (fd, handle) =>
        statusOf(fstatSync(fd, { bigint: true }), nt.attributes(handle).tag),
      ),
    );
  /** Gives the open entry another name. */
  const giveName = (
    information: number,
    handle: NtHandle,
    to: Handle,
    newName: string,
    replace: boolean,
  ): void => {
    expectOrdinary(newName);
    const bytes = Buffer.alloc(Math.max(24, 20 + newName.length * 2));
    bytes.writeUInt8(replace ? 1 : 0, 0);
    bytes.writeBigInt64LE(BigInt(handleOf(to)), 8);
    bytes.writeUInt32LE(newName.length * 2, 16);
    bytes.write(newName, 20, 'utf16le');
    nt.set(handle, information, bytes);
  };
  const isDirectory = (parent: Handle, name: string): boolean => {
    const status = look(parent, name);
    return status !== undefined && typeOf(status) === 'directory';
  };
  const removeOpen = (handle: NtHandle): void => {
    try {
      const flags = Buffer.alloc(4);
      flags.writeUInt32LE(DELETE | POSIX_SEMANTICS | IGNORE_READ_ONLY);
      nt.set(handle, Information.dispositionEx, flags);
    } catch (error) {
      if (!isLacking(error)) {
        throw error;
      }
      nt.set(handle, Information.disposition, Buffer.of(DELETE));
    }
  };
  const remove = (parent: Handle, name: string, mustBeDirectory: boolean): void =>
    withEntry(parent, name, Right.delete | Right.readAttributes, 0, (handle) => {
      const { attributes, tag } = nt.attributes(handle);
      const isDirectory = (attributes & ATTRIBUTE_DIRECTORY) !== 0 && !isOtherName(tag);
      if (isDirectory !== mustBeDirectory) {
        throw systemError(mustBeDirectory ? 'ENOTDIR' : 'EISDIR');
      }
      removeOpen(handle);
    });

  return {
    newDirectory: pathWalker.newDirectory,

    hold(path) {
      const shared = SHARED.exec(path)?.[1];
      return shared === undefined ? pathWalker.hold(path) : entered(nt.handleOf(Number(shared)), '');
    },

    shared: ({ fd }) => `\\\\.\\mapcp-directory\\${fd}`,

    realPath: (_, path) => realPath(path),

    enter(parent, name) {
      expectOrdinary(name);
      return entered(handleOf(parent), name === '.' ? '' : name);
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
      return new Handle(
        nt.descriptor(open(parent, name, rights, disposition, Option.notDirectory)),
        nt.close,
      );
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
      if (text.includes('\0')) {
        fail('invalid');
      }
      expectStack();
      const bytes = linkBuffer(text);
      const options = Option.link | (type === 'dir' ? Option.directory : Option.notDirectory);
      const rights = Right.delete | Right.writeAttributes;
      const handle = open(parent, name, rights, Disposition.create, options);
      try {
        nt.control(handle, Control.setReparsePoint, bytes, null);
      } catch (error) {
        removeOpen(handle);
        throw error;
      } finally {
        nt.closeHandle(handle);
      }
    },

    removeDirectory: (parent, name) => remove(parent, name, true),

    removeFile: (parent, name) => remove(parent, name, false),

    link(from, name, to, newName) {
      withEntry(from, name, Right.writeAttributes, Option.notDirectory, (handle) =>
        giveName(Information.link, handle, to, newName, false),
      );
    },

    rename(from, name, to, newName) {
      retryWhileBusy(
        () =>
          withEntry(from, name, Right.delete, 0, (handle) =>
            giveName(Information.rename, handle, to, newName, true),
          ),
        () => isDirectory(to, newName) && !isDirectory(from, name),
      );
    },

    setTimes(parent, name, accessed, modified) {
      withDescriptor(parent, name, Right.readAttributes | Right.writeAttributes, (fd) =>
        futimesSync(fd, accessed.passed, modified.passed),
      );
    },

    setMode(directory, mode) {
      changeMode(directory.fd, mode);
    },
  };
}

/** Corrects the type of an entry that stands for another name: a link, or something unknown. */
function statusOf(status: Status, tag: number): Status {
  return isOtherName(tag) ? { ...status, mode: isLinkTag(tag) ? BigInt(S_IFLNK | 0o666) : 0n } : status;
}

/** Returns the type in a FILE_FULL_DIR_INFORMATION. */
function typeOfEntry(entry: Buffer): DescriptorType {
  const attributes = entry.readUInt32LE(56);
  const tag = attributes & ATTRIBUTE_REPARSE_POINT ? entry.readUInt32LE(64) : 0;
  if (isOtherName(tag)) {
    return isLinkTag(tag) ? 'symbolic-link' : 'unknown';
  }
  return attributes & ATTRIBUTE_DIRECTORY ? 'directory' : 'regular-file';
}

/** Encodes a name or a link's target in `NAME_ENCODING`. One that is not UTF-16 gets bytes that are not UTF-8. */
function encoded(name: string): string {
  const bytes = Buffer.from(name).toString(NAME_ENCODING);
  return /\p{Surrogate}/u.test(name) ? `${bytes}\xff` : bytes;
}
