import type { Behaviour } from '../behaviour.js';
import { missing, notRegular } from '../errors.js';
import { type Expected, link, named } from '../tree.js';

// The hash of each path assigns c, f and s/t/b to the first of three shards, s/b and s/c to the second, and a to the
// third.
const paths = ['a', 'c', 'f', 's/b', 's/c', 's/t/b'];

const spread = named('in/a', [...paths, 'empty/']);

/** The copy of some files of `spread`, with all directories. */
function spreadCopy(files: readonly string[]): Expected {
  return named('b', [...files, 's/t/', 'empty/']);
}

/** One of three shards of `spread`. */
function shard(index: number, which: string, files: readonly string[]): Behaviour {
  return {
    name: `the ${which} of three shards has the same files everywhere, and all directories`,
    before: spread,
    options: { recursive: true, shard: { index, count: 3 } },
    out: spreadCopy(files),
    counts: { files: files.length, bytes: files.join('').length, skipped: 0 },
  };
}

/** Copies that divide the work by shards. */
export const shards: readonly Behaviour[] = [
  shard(0, 'first', ['c', 'f', 's/t/b']),
  shard(1, 'second', ['s/b', 's/c']),
  shard(2, 'third', ['a']),
  {
    name: 'a single shard is the whole tree',
    before: spread,
    options: { recursive: true },
    shards: 1,
    out: spreadCopy(paths),
    counts: { files: 6 },
  },
  {
    name: 'all shards together are the whole tree, with hidden and odd names, links and empty directories',
    before: {
      ...spread,
      'in/a/.hidden': 'hidden',
      'in/a/s/ünï ☃\n文件': 'odd',
      'in/a/l': link('a'),
      'in/a/s/dangling': link('nowhere'),
    },
    options: { recursive: true },
    shards: 3,
    out: {
      ...spreadCopy(paths),
      'b/.hidden': 'hidden',
      'b/s/ünï ☃\n文件': 'odd',
      'b/l': link('a'),
      'b/s/dangling': link('nowhere'),
    },
    counts: { files: 10 },
  },
  {
    name: 'more shards than files copy each file once',
    before: spread,
    options: { recursive: true },
    shards: 11,
    out: spreadCopy(paths),
    counts: { files: 6, skipped: 0 },
  },
  {
    name: 'shards preserve the times of directories, although each shard changes the directories',
    before: {
      ...spread,
      'in/a': { kind: 'directory', time: '1003.5' },
      'in/a/s': { kind: 'directory', time: '1001.5' },
      'in/a/s/t': { kind: 'directory', time: '1000.5' },
      'in/a/empty': { kind: 'directory', time: '1002.5' },
    },
    options: { recursive: true, preserveTimestamps: true },
    shards: 3,
    out: {
      ...spreadCopy(paths),
      'b/s/t': { kind: 'directory', time: '1000.5' },
      'b/s': { kind: 'directory', time: '1001.5' },
      'b/empty': { kind: 'directory', time: '1002.5' },
      b: { kind: 'directory', time: '1003.5' },
    },
  },
  {
    name: 'shards copy into directories that an ordinary user may only read, and keep their permissions',
    before: {
      ...spread,
      'in/a': { kind: 'directory', mode: 0o555 },
      'in/a/s': { kind: 'directory', mode: 0o500 },
      'in/a/s/t': { kind: 'directory', mode: 0o555 },
    },
    options: { recursive: true },
    shards: 3,
    isOrdinaryUser: true,
    out: {
      ...spreadCopy(paths),
      'b/s/t': { kind: 'directory', mode: 0o555 },
      'b/s': { kind: 'directory', mode: 0o500 },
      b: { kind: 'directory', mode: 0o555 },
    },
  },
  {
    name: 'a directory that a killed shard left unfinished gets the permissions of its source',
    before: {
      ...spread,
      'in/a': { kind: 'directory', mode: 0o711 },
      'in/a/s': { kind: 'directory', mode: 0o750 },
      // The shard had marked the outer directory, and only created the inner one.
      'out/b': { kind: 'directory', mode: 0o1720 },
      'out/b/s': { kind: 'directory', mode: 0o1000 },
    },
    options: { recursive: true },
    shards: 2,
    isOrdinaryUser: true,
    out: {
      ...spreadCopy(paths),
      b: { kind: 'directory', mode: 0o711 },
      'b/s': { kind: 'directory', mode: 0o750 },
    },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'a directory that existed before all shards keeps its permissions, also private ones',
    before: {
      ...spread,
      'in/a/s': { kind: 'directory', mode: 0o755 },
      'out/b': { kind: 'directory', mode: 0o1700 },
      'out/b/s': { kind: 'directory', mode: 0o700 },
      'out/b/s/old': 'old',
    },
    options: { recursive: true },
    shards: 3,
    out: {
      ...spreadCopy(paths),
      b: { kind: 'directory', mode: 0o1700 },
      'b/s': { kind: 'directory', mode: 0o700 },
      'b/s/old': 'old',
    },
  },
  {
    name: 'shards skip excluded entries, and count them once',
    before: spread,
    options: { recursive: true, exclude: ['b', 'a'] },
    shards: 3,
    out: spreadCopy(['c', 'f', 's/c']),
    counts: { files: 3, skipped: 3 },
  },
  {
    name: 'shards keep existing files on request, and count them once',
    before: { ...spread, 'out/b/c': 'old', 'out/b/s/b': 'old' },
    options: { recursive: true, overwrite: 'never' },
    shards: 3,
    out: { ...spreadCopy(paths), 'b/c': 'old', 'b/s/b': 'old' },
    counts: { files: 4, skipped: 2 },
  },
  {
    name: 'shards follow links to files and to directories',
    before: { 'in/a/d/f': 'content', 'in/a/l': link('d/f'), 'in/a/m': link('d') },
    options: { recursive: true, symlinks: 'follow' },
    shards: 3,
    out: { 'b/d/f': 'content', 'b/l': 'content', 'b/m/f': 'content' },
    counts: { files: 3 },
  },
  {
    name: 'only one shard warns of a FIFO',
    before: { 'in/a': null },
    prepare: (put) => put.fifo('in/a/fifo'),
    options: { recursive: true },
    shards: 3,
    out: { b: null },
    warnings: [notRegular('in/a/fifo', 'open', 'fifo')],
  },
  {
    name: 'if links are followed, a dangling link fails in one shard only',
    before: { ...spread, 'in/a/s/dangling': link('nowhere') },
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    shards: 3,
    out: spreadCopy(paths),
    errors: [missing('in/a/s/dangling', 'inspect', 's/dangling')],
  },
  {
    name: 'shards decide in a dry run as in a real one',
    before: spread,
    options: { recursive: true, dryRun: true },
    shards: 3,
    counts: { files: 6, bytes: paths.join('').length },
  },
  {
    name: 'a file is copied by the shard of its name',
    before: { 'in/a': 'content' },
    options: { shard: { index: 2, count: 3 } },
    out: { b: 'content' },
    counts: { files: 1, bytes: 7 },
  },
  {
    name: 'the other shards do not touch a file, and succeed',
    before: { 'in/a': 'content' },
    options: { shard: { index: 0, count: 3 } },
    out: {},
    counts: { files: 0, bytes: 0, directories: 0, skipped: 0 },
  },
  {
    name: 'a link also belongs to the shard of its name',
    before: { 'in/a': link('x') },
    shards: 3,
    out: { b: link('x') },
    counts: { files: 1 },
  },
  {
    name: 'a missing source is an error in every shard',
    options: { shard: { index: 1, count: 3 } },
    error: missing('in/a'),
  },
];
