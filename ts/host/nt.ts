// Calls of Windows that act on one name in an open directory, through koffi: NtCreateFile and its family. Windows itself
// refuses `..` and absolute names in them.

import { getSystemErrorName } from 'node:util';
import { systemError } from './error-code.js';
import { broken, type Koffi, type Native } from './koffi.js';

/** Rights to an open file. */
export const Right = {
  list: 0x1,
  traverse: 0x20,
  readAttributes: 0x80,
  writeAttributes: 0x100,
  delete: 0x10000,
  synchronize: 0x100000,
  write: 0x40000000,
  read: 0x80000000,
} as const;

/** Which names an open accepts: taken ones, free ones, or taken ones whose content it removes. */
export const Disposition = { open: 1, create: 2, overwrite: 4 } as const;

/** Options of an open. */
export const Option = {
  directory: 0x1,
  synchronous: 0x20,
  notDirectory: 0x40,
  /** Opens a link itself. Without it, an open fails at a link. */
  link: 0x200000,
} as const;

/** Information that gives an open file another name. */
export const Naming = { rename: 10, link: 11 } as const;

/** Attributes of a file. */
export const Attribute = { readOnly: 0x1, directory: 0x10, reparsePoint: 0x400 } as const;

/** Commands to a file system. */
export const Control = { setReparsePoint: 0x900a4, getReparsePoint: 0x900a8 } as const;

const FILE_FULL_DIR_INFORMATION = 2;
const FILE_BASIC_INFORMATION = 4;
const FILE_STANDARD_INFORMATION = 5;
const FILE_INTERNAL_INFORMATION = 6;
const FILE_DISPOSITION_INFORMATION = 13;
const FILE_ATTRIBUTE_TAG_INFORMATION = 35;
const FILE_DISPOSITION_INFORMATION_EX = 64;
const FILE_ATTRIBUTE_NORMAL = 0x80;
const DISPOSITION_DELETE = 0x1;
const DISPOSITION_POSIX_SEMANTICS = 0x2;
const DISPOSITION_IGNORE_READ_ONLY = 0x10;
/** Windows' time of 1970, in units of 100 nanoseconds. */
const IN_1970 = 116_444_736_000_000_000n;
const SHARE_ALL = 7;
const OBJ_CASE_INSENSITIVE = 0x40;
/** Refuses links on the way, and a link with the last name unless the link itself is opened. */
const OBJ_DONT_REPARSE = 0x1000;
/** libuv's number for a file system request. */
const UV_FS = 6;

const STATUS_NO_MORE_FILES = 0x80000006;
const STATUS_NOT_IMPLEMENTED = 0xc0000002;
const STATUS_INVALID_INFO_CLASS = 0xc0000003;
const STATUS_INVALID_PARAMETER = 0xc000000d;
const STATUS_NO_SUCH_FILE = 0xc000000f;
const STATUS_INVALID_DEVICE_REQUEST = 0xc0000010;
const STATUS_FILE_IS_A_DIRECTORY = 0xc00000ba;
const STATUS_NOT_SUPPORTED = 0xc00000bb;
const STATUS_NOT_A_DIRECTORY = 0xc0000103;
const STATUS_NAME_TOO_LONG = 0xc0000106;
const STATUS_NOT_A_REPARSE_POINT = 0xc0000275;
const STATUS_REPARSE_POINT_ENCOUNTERED = 0xc000050b;

/** Node's codes for statuses that Windows' own errors do not distinguish. libuv maps the others. */
const codes: Readonly<Record<number, string>> = {
  [STATUS_NO_MORE_FILES]: 'ENOENT',
  [STATUS_FILE_IS_A_DIRECTORY]: 'EISDIR',
  [STATUS_NOT_A_DIRECTORY]: 'ENOTDIR',
  [STATUS_NAME_TOO_LONG]: 'ENAMETOOLONG',
  [STATUS_NOT_A_REPARSE_POINT]: 'EINVAL',
  [STATUS_REPARSE_POINT_ENCOUNTERED]: 'ELOOP',
};

/** Statuses of a call that this release of Windows, or this file system, does not have. */
const lacking: readonly number[] = [
  STATUS_NOT_IMPLEMENTED,
  STATUS_INVALID_INFO_CLASS,
  STATUS_INVALID_PARAMETER,
  STATUS_INVALID_DEVICE_REQUEST,
  STATUS_NOT_SUPPORTED,
];

/** An open handle of Windows. */
export type NtHandle = number;

/** Maximum number of bytes in a name. */
const MOST_NAME = 512;

// Offsets in the memory that calls share: OBJECT_ATTRIBUTES, UNICODE_STRING, IO_STATUS_BLOCK, a handle, a name, and
// information about a file.
const OBJECT = 0;
const STRING = 48;
const STATUS = 64;
const HANDLE = 80;
const NAME = 96;
const INFORMATION = NAME + MOST_NAME;

