import type { Behaviour } from '../behaviour.js';
import { denied, isDirectory, needsRecursive, noDirectory, notDirectory, notRegular } from '../errors.js';
import { type Expected, link, named } from '../tree.js';

const recursive = { recursive: true };

const tree: Expected = { 'in/a/f': 'one', 'in/a/d/g': 'two', 'in/a/d/e/h': 'three' };

const copied = { 'b/f': 'one', 'b/d/g': 'two', 'b/d/e/h': 'three' };

/** Three files in a directory and in a subdirectory. The second one of each is unreadable. */
const unreadable: Expected = {
  'in/a/f': 'f',
  'in/a/g': { content: 'g', mode: 0 },
  'in/a/h': 'h',
};

const numbers = Array.from({ length: 500 }, (_, index) => String(index));

/** Directories with their entries. */
export const trees: readonly Behaviour[] = [
  {
    name: 'a tree is copied with all its entries',
    before: tree,
    options: recursive,
    out: copied,
    counts: { bytes: 11, files: 3, directories: 3, skipped: 0 },
  },
  {
    name: 'an empty directory is copied',
    before: { 'in/a': null },
    options: recursive,
    out: { b: null },
    counts: { bytes: 0, files: 0, directories: 1 },
  },
  {
    name: 'empty directories in a tree are copied',
    before: { 'in/a/x/y': null, 'in/a/z': null },
    options: recursive,
    out: { 'b/x/y': null, 'b/z': null },
  },
  {
    name: 'hidden files and directories are copied',
    before: { 'in/a/.env': 'one', 'in/a/.git/config': 'two' },
    options: recursive,
    out: { 'b/.env': 'one', 'b/.git/config': 'two' },
  },
  ...[
    { source: 'in/a/', target: 'out/b', what: 'the source' },
    { source: 'in/a', target: 'out/b/', what: 'the target' },
    { source: 'in/a//', target: 'out/b//', what: 'both' },
  ].map(
    ({ source, target, what }): Behaviour => ({
      name: `a slash after ${what} does not matter for a tree`,
      before: tree,
      source,
      target,
      options: recursive,
      out: copied,
    }),
  ),
  {
    name: 'a dot after the source does not matter for a tree',
    before: tree,
    source: 'in/a/.',
    options: recursive,
    out: copied,
  },
  {
    name: 'the contents of a directory are copied into an existing one',
    before: tree,
    source: 'in/a',
    target: 'out',
    options: recursive,
    out: { f: 'one', 'd/g': 'two', 'd/e/h': 'three' },
  },
  {
    name: 'a tree is merged into an existing one',
    before: { ...tree, 'out/b/own': null, 'out/b/d/g': 'old', 'out/b/d/own': 'stays' },
    options: recursive,
    out: { ...copied, 'b/own': null, 'b/d/own': 'stays' },
  },
  {
    name: 'copying a tree a second time gives the same result',
    before: { ...tree, 'out/b/f': 'one', 'out/b/d/g': 'two', 'out/b/d/e/h': 'three' },
    options: recursive,
    out: copied,
  },
  {
    name: 'missing directories on the way to a tree are created on request',
    before: tree,
    target: 'out/x/b',
    options: { recursive: true, makeParents: true },
    out: {
      x: null,
      ...Object.fromEntries(Object.entries(copied).map(([path, entry]) => [`x/${path}`, entry])),
    },
  },
  {
    name: 'a directory that is not copied creates no directories on the way',
    before: { 'in/a': null },
    target: 'out/x/b',
    options: { makeParents: true },
    error: needsRecursive('in/a'),
  },
  {
    name: 'a tree is not copied into a missing directory',
    before: tree,
    target: 'out/missing/b',
    options: recursive,
    error: noDirectory('out/missing/b'),
  },
  {
    name: 'a tree does not replace a file',
    before: { ...tree, 'out/b': 'old' },
    options: recursive,
    error: {
      code: 'ENOTDIR',
      says: "cannot open 'out/b': not a directory; if it is a link to one, end the path with a slash",
    },
  },
  {
    name: 'a file in a tree does not replace a directory',
    before: { 'out/b/f': null, 'in/a/f': 'content' },
    options: recursive,
    error: isDirectory('out/b/f', 'f'),
  },
  {
    name: 'a directory in a tree does not replace a file',
    before: { 'in/a/d': null, 'out/b/d': 'old' },
    options: recursive,
    error: notDirectory('out/b/d', 'open', 'd'),
  },
  {
    name: 'a file in place of a directory is one failure, and the rest of the tree is copied on request',
    before: { ...tree, 'out/b/d': 'old' },
    options: { recursive: true, keepGoing: true },
    errors: [notDirectory('out/b/d', 'open', 'd')],
    out: { 'b/f': 'one', 'b/d': 'old' },
  },
  {
    name: 'a directory in place of a file is one failure, and the rest of the tree is copied on request',
    before: { ...tree, 'out/b/f': null },
    options: { recursive: true, keepGoing: true },
    errors: [isDirectory('out/b/f', 'f')],
    out: { ...copied, 'b/f': null },
    counts: { files: 2 },
  },
  {
    name: 'a link to a device in a tree is replaced like any other link',
    before: { 'in/a/f': 'content', 'out/b/f': link('/dev/null') },
    options: recursive,
    out: { 'b/f': 'content' },
  },
  ...(['fifo', 'socket', 'device'] as const).map(
    (kind): Behaviour => ({
      name: `a ${kind} in a tree is skipped with a warning`,
      before: { 'in/a/f': 'content' },
      prepare: (put) => put[kind]('in/a/odd'),
      options: recursive,
      warnings: [notRegular('in/a/odd', 'open', 'odd')],
      out: { 'b/f': 'content' },
      counts: { files: 1 },
    }),
  ),
  {
    name: 'an unreadable file stops the copy of a tree',
    before: { 'in/a/f': { content: 'content', mode: 0 } },
    options: recursive,
    isOrdinaryUser: true,
    error: denied('in/a/f', 'open', 'f'),
    out: { b: null },
  },
  {
    name: 'an unreadable file is one failure, and the rest is copied on request',
    before: unreadable,
    options: { recursive: true, keepGoing: true },
    isOrdinaryUser: true,
    errors: [denied('in/a/g', 'open', 'g')],
    out: { 'b/f': 'f', 'b/h': 'h' },
    counts: { files: 2 },
  },
  {
    name: 'an unreadable directory stops the copy of a tree',
    before: { 'in/a/d': { kind: 'directory', mode: 0 } },
    options: recursive,
    isOrdinaryUser: true,
    error: denied('in/a/d', 'open', 'd'),
    out: { b: null },
  },
  {
    name: 'unreadable directories and files are errors, and the rest is copied on request',
    before: { ...unreadable, 'in/a/d': { kind: 'directory', mode: 0 }, 'in/a/e/i': 'i' },
    options: { recursive: true, keepGoing: true },
    isOrdinaryUser: true,
    errors: [denied('in/a/d', 'open', 'd'), denied('in/a/g', 'open', 'g')],
    out: { 'b/e/i': 'i', 'b/f': 'f', 'b/h': 'h' },
  },
  {
    name: 'a tree without write permission is copied with its entries',
    before: {
      ...tree,
      'in/a': { kind: 'directory', mode: 0o555 },
      'in/a/d': { kind: 'directory', mode: 0o555 },
      'in/a/d/e': { kind: 'directory', mode: 0o555 },
    },
    options: recursive,
    isOrdinaryUser: true,
    out: copied,
  },
  {
    name: 'a tree of 200 levels is copied',
    onWindows: 'the checks of so many long paths take minutes',
    before: { [`in/a/${'d/'.repeat(200)}f`]: 'content' },
    options: { recursive: true, preserveTimestamps: true },
    out: { [`b/${'d/'.repeat(200)}f`]: 'content' },
    counts: { directories: 201, files: 1 },
  },
  {
    name: 'a directory of 500 files is copied',
    before: named('in/a', numbers),
    options: recursive,
    out: named('b', numbers),
    counts: { files: 500 },
  },
  {
    name: 'warnings before a failure are reported with it',
    before: { 'out/b/d/f': null, 'in/a/d/f': 'content' },
    prepare: (put) => put.fifo('in/a/fifo'),
    options: { recursive: true },
    error: isDirectory('out/b/d/f', 'd/f'),
    warnings: [notRegular('in/a/fifo', 'open', 'fifo')],
  },
];
