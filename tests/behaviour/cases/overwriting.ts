import type { Behaviour } from '../behaviour.js';
import { exists, undecided } from '../errors.js';
import { link, type Put } from '../tree.js';

/** A file on both sides, with their times. */
function both(source: string, target: string) {
  return (put: Put): void => {
    put.file('in/a', 'new');
    put.time('in/a', source);
    put.file('out/b', 'old');
    put.time('out/b', target);
  };
}

/** Two trees: one file is newer in the source, one is newer in the target, and one is only in the source. */
function trees(put: Put): void {
  put.directory('in/a', 'out/b');
  for (const [name, source, target] of [
    ['later', '2000', '1000'],
    ['earlier', '1000', '2000'],
  ] as const) {
    put.file(`in/a/${name}`, 'new');
    put.time(`in/a/${name}`, source);
    put.file(`out/b/${name}`, 'old');
    put.time(`out/b/${name}`, target);
  }
  put.file('in/a/alone', 'new');
}

/** Targets that exist. */
export const overwriting: readonly Behaviour[] = [
  {
    name: 'an existing file is replaced by default, even if it is much newer',
    prepare: both('1000', '2000'),
    out: { b: 'new' },
    counts: { skipped: 0, files: 1 },
  },
  {
    name: 'an existing file stays under never',
    prepare: both('2000', '1000'),
    options: { overwrite: 'never' },
    out: { b: { content: 'old', time: '1000' } },
    counts: { skipped: 1, files: 0, bytes: 0 },
  },
  {
    name: 'an existing link stays under never, even if it is dangling',
    prepare: (put) => {
      put.file('in/a', 'new');
      put.symlink('out/b', 'nowhere');
    },
    options: { overwrite: 'never' },
    out: { b: link('nowhere') },
    counts: { skipped: 1 },
  },
  {
    name: 'a missing file is copied under never',
    prepare: (put) => put.file('in/a', 'new'),
    options: { overwrite: 'never' },
    out: { b: 'new' },
  },
  {
    name: 'an existing file is an error under error',
    prepare: both('2000', '1000'),
    options: { overwrite: 'error' },
    error: exists('out/b'),
  },
  {
    name: 'a missing file is copied under error',
    prepare: (put) => put.file('in/a', 'new'),
    options: { overwrite: 'error' },
    out: { b: 'new' },
  },
  {
    name: 'an existing file in a tree is an error under error, and existing directories are not',
    prepare: (put) => {
      put.directory('in/a/d', 'out/b/d');
      put.file('in/a/d/f', 'new');
      put.file('out/b/d/f', 'old');
    },
    options: { recursive: true, overwrite: 'error' },
    error: exists('out/b/d/f', 'd/f'),
  },
  {
    name: 'an older file is replaced under newer',
    prepare: both('2000', '1000'),
    options: { overwrite: 'newer' },
    out: { b: 'new' },
  },
  {
    name: 'a newer file stays under newer',
    prepare: both('1000', '2000'),
    options: { overwrite: 'newer' },
    out: { b: { content: 'old', time: '2000' } },
    counts: { skipped: 1 },
  },
  {
    name: 'a file of the same time stays under newer',
    prepare: both('1000.5', '1000.5'),
    options: { overwrite: 'newer' },
    out: { b: 'old' },
    counts: { skipped: 1 },
  },
  {
    name: 'a file that is a nanosecond older is replaced under newer',
    prepare: both('1000.123456789', '1000.123456788'),
    options: { overwrite: 'newer' },
    out: { b: 'new' },
  },
  {
    name: 'a file that is a nanosecond newer stays under newer',
    prepare: both('1000.123456788', '1000.123456789'),
    options: { overwrite: 'newer' },
    out: { b: 'old' },
  },
  {
    name: 'a file from before 1970 is replaced under newer',
    prepare: both('1', '-1000'),
    options: { overwrite: 'newer' },
    out: { b: 'new' },
  },
  {
    name: 'two files from before 1970 are an error under newer, because it is unknown which is newer',
    prepare: both('-1000', '-2000'),
    options: { overwrite: 'newer' },
    error: undecided('out/b'),
  },
  {
    name: 'two files from before 1970 in a tree cause a warning under newer, and the target stays',
    prepare: (put) => {
      put.directory('in/a', 'out/b');
      for (const [path, content, time] of [
        ['in/a/f', 'new', '-1000'],
        ['out/b/f', 'old', '-2000.5'],
        ['in/a/g', 'new', '1000'],
        ['out/b/g', 'old', '-1000'],
        ['in/a/h', 'new', '-1000'],
        ['out/b/h', 'old', '1000'],
      ] as const) {
        put.file(path, content);
        put.time(path, time);
      }
    },
    options: { recursive: true, overwrite: 'newer' },
    out: { b: null, 'b/f': 'old', 'b/g': 'new', 'b/h': 'old' },
    warnings: [undecided('out/b/f', 'f')],
    counts: { files: 1, skipped: 2 },
  },
  {
    name: 'a tree is copied under never, except for existing files',
    prepare: trees,
    options: { recursive: true, overwrite: 'never' },
    out: { b: null, 'b/later': 'old', 'b/earlier': 'old', 'b/alone': 'new' },
    counts: { files: 1, skipped: 2 },
  },
  {
    name: 'a tree is copied under newer, except for newer files',
    prepare: trees,
    options: { recursive: true, overwrite: 'newer' },
    out: { b: null, 'b/later': 'new', 'b/earlier': 'old', 'b/alone': 'new' },
    counts: { files: 2, skipped: 1 },
  },
  {
    name: 'a tree that was copied with its times is skipped under newer',
    prepare: (put) => {
      put.directory('in/a', 'out/b');
      for (const path of ['in/a/f', 'out/b/f']) {
        put.file(path);
        put.time(path, '1234567890.123456789');
      }
    },
    options: { recursive: true, overwrite: 'newer', preserveTimestamps: true },
    out: { b: null, 'b/f': { content: 'content', time: '1234567890.123456789' } },
    counts: { files: 0, skipped: 1 },
  },
  {
    name: 'a file that was copied with its time, as precisely as Node sets it, stays under newer',
    prepare: both('1234567890.123456789', '1234567890.123456'),
    options: { overwrite: 'newer' },
    out: { b: 'old' },
    counts: { skipped: 1 },
  },
  {
    name: 'a file that was copied with its time as a double stays under newer',
    prepare: both('1234567859.999999999', '1234567859.999999761'),
    options: { overwrite: 'newer' },
    out: { b: 'old' },
    counts: { skipped: 1 },
  },
  {
    name: 'a time that is a nanosecond above a double is newer',
    prepare: both('1234567860', '1234567859.999999761'),
    options: { overwrite: 'newer' },
    out: { b: 'new' },
  },
  {
    name: 'an unreadable file is no error under never if its target stays',
    prepare: (put) => {
      both('2000', '1000')(put);
      put.mode('in/a', 0);
    },
    options: { overwrite: 'never' },
    isOrdinaryUser: true,
    out: { b: 'old' },
  },
];