/** At least the bytes of any information that is asked for or set: a new name has 20 bytes before it. */
const MOST_INFORMATION = 20 + MOST_NAME;

/** Declares the calls. Throws a `NoKoffiError` if one is missing. Each call throws an error like Node's if it fails. */
export function ntCalls(koffi: Koffi) {
  const native = declare(koffi);
  // Not on the heap of JavaScript, so its address stays.
  const memory = Buffer.from(new ArrayBuffer(INFORMATION + MOST_INFORMATION));
  const address = koffi.address(memory);
  const [object, status, opened, information] = [OBJECT, STATUS, HANDLE, INFORMATION].map(
    (offset) => address + BigInt(offset),
  );
  memory.writeUInt32LE(STRING - OBJECT, OBJECT);
  memory.writeBigUInt64LE(address + BigInt(STRING), OBJECT + 16);
  memory.writeUInt32LE(OBJ_CASE_INSENSITIVE | OBJ_DONT_REPARSE, OBJECT + 24);
  memory.writeBigUInt64LE(address + BigInt(NAME), STRING + 8);
  const request = Buffer.from(new ArrayBuffer(Number(native.uv_req_size(UV_FS))));

  const check = (result: number): void => {
    if (result < 0) {
      throw errorOf(result >>> 0);
    }
  };
  const errorOf = (failed: number): Error => {
    const code =
      codes[failed] ??
      getSystemErrorName(native.uv_translate_sys_error(native.RtlNtStatusToDosError(failed)));
    return systemError(code);
  };
  /** Writes a name as UTF-16. Returns the number of its bytes. */
  const write = (name: string, offset: number): number => {
    const length = name.length * 2;
    if (length > MOST_NAME) {
      throw systemError('ENAMETOOLONG');
    }
    memory.write(name, offset, 'utf16le');
    return length;
  };
  /** Reads `length` bytes of information into the memory. */
  const query = (handle: NtHandle, length: number, kind: number): void =>
    check(native.NtQueryInformationFile(handle, status, information, length, kind));
  /** Sets `length` bytes of information in the memory. */
  const set = (handle: NtHandle, length: number, kind: number): number =>
    native.NtSetInformationFile(handle, status, information, length, kind);
  const nanoseconds = (offset: number): bigint =>
    (memory.readBigInt64LE(INFORMATION + offset) - IN_1970) * 100n;
  const closeHandle = (handle: NtHandle): void => void native.NtClose(handle);

  return {
    /** Opens or creates `name` in `root`; the empty name is `root` itself. Never follows a link. */
    open(root: NtHandle, name: string, rights: number, disposition: number, options: number): NtHandle {
      const length = write(name, NAME);
      memory.writeUInt16LE(length, STRING);
      memory.writeUInt16LE(length, STRING + 2);
      memory.writeBigInt64LE(BigInt(root), OBJECT + 8);
      const all = options | Option.synchronous;
      const access = (rights | Right.synchronize) >>> 0;
      check(
        native.NtCreateFile(
          opened,
          access,
          object,
          status,
          null,
          FILE_ATTRIBUTE_NORMAL,
          SHARE_ALL,
          disposition,
          all,
          null,
          0,
        ),
      );
      return Number(memory.readBigInt64LE(HANDLE));
    },

    closeHandle,

    /** Makes a descriptor of a handle, and gives the handle to it. */
    descriptor(handle: NtHandle): number {
      const fd = native.uv_open_osfhandle(handle);
      if (fd === -1) {
        closeHandle(handle);
        throw systemError('EMFILE');
      }
      return fd;
    },

    /** Returns the handle of a descriptor, which stays the owner. */
    handleOf: (fd: number): NtHandle => Number(native.uv_get_osfhandle(fd)),

    /** Closes a descriptor. */
    close(fd: number): void {
      const result = native.uv_fs_close(null, request, fd, null);
      if (result < 0) {
        throw systemError(getSystemErrorName(result));
      }
    },

    /** Renames an open file, or links it, to `name` in `root`. */
    giveName(handle: NtHandle, naming: number, root: NtHandle, name: string, replaces: boolean): void {
      memory.writeBigUInt64LE(replaces ? 1n : 0n, INFORMATION);
      memory.writeBigInt64LE(BigInt(root), INFORMATION + 8);
      const length = write(name, INFORMATION + 20);
      memory.writeUInt32LE(length, INFORMATION + 16);
      check(set(handle, Math.max(24, 20 + length), naming));
    },

    /** Removes the name by which a file was opened, at once if the system can do that, also if it is read-only. */
    remove(handle: NtHandle): void {
      const flags = DISPOSITION_DELETE | DISPOSITION_POSIX_SEMANTICS | DISPOSITION_IGNORE_READ_ONLY;
      memory.writeUInt32LE(flags, INFORMATION);
      const result = set(handle, 4, FILE_DISPOSITION_INFORMATION_EX);
      if (lacking.includes(result >>> 0)) {
        memory.writeUInt8(1, INFORMATION);
        check(set(handle, 1, FILE_DISPOSITION_INFORMATION));
      } else {
        check(result);
      }
    },

    /** Returns the attributes of an open file, and the tag of a link or another reparse point; 0 if it is none. */
    attributes(handle: NtHandle): { attributes: number; tag: number } {
      query(handle, 8, FILE_ATTRIBUTE_TAG_INFORMATION);
      return { attributes: memory.readUInt32LE(INFORMATION), tag: memory.readUInt32LE(INFORMATION + 4) };
    },

    /** Returns the attributes and times of an open file, the latter in nanoseconds since 1970. */
    basics(handle: NtHandle) {
      query(handle, 40, FILE_BASIC_INFORMATION);
      return {
        attributes: memory.readUInt32LE(INFORMATION + 32),
        atimeNs: nanoseconds(8),
        mtimeNs: nanoseconds(16),
        ctimeNs: nanoseconds(24),
      };
    },

    /** Returns the size of an open file, and how many names it has. */
    extent(handle: NtHandle): { size: bigint; nlink: bigint } {
      query(handle, 24, FILE_STANDARD_INFORMATION);
      const nlink = BigInt(memory.readUInt32LE(INFORMATION + 16));
      return { size: memory.readBigInt64LE(INFORMATION + 8), nlink };
    },

    /** Returns the number of an open file, which no other file of its volume has. */
    number(handle: NtHandle): bigint {
      query(handle, 8, FILE_INTERNAL_INFORMATION);
      return memory.readBigUInt64LE(INFORMATION);
    },

    /** Sends a command about a reparse point, with `input`, and fills `output`. */
    control(handle: NtHandle, command: number, input: Buffer | null, output: Buffer | null): void {
      check(
        native.NtFsControlFile(
          handle,
          0,
          null,
          null,
          status,
          command,
          input,
          input?.length ?? 0,
          output,
          output?.length ?? 0,
        ),
      );
    },

    /** Fills `bytes` with the next entries of an open directory. Returns false after the last. */
    list(handle: NtHandle, bytes: Buffer): boolean {
      const result = native.NtQueryDirectoryFile(
        handle,
        0,
        null,
        null,
        status,
        bytes,
        bytes.length,
        FILE_FULL_DIR_INFORMATION,
        0,
        null,
        0,
      );
      // An empty root directory has not even `.`, so its first entry does not exist.
      if ([STATUS_NO_MORE_FILES, STATUS_NO_SUCH_FILE].includes(result >>> 0)) {
        return false;
      }
      check(result);
      return true;
    },
  };
}

