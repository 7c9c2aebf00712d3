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
import { type Expected, link } from '../tree.js';

const whole: CopyOptions = { recursive: true, atomic: 'tree' };
const replacing: CopyOptions = { ...whole, overwrite: 'always' };

const source: Expected = {
  'in/a/d/e': null,
  'in/a/f': { content: 'one', mode: 0o640, time: '1000' },
  'in/a/d/g': 'two',
  'in/a/d/l': link('g'),
  'in/a/d': { kind: 'directory', mode: 0o750, time: '2000' },
  'in/a': { kind: 'directory', time: '3000' },
};

/** The source, and another tree in its place. */
const both: Expected = { ...source, 'out/b/f': 'old', 'out/b/d/old/x': 'old', 'out/b/out': link('..') };

const copied = { 'b/d/e': null, 'b/d/g': 'two', 'b/d/l': link('g'), 'b/f': 'one' };

const MiB = 2 ** 20;

/** Trees that appear as a whole, or not at all. */
export const atomic: readonly Behaviour[] = [
  {
    name: 'a new tree appears as a whole',
    before: source,
    options: whole,
    out: copied,
    counts: { bytes: 6, files: 3, directories: 3, skipped: 0 },
  },
  {
    name: 'a tree that appears as a whole keeps modes and times',
    before: source,
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
    before: both,
    options: whole,
    error: wholeExists('out/b'),
  },
  {
    name: 'a tree that exists is not replaced as a whole under error',
    before: both,
    options: { ...whole, overwrite: 'error' },
    error: wholeExists('out/b'),
  },
  {
    name: 'a tree that exists stays as a whole under never',
    before: both,
    options: { ...whole, overwrite: 'never' },
    counts: { files: 0, bytes: 0, skipped: 1 },
  },
  {
    name: 'a tree that exists is replaced as a whole under always, and nothing of it stays',
    before: both,
    options: replacing,
    out: copied,
    counts: { bytes: 6, files: 3, directories: 3, skipped: 0 },
  },
  {
    name: 'a tree is verified, and appears as a whole',
    before: both,
    options: { ...replacing, verify: true, sync: true },
    out: copied,
  },
  {
    name: 'a tree that appears as a whole gets the directories on its way',
    before: source,
    target: 'out/new/b',
    options: { ...whole, makeParents: true },
    out: {
      new: null,
      ...Object.fromEntries(Object.entries(copied).map(([path, entry]) => [`new/${path}`, entry])),
    },
  },
  {
    name: 'a tree that appears as a whole needs the directory that holds it',
    before: source,
    target: 'out/new/b',
    options: whole,
    error: noDirectory('out/new/b'),
  },
  {
    name: 'a slash after the target of a whole tree does not matter',
    before: both,
    target: 'out/b/',
    options: replacing,
    out: copied,
  },
  {
    name: 'patterns and policies for links apply to a tree that appears as a whole',
    before: source,
    options: { ...whole, exclude: ['e/', 'f'], symlinks: 'follow' },
    out: { 'b/d/g': 'two', 'b/d/l': 'two' },
  },
  ...(['file', 'link'] as const).map(
    (kind): Behaviour => ({
      name: `a tree does not replace a ${kind} as a whole`,
      before: {
        ...source,
        ...(kind === 'file' ? { 'out/b': 'old' } : { 'out/d': null, 'out/b': link('d') }),
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
    before: { 'in/a': 'new', 'out/b': 'old' },
    options: replacing,
    out: { b: 'new' },
  },
  {
    name: 'a tree does not replace itself as a whole',
    before: { 'out/b/f': 'x' },
    source: 'out/b',
    options: replacing,
    error: sameFile('out/b'),
  },
  {
    name: 'a tree does not replace a tree that contains it',
    before: { 'out/b/d/e/f': 'x' },
    source: 'out/b/d/e',
    options: replacing,
    error: sourceInside('out/b'),
  },
  {
    name: 'a tree appears as a whole in an excluded part of itself',
    before: { 'out/f': 'x', 'out/b/old': 'x' },
    source: 'out',
    options: { ...replacing, exclude: ['/b'] },
    out: { f: 'x', 'b/f': 'x' },
  },
  {
    name: 'a FIFO is left out of a tree that appears as a whole, with a warning',
    before: source,
    prepare: (put) => put.fifo('in/a/fifo'),
    options: whole,
    out: copied,
    warnings: [notRegular('in/a/fifo', 'open', 'fifo')],
  },
  {
    name: 'an entry that cannot be read leaves the old tree',
    before: { ...both, 'in/a/d/g': { content: 'two', mode: 0 } },
    isOrdinaryUser: true,
    options: replacing,
    error: denied('in/a/d/g', 'open', 'd/g'),
  },
  {
    name: 'read-only directories are replaced as a whole by their owner',
    before: {
      ...both,
      'in/a/d': { kind: 'directory', mode: 0o555 },
      'out/b/d/old': { kind: 'directory', mode: 0o555 },
    },
    isOrdinaryUser: true,
    options: replacing,
    out: { ...copied, 'b/d': { kind: 'directory', mode: 0o555 } },
    not: { wasmtime: 'it cannot remove from a read-only directory' },
  },
  {
    name: 'a full disk leaves the old tree',
    before: { 'in/a/f': Buffer.alloc(2 * MiB, 'x'), 'out/b/f': Buffer.alloc(MiB / 2, 'z') },
    disk: 2 * MiB,
    options: { ...replacing, sparse: 'never' },
    error: full('out/b/f', 'write', 'f'),
  },
  {
    name: 'a dry run of a tree that would replace another changes nothing',
    before: both,
    options: { ...replacing, dryRun: true },
    counts: { bytes: 6, files: 3, directories: 3 },
  },
  {
    name: 'a dry run says that a tree exists',
    before: both,
    options: { ...whole, dryRun: true },
    error: wholeExists('out/b'),
  },
];
