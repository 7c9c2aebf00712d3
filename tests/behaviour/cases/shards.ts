import type { Behaviour } from '../behaviour.js';
import { link, type Put } from '../tree.js';

// The hash of each path assigns c, f and s/t/b to the first of three shards, s/b and s/c to the second, and a to the
// third.
const paths = ['a', 'c', 'f', 's/b', 's/c', 's/t/b'];

function spread(put: Put): void {
  put.directory('in/a/s/t', 'in/a/empty');
  for (const path of paths) {
    put.file(`in/a/${path}`, path);
  }
}

/** The copy of some files of `spread`, with all directories. */
function spreadCopy(files: readonly string[]): Record<string, string | null> {
  const copied = files.map((path) => [`b/${path}`, path] as const);
  return { b: null, 'b/s': null, 'b/s/t': null, 'b/empty': null, ...Object.fromEntries(copied) };
}

/** One of three shards of `spread`. */
function shard(index: number, which: string, files: readonly string[]): Behaviour {
  return {
    name: `the ${which} of three shards has the same files everywhere, and all directories`,
    prepare: spread,
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
    prepare: spread,
    options: { recursive: true },
    shards: 1,
    out: spreadCopy(paths),
    counts: { files: 6 },
  },
  {
    name: 'all shards together are the whole tree, with hidden and odd names, links and empty directories',
    prepare: (put) => {
      spread(put);
      put.file('in/a/.hidden', 'hidden');
      put.file('in/a/s/ünï ☃\n文件', 'odd');
      put.symlink('in/a/l', 'a');
      put.symlink('in/a/s/dangling', 'nowhere');
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
    prepare: spread,
    options: { recursive: true },
    shards: 11,
    out: spreadCopy(paths),
    counts: { files: 6, skipped: 0 },
  },
  {
    name: 'shards preserve the times of directories, although each shard changes the directories',
    prepare: (put) => {
      spread(put);
      for (const [index, path] of ['s/t', 's', 'empty', ''].entries()) {
        put.time(`in/a/${path}`, `${1000 + index}.5`);
      }
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
    prepare: (put) => {
      spread(put);
      put.mode('in/a/s/t', 0o555);
      put.mode('in/a/s', 0o500);
      put.mode('in/a', 0o555);
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
    prepare: (put) => {
      spread(put);
      put.mode('in/a/s', 0o750);
      put.mode('in/a', 0o711);
      put.directory('out/b/s');
      // The shard had marked the outer directory, and only created the inner one.
      put.mode('out/b/s', 0o1000);
      put.mode('out/b', 0o1720);
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
    prepare: (put) => {
      spread(put);
      put.mode('in/a/s', 0o755);
      put.directory('out/b/s');
      put.mode('out/b/s', 0o700);
      put.mode('out/b', 0o1700);
      put.file('out/b/s/old', 'old');
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
    prepare: spread,
    options: { recursive: true, exclude: ['b', 'a'] },
    shards: 3,
    out: spreadCopy(['c', 'f', 's/c']),
    counts: { files: 3, skipped: 3 },
  },
  {
    name: 'shards keep existing files on request, and count them once',
    prepare: (put) => {
      spread(put);
      put.directory('out/b/s');
      put.file('out/b/c', 'old');
      put.file('out/b/s/b', 'old');
    },
    options: { recursive: true, overwrite: 'never' },
    shards: 3,
    out: { ...spreadCopy(paths), 'b/c': 'old', 'b/s/b': 'old' },
    counts: { files: 4, skipped: 2 },
  },
  {
    name: 'shards follow links to files and to directories',
    prepare: (put) => {
      put.directory('in/a/d');
      put.file('in/a/d/f', 'content');
      put.symlink('in/a/l', 'd/f');
      put.symlink('in/a/m', 'd');
    },
    options: { recursive: true, symlinks: 'follow' },
    shards: 3,
    out: {
      b: null,
      'b/d': null,
      'b/d/f': 'content',
      'b/l': 'content',
      'b/m': null,
      'b/m/f': 'content',
    },
    counts: { files: 3 },
  },
  {
    name: 'only one shard warns of a FIFO',
    prepare: (put) => {
      put.directory('in/a');
      put.fifo('in/a/fifo');
    },
    options: { recursive: true },
    shards: 3,
    out: { b: null },
    warnings: [
      {
        code: 'ERR_MAPCP_NOT_REGULAR_FILE',
        says: "cannot open 'in/a/fifo': it is not a regular file but a FIFO, a socket or a device",
        entry: 'fifo',
      },
    ],
  },
  {
    name: 'if links are followed, a dangling link fails in one shard only',
    prepare: (put) => {
      spread(put);
      put.symlink('in/a/s/dangling', 'nowhere');
    },
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    shards: 3,
    out: spreadCopy(paths),
    errors: [
      {
        code: 'ENOENT',
        says: "cannot inspect 'in/a/s/dangling': no such file or directory",
        entry: 's/dangling',
      },
    ],
  },
  {
    name: 'shards decide in a dry run as in a real one',
    prepare: spread,
    options: { recursive: true, dryRun: true },
    shards: 3,
    counts: { files: 6, bytes: paths.join('').length },
  },
  {
    name: 'a file is copied by the shard of its name',
    prepare: (put) => put.file('in/a'),
    options: { shard: { index: 2, count: 3 } },
    out: { b: 'content' },
    counts: { files: 1, bytes: 7 },
  },
  {
    name: 'the other shards do not touch a file, and succeed',
    prepare: (put) => put.file('in/a'),
    options: { shard: { index: 0, count: 3 } },
    out: {},
    counts: { files: 0, bytes: 0, directories: 0, skipped: 0 },
  },
  {
    name: 'a link also belongs to the shard of its name',
    prepare: (put) => put.symlink('in/a', 'x'),
    shards: 3,
    out: { b: link('x') },
    counts: { files: 1 },
  },
  {
    name: 'a missing source is an error in every shard',
    options: { shard: { index: 1, count: 3 } },
    error: { code: 'ENOENT', says: "cannot inspect 'in/a': no such file or directory" },
  },
];