function declare(koffi: Koffi) {
  try {
    const ntdll = koffi.load('ntdll.dll');
    // Node has its C runtime in itself, so descriptors must come from it.
    const node = koffi.load(process.execPath);
    const inNtdll = (prototype: string): Native => ntdll.func(prototype);
    const inNode = (prototype: string): Native => node.func(prototype);
    return {
      NtCreateFile: inNtdll(
        'int NtCreateFile(void *, uint32, void *, void *, void *, uint32, uint32, uint32, uint32, void *, uint32)',
      ),
      NtSetInformationFile: inNtdll('int NtSetInformationFile(intptr_t, void *, void *, uint32, int)'),
      NtQueryInformationFile: inNtdll('int NtQueryInformationFile(intptr_t, void *, void *, uint32, int)'),
      NtFsControlFile: inNtdll(
        'int NtFsControlFile(intptr_t, intptr_t, void *, void *, void *, uint32, void *, uint32, void *, uint32)',
      ),
      NtQueryDirectoryFile: inNtdll(
        'int NtQueryDirectoryFile(intptr_t, intptr_t, void *, void *, void *, void *, uint32, int, uint8, void *, uint8)',
      ),
      NtClose: inNtdll('int NtClose(intptr_t)'),
      RtlNtStatusToDosError: inNtdll('uint32 RtlNtStatusToDosError(uint32)'),
      uv_open_osfhandle: inNode('int uv_open_osfhandle(intptr_t)'),
      uv_get_osfhandle: inNode('intptr_t uv_get_osfhandle(int)'),
      uv_fs_close: inNode('int uv_fs_close(void *, void *, int, void *)'),
      uv_req_size: inNode('size_t uv_req_size(int)'),
      uv_translate_sys_error: inNode('int uv_translate_sys_error(int)'),
    };
  } catch (error) {
    throw broken(error);
  }
}
