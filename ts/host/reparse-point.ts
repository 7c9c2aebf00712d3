// Reparse points of Windows, by which NTFS has symbolic links and junctions: their bytes, as FSCTL_GET_REPARSE_POINT and
// FSCTL_SET_REPARSE_POINT pass them.

import { systemError } from './error-code.js';

const SYMBOLIC_LINK = 0xa000000c;
const JUNCTION = 0xa0000003;

/** The flag of a link whose text is not a path of the system. */
const RELATIVE = 1;

/** The bytes of the header: the tag, the number of bytes after the header, and a reserved field. */
const HEADER = 8;

/** The bit of a tag whose reparse point stands for another name. */
const NAME_SURROGATE = 0x20000000;

/** Whether a tag is that of a symbolic link or a junction. */
export const isLinkTag = (tag: number): boolean => tag === SYMBOLIC_LINK || tag === JUNCTION;

/** Whether a tag makes a file or directory stand for another name. */
export const isOtherName = (tag: number): boolean => (tag & NAME_SURROGATE) !== 0;

/** Returns the target of a symbolic link or a junction. Fails with EINVAL if the bytes are those of something else. */
export function targetIn(bytes: Buffer): string {
  const tag = bytes.readUInt32LE(0);
  if (!isLinkTag(tag)) {
    throw systemError('EINVAL');
  }
  const texts = tag === SYMBOLIC_LINK ? HEADER + 12 : HEADER + 8;
  const start = texts + bytes.readUInt16LE(HEADER);
  const target = bytes.toString('utf16le', start, start + bytes.readUInt16LE(HEADER + 2));
  // As Node shows it. Another path of the system, such as a volume's, stays one: without its beginning, it would be the
  // name of something beside the link.
  return target.replace(/^\\\?\?\\(?:(UNC)(?=\\)|(?=[a-z]:(?:\\|$)))/i, (_, unc) => (unc ? '\\' : ''));
}

/** Returns the system's own form of an absolute path; undefined for another one. */
function systemPath(path: string): string | undefined {
  if (/^[a-z]:\\/i.test(path)) {
    return `\\??\\${path}`;
  }
  if (/^\\(?:\\[?.]|\?\?)\\/.test(path)) {
    return `\\??\\${path.slice(4)}`;
  }
  return path.startsWith('\\\\') ? `\\??\\UNC${path.slice(1)}` : undefined;
}

/** Returns the bytes of a symbolic link with this text. */
export function linkBuffer(text: string): Buffer {
  const shown = text.replaceAll('/', '\\');
  const whole = systemPath(shown);
  const target = Buffer.from(whole ?? shown, 'utf16le');
  const printed = Buffer.from(shown, 'utf16le');
  const bytes = Buffer.alloc(HEADER + 12);
  bytes.writeUInt32LE(SYMBOLIC_LINK, 0);
  bytes.writeUInt16LE(12 + target.length + printed.length, 4);
  bytes.writeUInt16LE(0, HEADER);
  bytes.writeUInt16LE(target.length, HEADER + 2);
  bytes.writeUInt16LE(target.length, HEADER + 4);
  bytes.writeUInt16LE(printed.length, HEADER + 6);
  bytes.writeUInt32LE(whole === undefined ? RELATIVE : 0, HEADER + 8);
  return Buffer.concat([bytes, target, printed]);
}
