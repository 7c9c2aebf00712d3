import type { CopyOptions } from 'mapcp';
import type { Behaviour } from '../behaviour.js';
import {
  denied,
  full,
  noDirectory,
  notDirectory,
  notRegular,
  sameFile,
  sourceInside,
  wholeExists,
} from '../errors.js';
import { link, type Put } from '../tree.js';

const whole: CopyOptions = { recursive: true, atomic: 'tree' };
const replacing: CopyOptions = { ...whole, overwrite: 'always' };

function source(put: Put): void {
  put.directory('in/a/d/e');
  put.file('in/a/f', 'one');
  put.file('in/a/d/g', 'two');
  put.symlink('in/a/d/l', 'g');
  put.mode('in/a/d', 0o750);
  put.mode('in/a/f', 0o640);
  put.time('in/a/f', '1000');
  put.time('in/a/d', '2000');
  put.time('in/a', '3000');
}

/** The source, and another tree in its place. */
function both(put: Put): void {
  source(put);
  put.directory('out/b/d/old');
  put.file('out/b/f', 'old');
  put.file('out/b/d/old/x', 'old');
  put.symlink('out/b/out', '..');
}

const copied = { b: null, 'b/d': null, 'b/d/e': null, 'b/d/g': 'two', 'b/d/l': link('g'), 'b/f': 'one' };

const MiB = 2 ** 20;

/** Trees that appear as a whole, or not at all. */
export const atomic: readonly Behaviour[] = [
  {
    name: 'a new tree appears as a whole',
    prepare: source,
    options: whole,
    out: copied,
    counts: { bytes: 6, files: 3, directories: 3, skipped: 0 },
  },
  {
    name: 'a tree that appears as a whole keeps modes and times',
    prepare: source,
    options: { ...whole, preserveTimestamps: true },
    out: {
      ...copied,
      b: { kind: 'directory', time: '3000' },
      'b/d': { kind: 'directory', mode: 0o750, time: '2000' },
      'b/f': { content: 'one', mode: 0o640, time: '1000' },
    },
  },
  {
    name: 'a tree that exists is not replaced as a whole by default',
    prepare: both,
    options: whole,
    error: wholeExists('out/b'),
  },
  {
    name: 'a tree that exists is not replaced as a whole under error',
    prepare: both,
    options: { ...whole, overwrite: 'error' },
    error: wholeExists('out/b'),
  },
  {
    name: 'a tree that exists stays as a whole under never',
    prepare: both,
    options: { ...whole, overwrite: 'never' },
    counts: { files: 0, bytes: 0, skipped: 1 },
  },
  {
    name: 'a tree that exists is replaced as a whole under always, and nothing of it stays',
    prepare: both,
    options: replacing,
    out: copied,
    counts: { bytes: 6, files: 3, directories: 3, skipped: 0 },
  },
  {
    name: 'a tree is verified, and appears as a whole',
    prepare: both,
    options: { ...replacing, verify: true, sync: true },
    out: copied,
  },
  {
    name: 'a tree that appears as a whole gets the directories on its way',
    prepare: source,
    target: 'out/new/b',
    options: { ...whole, makeParents: true },
    out: {
      new: null,
      ...Object.fromEntries(Object.entries(copied).map(([path, entry]) => [`new/${path}`, entry])),
    },
  },
  {
    name: 'a tree that appears as a whole needs the directory that holds it',
    prepare: source,
    target: 'out/new/b',
    options: whole,
    error: noDirectory('out/new/b'),
  },
  {
    name: 'a slash after the target of a whole tree does not matter',
    prepare: both,
    target: 'out/b/',
    options: replacing,
    out: copied,
  },
  {
    name: 'patterns and policies for links apply to a tree that appears as a whole',
    prepare: source,
    options: { ...whole, exclude: ['e/', 'f'], symlinks: 'follow' },
    out: { b: null, 'b/d': null, 'b/d/g': 'two', 'b/d/l': 'two' },
  },
  ...(['file', 'link'] as const).map(
    (kind): Behaviour => ({
      name: `a tree does not replace a ${kind} as a whole`,
      prepare: (put) => {
        source(put);
        if (kind === 'file') {
          put.file('out/b', 'old');
        } else {
          put.directory('out/d');
          put.symlink('out/b', 'd');
        }
      },
      options: replacing,
      error:
        kind === 'file'
          ? notDirectory('out/b', 'create')
          : {
              ...notDirectory('out/b', 'create'),
              says:
                "cannot create 'out/b': it is a symbolic link, which `atomic` does not replace; " +
                'copy to a new name, and then change the link',
            },
    }),
  ),
  {
    name: 'a single file is copied as usual if a tree would appear as a whole',
    prepare: (put) => {
      put.file('in/a', 'new');
      put.file('out/b', 'old');
    },
    options: replacing,
    out: { b: 'new' },
  },
  {
    name: 'a tree does not replace itself as a whole',
    prepare: (put) => {
      put.directory('out/b');
      put.file('out/b/f', 'x');
    },
    source: 'out/b',
    options: replacing,
    error: sameFile('out/b'),
  },
  {
    name: 'a tree does not replace a tree that contains it',
    prepare: (put) => {
      put.directory('out/b/d/e');
      put.file('out/b/d/e/f', 'x');
    },
    source: 'out/b/d/e',
    options: replacing,
    error: sourceInside('out/b'),
  },
  {
    name: 'a tree appears as a whole in an excluded part of itself',
    prepare: (put) => {
      put.directory('out/b');
      put.file('out/f', 'x');
      put.file('out/b/old', 'x');
    },
    source: 'out',
    options: { ...replacing, exclude: ['/b'] },
    out: { f: 'x', b: null, 'b/f': 'x' },
  },
  {
    name: 'a FIFO is left out of a tree that appears as a whole, with a warning',
    prepare: (put) => {
      source(put);
      put.fifo('in/a/fifo');
    },
    options: whole,
    out: copied,
    warnings: [notRegular('in/a/fifo', 'open', 'fifo')],
  },
  {
    name: 'an entry that cannot be read leaves the old tree',
    prepare: (put) => {
      both(put);
      put.mode('in/a/d/g', 0);
    },
    isOrdinaryUser: true,
    options: replacing,
    error: denied('in/a/d/g', 'open', 'd/g'),
  },
  {
    name: 'read-only directories are replaced as a whole by their owner',
    prepare: (put) => {
      both(put);
      put.mode('in/a/d', 0o555);
      put.mode('out/b/d/old', 0o555);
    },
    isOrdinaryUser: true,
    options: replacing,
    out: { ...copied, 'b/d': { kind: 'directory', mode: 0o555 } },
    not: { wasmtime: 'it cannot remove from a read-only directory' },
  },
  {
    name: 'a full disk leaves the old tree',
    prepare: (put) => {
      put.directory('in/a', 'out/b');
      put.file('in/a/f', Buffer.alloc(2 * MiB, 'x'));
      put.file('out/b/f', Buffer.alloc(MiB / 2, 'z'));
    },
    disk: 2 * MiB,
    options: { ...replacing, sparse: 'never' },
    error: full('out/b/f', 'write', 'f'),
  },
  {
    name: 'a dry run of a tree that would replace another changes nothing',
    prepare: both,
    options: { ...replacing, dryRun: true },
    counts: { bytes: 6, files: 3, directories: 3 },
  },
  {
    name: 'a dry run says that a tree exists',
    prepare: both,
    options: { ...whole, dryRun: true },
    error: wholeExists('out/b'),
  },
];
