import type { Behaviour } from '../behaviour.js';
import {
  denied,
  endsInSlash,
  isDirectory,
  missing,
  needsRecursive,
  noDirectory,
  notDirectory,
  notRegular,
} from '../errors.js';
import { link } from '../tree.js';

const KiB = 1024;

/** Bytes that differ between neighbouring pages. */
function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index % 251) + (index >> 16)));
}

const sizes = [0, 1, 4095, 4096, 4097, 64 * KiB - 1, 64 * KiB, 64 * KiB + 1, 1024 * KiB - 1, 1024 * KiB];

/** Single files, and sources that are none. */
export const files: readonly Behaviour[] = [
  ...[...sizes, 1024 * KiB + 1, 2048 * KiB].map((size): Behaviour => {
    const content = bytes(size);
    return {
      name: `a file of ${size} bytes is copied`,
      before: { 'in/a': content },
      out: { b: content },
      counts: { bytes: size, files: 1, directories: 0, skipped: 0 },
    };
  }),
  {
    name: 'a file of several windows is copied by small windows',
    before: { 'in/a': bytes(300 * KiB) },
    options: { windowSize: 1 },
    out: { b: bytes(300 * KiB) },
  },
  {
    name: 'a longer existing file is replaced as a whole',
    before: { 'in/a': 'new', 'out/b': 'old and longer' },
    out: { b: 'new' },
  },
  {
    name: 'other files beside the target stay unchanged',
    before: { 'in/a': 'new', 'out/.b': 'one', 'out/b~': 'two' },
    out: { b: 'new', '.b': 'one', 'b~': 'two' },
  },
  {
    name: 'a file without write permission is replaced, because only its directory changes',
    before: { 'in/a': 'new', 'out/b': { content: 'old', mode: 0o444 } },
    isOrdinaryUser: true,
    out: { b: 'new' },
  },
  {
    name: 'a hard link to the replaced file keeps the old content',
    before: { 'in/a': 'new', 'out/b': 'old' },
    prepare: (put) => put.hardLink('out/c', 'out/b'),
    out: { b: 'new', c: 'old' },
  },
  {
    name: 'a path may contain a dot and two dots',
    before: { 'in/d': null, 'in/a': 'content' },
    source: 'in/./d/../a',
    target: 'out/./b',
    out: { b: 'content' },
  },
  {
    name: 'a path may have several slashes in a row',
    before: { 'in/d/a': 'content' },
    source: 'in//d///a',
    target: 'out//b',
    out: { b: 'content' },
  },
  {
    name: 'a missing source is named',
    error: missing('in/a'),
  },
  {
    name: 'a missing source leaves an existing target unchanged',
    before: { 'out/b': 'old' },
    error: missing('in/a'),
  },
  {
    name: 'a source in a missing directory is named',
    source: 'in/missing/a',
    error: missing('in/missing/a'),
  },
  {
    name: 'a source below a file is refused',
    before: { 'in/a': 'content' },
    source: 'in/a/x',
    error: notDirectory('in/a/x', 'inspect'),
  },
  {
    name: 'a file with a slash after its name is refused',
    before: { 'in/a': 'content' },
    source: 'in/a/',
    error: notDirectory('in/a/', 'inspect'),
  },
  {
    name: 'a file is not copied to a name with a slash after it',
    before: { 'in/a': 'content' },
    target: 'out/b/',
    error: endsInSlash('out/b/'),
  },
  {
    name: 'a file does not replace a file whose path ends with a slash',
    before: { 'in/a': 'content', 'out/b': 'old' },
    target: 'out/b/',
    error: notDirectory('out/b/', 'inspect'),
  },
  {
    name: 'an empty path as source is refused',
    source: '',
    error: { code: 'EINVAL', says: "cannot use '': the path is empty" },
  },
  {
    name: 'an empty path as target is refused',
    before: { 'in/a': 'content' },
    target: '',
    error: { code: 'EINVAL', says: "cannot use '': the path is empty" },
  },
  {
    name: 'a target in a missing directory is refused',
    before: { 'in/a': 'content' },
    target: 'out/missing/b',
    error: noDirectory('out/missing/b'),
  },
  {
    name: 'a target below a file is refused',
    before: { 'in/a': 'content', 'out/f': 'old' },
    target: 'out/f/b',
    error: notDirectory('out/f/b', 'inspect'),
  },
  {
    name: 'missing directories on the way to the target are created on request',
    before: { 'in/a': 'content' },
    target: 'out/x/y/b',
    options: { makeParents: true },
    out: { 'x/y/b': 'content' },
  },
  {
    name: 'no directories are created for a missing source',
    target: 'out/x/y/b',
    options: { makeParents: true },
    error: missing('in/a'),
  },
  {
    name: 'a file does not replace a directory',
    before: { 'in/a': 'content', 'out/b': null },
    error: isDirectory('out/b'),
  },
  {
    name: 'a file does not replace a directory with entries',
    before: { 'in/a': 'content', 'out/b/c': 'old' },
    options: { recursive: true },
    error: isDirectory('out/b'),
  },
  {
    name: 'a directory is refused without the recursive option',
    before: { 'in/a': null },
    error: needsRecursive('in/a'),
  },
  {
    name: 'a link to a directory is refused if it is followed without the recursive option',
    before: { 'in/d': null, 'in/a': link('d') },
    options: { symlinks: 'follow' },
    error: needsRecursive('in/a'),
  },
  {
    name: 'a file is also copied with the recursive option',
    before: { 'in/a': 'content' },
    options: { recursive: true },
    out: { b: 'content' },
  },
  ...(['fifo', 'socket', 'device'] as const).map(
    (kind): Behaviour => ({
      name: `a ${kind} is refused and never opened`,
      prepare: (put) => put[kind]('in/a'),
      options: { recursive: true },
      error: notRegular('in/a'),
    }),
  ),
  {
    name: 'a link to a FIFO is refused if it is followed',
    before: { 'in/a': link('fifo') },
    prepare: (put) => put.fifo('in/fifo'),
    options: { symlinks: 'follow', recursive: true },
    error: notRegular('in/a'),
  },
  ...(['fifo', 'socket', 'device'] as const).flatMap((kind): readonly Behaviour[] => [
    {
      name: `a ${kind} as target is refused and stays`,
      before: { 'in/a': 'content' },
      prepare: (put) => put[kind]('out/b'),
      error: notRegular('out/b', 'create'),
    },
    {
      name: `a link to a ${kind} as target is refused and stays`,
      before: { 'in/a': 'content', 'out/b': link('odd') },
      prepare: (put) => put[kind]('out/odd'),
      error: notRegular('out/b', 'create'),
    },
  ]),
  {
    name: 'an unreadable file is named, and an existing target stays unchanged',
    before: { 'in/a': { content: 'content', mode: 0 }, 'out/b': 'old' },
    isOrdinaryUser: true,
    error: denied('in/a', 'open'),
  },
  {
    name: 'an unwritable directory is named',
    before: { 'in/a': 'content', 'out/d': { kind: 'directory', mode: 0o555 } },
    target: 'out/d/b',
    isOrdinaryUser: true,
    error: denied('out/d/b', 'create'),
  },
  {
    name: 'paths that begin with ./ are those without it',
    before: { 'in/a/f': 'content' },
    source: './in/a',
    target: './/./out/b',
    options: { recursive: true },
    out: { 'b/f': 'content' },
  },
];
