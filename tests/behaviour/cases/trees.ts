import type { Behaviour } from '../behaviour.js';
import { denied, isDirectory, needsRecursive, noDirectory, notDirectory, notRegular } from '../errors.js';
import type { Put } from '../tree.js';

const recursive = { recursive: true };

function tree(put: Put): void {
  put.directory('in/a/d/e');
  put.file('in/a/f', 'one');
  put.file('in/a/d/g', 'two');
  put.file('in/a/d/e/h', 'three');
}

const copied = { b: null, 'b/f': 'one', 'b/d': null, 'b/d/g': 'two', 'b/d/e': null, 'b/d/e/h': 'three' };

/** Three files in a directory and in a subdirectory. The second one of each is unreadable. */
function unreadable(put: Put): void {
  put.directory('in/a');
  for (const name of ['f', 'g', 'h']) {
    put.file(`in/a/${name}`, name);
  }
  put.mode('in/a/g', 0);
}

/** Directories with their entries. */
export const trees: readonly Behaviour[] = [
  {
    name: 'a tree is copied with all its entries',
    prepare: tree,
    options: recursive,
    out: copied,
    counts: { bytes: 11, files: 3, directories: 3, skipped: 0 },
  },
  {
    name: 'an empty directory is copied',
    prepare: (put) => put.directory('in/a'),
    options: recursive,
    out: { b: null },
    counts: { bytes: 0, files: 0, directories: 1 },
  },
  {
    name: 'empty directories in a tree are copied',
    prepare: (put) => put.directory('in/a/x/y', 'in/a/z'),
    options: recursive,
    out: { b: null, 'b/x': null, 'b/x/y': null, 'b/z': null },
  },
  {
    name: 'hidden files and directories are copied',
    prepare: (put) => {
      put.directory('in/a/.git');
      put.file('in/a/.env', 'one');
      put.file('in/a/.git/config', 'two');
    },
    options: recursive,
    out: { b: null, 'b/.env': 'one', 'b/.git': null, 'b/.git/config': 'two' },
  },
  ...[
    { source: 'in/a/', target: 'out/b', what: 'the source' },
    { source: 'in/a', target: 'out/b/', what: 'the target' },
    { source: 'in/a//', target: 'out/b//', what: 'both' },
  ].map(
    ({ source, target, what }): Behaviour => ({
      name: `a slash after ${what} does not matter for a tree`,
      prepare: tree,
      source,
      target,
      options: recursive,
      out: copied,
    }),
  ),
  {
    name: 'a dot after the source does not matter for a tree',
    prepare: tree,
    source: 'in/a/.',
    options: recursive,
    out: copied,
  },
  {
    name: 'the contents of a directory are copied into an existing one',
    prepare: tree,
    source: 'in/a',
    target: 'out',
    options: recursive,
    out: Object.fromEntries(
      Object.entries(copied)
        .filter(([path]) => path !== 'b')
        .map(([path, entry]) => [path.slice(2), entry]),
    ),
  },
  {
    name: 'a tree is merged into an existing one',
    prepare: (put) => {
      tree(put);
      put.directory('out/b/d', 'out/b/own');
      put.file('out/b/d/g', 'old');
      put.file('out/b/d/own', 'stays');
    },
    options: recursive,
    out: { ...copied, 'b/own': null, 'b/d/own': 'stays' },
  },
  {
    name: 'copying a tree a second time gives the same result',
    prepare: (put) => {
      tree(put);
      put.directory('out/b/d/e');
      put.file('out/b/f', 'one');
      put.file('out/b/d/g', 'two');
      put.file('out/b/d/e/h', 'three');
    },
    options: recursive,
    out: copied,
  },
  {
    name: 'missing directories on the way to a tree are created on request',
    prepare: tree,
    target: 'out/x/b',
    options: { recursive: true, makeParents: true },
    out: {
      x: null,
      ...Object.fromEntries(Object.entries(copied).map(([path, entry]) => [`x/${path}`, entry])),
    },
  },
  {
    name: 'a directory that is not copied creates no directories on the way',
    prepare: (put) => put.directory('in/a'),
    target: 'out/x/b',
    options: { makeParents: true },
    error: needsRecursive('in/a'),
  },
  {
    name: 'a tree is not copied into a missing directory',
    prepare: tree,
    target: 'out/missing/b',
    options: recursive,
    error: noDirectory('out/missing/b'),
  },
  {
    name: 'a tree does not replace a file',
    prepare: (put) => {
      tree(put);
      put.file('out/b', 'old');
    },
    options: recursive,
    error: {
      code: 'ENOTDIR',
      says: "cannot open 'out/b': not a directory; if it is a link to one, end the path with a slash",
    },
  },
  {
    name: 'a file in a tree does not replace a directory',
    prepare: (put) => {
      put.directory('in/a', 'out/b/f');
      put.file('in/a/f');
    },
    options: recursive,
    error: isDirectory('out/b/f', 'f'),
  },
  {
    name: 'a directory in a tree does not replace a file',
    prepare: (put) => {
      put.directory('in/a/d', 'out/b');
      put.file('out/b/d', 'old');
    },
    options: recursive,
    error: notDirectory('out/b/d', 'open', 'd'),
  },
  {
    name: 'a file in place of a directory is one failure, and the rest of the tree is copied on request',
    prepare: (put) => {
      tree(put);
      put.directory('out/b');
      put.file('out/b/d', 'old');
    },
    options: { recursive: true, keepGoing: true },
    errors: [notDirectory('out/b/d', 'open', 'd')],
    out: { b: null, 'b/f': 'one', 'b/d': 'old' },
  },
  {
    name: 'a directory in place of a file is one failure, and the rest of the tree is copied on request',
    prepare: (put) => {
      tree(put);
      put.directory('out/b/f');
    },
    options: { recursive: true, keepGoing: true },
    errors: [isDirectory('out/b/f', 'f')],
    out: { ...copied, 'b/f': null },
    counts: { files: 2 },
  },
  {
    name: 'a link to a device in a tree is replaced like any other link',
    prepare: (put) => {
      put.directory('in/a');
      put.file('in/a/f');
      put.directory('out/b');
      put.symlink('out/b/f', '/dev/null');
    },
    options: recursive,
    out: { b: null, 'b/f': 'content' },
  },
  ...(['fifo', 'socket', 'device'] as const).map(
    (kind): Behaviour => ({
      name: `a ${kind} in a tree is skipped with a warning`,
      prepare: (put) => {
        put.directory('in/a');
        put.file('in/a/f');
        put[kind]('in/a/odd');
      },
      options: recursive,
      warnings: [notRegular('in/a/odd', 'open', 'odd')],
      out: { b: null, 'b/f': 'content' },
      counts: { files: 1 },
    }),
  ),
  {
    name: 'an unreadable file stops the copy of a tree',
    prepare: (put) => {
      put.directory('in/a');
      put.file('in/a/f');
      put.mode('in/a/f', 0);
    },
    options: recursive,
    isOrdinaryUser: true,
    error: denied('in/a/f', 'open', 'f'),
    out: { b: null },
  },
  {
    name: 'an unreadable file is one failure, and the rest is copied on request',
    prepare: unreadable,
    options: { recursive: true, keepGoing: true },
    isOrdinaryUser: true,
    errors: [denied('in/a/g', 'open', 'g')],
    out: { b: null, 'b/f': 'f', 'b/h': 'h' },
    counts: { files: 2 },
  },
  {
    name: 'an unreadable directory stops the copy of a tree',
    prepare: (put) => {
      put.directory('in/a/d');
      put.mode('in/a/d', 0);
    },
    options: recursive,
    isOrdinaryUser: true,
    error: denied('in/a/d', 'open', 'd'),
    out: { b: null },
  },
  {
    name: 'unreadable directories and files are errors, and the rest is copied on request',
    prepare: (put) => {
      unreadable(put);
      put.directory('in/a/d', 'in/a/e');
      put.file('in/a/e/i', 'i');
      put.mode('in/a/d', 0);
    },
    options: { recursive: true, keepGoing: true },
    isOrdinaryUser: true,
    errors: [denied('in/a/d', 'open', 'd'), denied('in/a/g', 'open', 'g')],
    out: { b: null, 'b/e': null, 'b/e/i': 'i', 'b/f': 'f', 'b/h': 'h' },
  },
  {
    name: 'a tree without write permission is copied with its entries',
    prepare: (put) => {
      tree(put);
      put.mode('in/a/d/e', 0o555);
      put.mode('in/a/d', 0o555);
      put.mode('in/a', 0o555);
    },
    options: recursive,
    isOrdinaryUser: true,
    out: copied,
  },
  {
    name: 'a tree of 200 levels is copied',
    onWindows: 'the checks of so many long paths take minutes',
    prepare: (put) => {
      put.directory(`in/a/${'d/'.repeat(200)}`);
      put.file(`in/a/${'d/'.repeat(200)}f`);
    },
    options: { recursive: true, preserveTimestamps: true },
    out: {
      b: null,
      ...Object.fromEntries(Array.from({ length: 200 }, (_, level) => [`b${'/d'.repeat(level + 1)}`, null])),
      [`b/${'d/'.repeat(200)}f`]: 'content',
    },
    counts: { directories: 201, files: 1 },
  },
  {
    name: 'a directory of 500 files is copied',
    prepare: (put) => {
      put.directory('in/a');
      for (let index = 0; index < 500; index++) {
        put.file(`in/a/${index}`, String(index));
      }
    },
    options: recursive,
    out: { b: null, ...Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`b/${n}`, String(n)])) },
    counts: { files: 500 },
  },
  {
    name: 'warnings before a failure are reported with it',
    prepare: (put) => {
      put.directory('in/a/d', 'out/b/d/f');
      put.file('in/a/d/f');
      put.fifo('in/a/fifo');
    },
    options: { recursive: true },
    error: {
      code: 'EISDIR',
      says: "cannot create 'out/b/d/f': it is a directory; choose another path for the copy",
      entry: 'd/f',
    },
    warnings: [
      {
        code: 'ERR_MAPCP_NOT_REGULAR_FILE',
        says: "cannot open 'in/a/fifo': it is not a regular file but a FIFO, a socket or a device",
        entry: 'fifo',
      },
    ],
  },
];
