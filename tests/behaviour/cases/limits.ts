import type { Behaviour } from '../behaviour.js';
import { limited } from '../errors.js';
import { link } from '../tree.js';

// A file has 7 bytes.
const tree = { 'in/a/f': 'content', 'in/a/d/g': 'content', 'in/a/d/e/h': 'content' };

const whole = { 'b/f': 'content', 'b/d/g': 'content', 'b/d/e/h': 'content' };

/** A link to a directory with a link, and so on. */
const chain = Object.fromEntries(
  ['a', '1', '2', '3', '4', '5'].map((name, index) => [`in/${name}/l`, link(`../${index + 1}`)]),
);

/** Limits on what is copied. */
export const limits: readonly Behaviour[] = [
  {
    name: 'a file may be as large as its limit',
    before: { 'in/a': 'content' },
    options: { maxFileSize: 7 },
    out: { b: 'content' },
  },
  {
    name: 'a file that is larger than its limit is an error, and the old target stays',
    before: { 'in/a': 'content', 'out/b': 'old' },
    options: { maxFileSize: 6 },
    error: limited('in/a', 'it has more bytes than `max-file-size=6`'),
  },
  {
    name: 'a file of holes counts with its size',
    before: { 'in/a': '' },
    prepare: (put) => put.size('in/a', 1_000_000),
    options: { maxFileSize: 999_999 },
    error: limited('in/a', 'it has more bytes than `max-file-size=999999`'),
  },
  {
    name: 'a limit of 2 ** 64 - 1 bytes allows every file',
    before: { 'in/a': 'content' },
    options: { maxFileSize: 2n ** 64n - 1n, maxBytes: 2n ** 64n - 1n },
    out: { b: 'content' },
  },
  {
    name: 'a file that is larger than its limit is one failure, and the rest is copied on request',
    before: { ...tree, 'in/a/d/large': 'larger content' },
    options: { recursive: true, keepGoing: true, maxFileSize: 7 },
    out: whole,
    errors: [limited('in/a/d/large', 'it has more bytes than `max-file-size=7`', 'd/large')],
  },
  {
    name: 'a tree may have as many bytes and entries as its limits',
    before: tree,
    options: { recursive: true, maxBytes: 21, maxFiles: 6, maxDepth: 3, maxFileSize: 7 },
    out: whole,
    counts: { bytes: 21, files: 3, directories: 3 },
  },
  {
    name: 'a tree with one byte more than its limit is an error, and finished files stay',
    before: tree,
    options: { recursive: true, maxBytes: 20 },
    out: { 'b/f': 'content', 'b/d/g': 'content', 'b/d/e': null },
    error: limited('in/a/d/e/h', 'with it, the copy has more bytes than `max-bytes=20`', 'd/e/h'),
  },
  {
    name: 'a limit on all bytes ends the copy, even if it goes on after other errors',
    before: tree,
    options: { recursive: true, keepGoing: true, maxBytes: 13 },
    out: { 'b/f': 'content', 'b/d': null },
    error: limited('in/a/d/g', 'with it, the copy has more bytes than `max-bytes=13`', 'd/g'),
  },
  ...[{}, { dryRun: true }].map(
    ({ dryRun }): Behaviour => ({
      name: `if ${dryRun ? 'a dry run' : 'a copy'} keeps hard links, the bytes of a file with several names count once`,
      before: { 'in/a/f': 'content' },
      prepare: (put) => {
        put.hardLink('in/a/g', 'in/a/f');
        put.hardLink('in/a/h', 'in/a/f');
      },
      options: { recursive: true, preserveHardLinks: true, maxBytes: 7, ...(dryRun && { dryRun }) },
      out: dryRun ? {} : { 'b/f': 'content', 'b/g': 'content', 'b/h': 'content' },
      counts: { bytes: 7, files: 3 },
    }),
  ),
  {
    name: 'a limit of 0 bytes allows empty files only',
    before: { 'in/a/empty': '', 'in/a/d/g': 'content' },
    options: { recursive: true, maxBytes: 0 },
    out: { 'b/empty': '', 'b/d': null },
    error: limited('in/a/d/g', 'with it, the copy has more bytes than `max-bytes=0`', 'd/g'),
  },
  {
    name: 'a tree with one entry more than its limit is an error',
    before: tree,
    options: { recursive: true, maxFiles: 5 },
    out: { 'b/f': 'content', 'b/d/g': 'content', 'b/d/e': null },
    error: limited('in/a/d/e/h', 'with it, the copy has more entries than `max-files=5`', 'd/e/h'),
  },
  {
    name: 'a limit of 0 entries creates nothing',
    before: tree,
    options: { recursive: true, maxFiles: 0 },
    error: limited('in/a', 'with it, the copy has more entries than `max-files=0`'),
  },
  {
    name: 'directories and links count as entries',
    before: { 'in/a/d/e': null, 'in/a/l': link('nowhere') },
    options: { recursive: true, maxFiles: 3 },
    out: { 'b/d': null, 'b/l': link('nowhere') },
    error: limited('in/a/d/e', 'with it, the copy has more entries than `max-files=3`', 'd/e'),
  },
  {
    name: 'entries that are left out or skipped do not count',
    before: {
      ...tree,
      'in/a/x.o': 'content',
      'in/a/cache/deep/deeper/deepest': null,
      'out/b/f': 'old',
      'out/b/d/g': 'old',
    },
    options: {
      recursive: true,
      overwrite: 'never',
      exclude: ['*.o', 'cache'],
      maxBytes: 7,
      maxFiles: 4,
      maxDepth: 3,
    },
    out: { ...whole, 'b/f': 'old', 'b/d/g': 'old' },
    counts: { bytes: 7, files: 1, directories: 3, skipped: 4 },
  },
  {
    name: 'a path with more names than its limit is an error, and entries above it are copied',
    before: tree,
    options: { recursive: true, maxDepth: 2 },
    out: { 'b/f': 'content', 'b/d/g': 'content', 'b/d/e': null },
    error: limited('in/a/d/e/h', 'its path below the source has more names than `max-depth=2`', 'd/e/h'),
  },
  {
    name: 'paths that are too deep are failures of their entries, and the rest is copied on request',
    before: tree,
    options: { recursive: true, keepGoing: true, maxDepth: 1 },
    out: { 'b/f': 'content', 'b/d': null },
    errors: [
      limited('in/a/d/e', 'its path below the source has more names than `max-depth=1`', 'd/e'),
      limited('in/a/d/g', 'its path below the source has more names than `max-depth=1`', 'd/g'),
    ],
  },
  {
    name: 'a depth of 0 allows only the source itself',
    before: { 'in/a/d': null },
    options: { recursive: true, maxDepth: 0 },
    out: { b: null },
    error: limited('in/a/d', 'its path below the source has more names than `max-depth=0`', 'd'),
  },
  {
    name: 'a dry run reports the limit that the copy would exceed',
    before: tree,
    options: { recursive: true, dryRun: true, maxFiles: 5 },
    error: limited('in/a/d/e/h', 'with it, the copy has more entries than `max-files=5`', 'd/e/h'),
  },
  {
    name: 'what followed links lead to counts as entries',
    before: { 'in/6': null, ...chain },
    options: { recursive: true, symlinks: 'follow', maxFiles: 4 },
    out: { 'b/l/l/l': null },
    error: limited('in/a/l/l/l/l', 'with it, the copy has more entries than `max-files=4`', 'l/l/l/l'),
  },
  {
    name: 'as many directories are made on the way to the target as the depth allows',
    prepare: (put) => {
      put.directory('out/x');
      put.file('in/a');
    },
    target: 'out/x/y/z/b',
    options: { makeParents: true, maxDepth: 2 },
    out: { x: null, 'x/y': null, 'x/y/z': null, 'x/y/z/b': 'content' },
  },
  ...[false, true].map(
    (dryRun): Behaviour => ({
      name: `no directory is made on the way to the target if too many are missing, with dryRun: ${dryRun}`,
      prepare: (put) => put.file('in/a'),
      target: 'out/x/y/z/b',
      options: { makeParents: true, maxDepth: 2, dryRun },
      error: limited(
        'out/x/y/z/b',
        'more directories are missing on its path than `max-depth=2`',
        undefined,
        'path',
      ),
    }),
  ),
];
