import process from 'node:process';
import type { Behaviour } from '../behaviour.js';
import { timeless } from '../errors.js';
import { link, type Put } from '../tree.js';

const keeping = { recursive: true, preserveTimestamps: true };

function times(put: Put): void {
  put.directory('in/a/d/e');
  put.file('in/a/d/f');
  put.symlink('in/a/d/l', 'f');
  // The deepest first: a new entry changes the time of its directory.
  for (const [path, time] of [
    ['in/a/d/f', '1000.000000001'],
    ['in/a/d/l', '2000.25'],
    ['in/a/d/e', '3000'],
    ['in/a/d', '4000.999999999'],
    ['in/a', '1'],
  ] as const) {
    put.time(path, time);
  }
}

const timed = {
  b: { kind: 'directory', time: '1' },
  'b/d': { kind: 'directory', time: '4000.999999999' },
  'b/d/e': { kind: 'directory', time: '3000' },
  'b/d/f': { content: 'content', time: '1000.000000001' },
  'b/d/l': link('f', { time: '2000.25' }),
} as const;

// Deeper than the directories that a walk keeps open.
const deepPaths = ['x', 'y'].map((name) => `${name}${'/d'.repeat(12)}`);

const directoriesBelow = (top: string): Record<string, null> =>
  Object.fromEntries(
    deepPaths.flatMap((path) =>
      path.split('/').map((_, index, names) => [`${top}/${names.slice(0, index + 1).join('/')}`, null]),
    ),
  );

/** Directories whose permissions are no longer those of their copies. */
function existing(put: Put): void {
  put.directory('in/a/closed', 'in/a/open', 'out/b/closed', 'out/b/open');
  put.file('in/a/closed/f');
  put.mode('in/a/closed', 0o700);
  put.mode('in/a/open', 0o777);
  put.mode('in/a', 0o755);
  put.mode('out/b/closed', 0o755);
  put.mode('out/b/open', 0o750);
  put.mode('out/b', 0o700);
}

const old = {
  b: { kind: 'directory', mode: 0o700 },
  'b/closed': { kind: 'directory', mode: 0o755 },
  'b/closed/f': 'content',
  'b/open': { kind: 'directory', mode: 0o750 },
} as const;

const refreshed = {
  b: { kind: 'directory', mode: 0o755 },
  'b/closed': { kind: 'directory', mode: 0o700 },
  'b/closed/f': 'content',
  'b/open': { kind: 'directory', mode: 0o777 },
} as const;

/** Times and permissions. */
export const metadata: readonly Behaviour[] = [
  ...[
    '1',
    '1234567890.123456789',
    '1234567890.000000001',
    '1234567859.999999999',
    '2147483648',
    '4294967296.5',
  ].map(
    (time): Behaviour => ({
      name: `a file of the time ${time} keeps it on request`,
      prepare: (put) => {
        put.file('in/a');
        put.time('in/a', time);
      },
      options: { preserveTimestamps: true },
      out: { b: { content: 'content', time } },
    }),
  ),
  ...['-1', '-1000.75', '-2000000000', '0'].map(
    (time): Behaviour => ({
      name: `a file of the time ${time} gets that of 1970 and a warning, because WASI has no earlier one`,
      prepare: (put) => {
        put.file('in/a');
        put.time('in/a', time);
      },
      options: { preserveTimestamps: true },
      out: { b: { content: 'content', time: '0' } },
      warnings: [timeless('out/b')],
    }),
  ),
  {
    name: 'links and directories of a time before 1970 have warnings of their own',
    prepare: (put) => {
      put.directory('in/a/d');
      put.symlink('in/a/l', 'd');
      for (const path of ['l', 'd', '.']) {
        put.time(`in/a/${path}`, '-86400');
      }
    },
    options: keeping,
    out: {
      b: { kind: 'directory', time: '0' },
      'b/d': { kind: 'directory', time: '0' },
      'b/l': link('d', { time: '0' }),
    },
    warnings: [timeless('out/b'), timeless('out/b/d', 'd'), timeless('out/b/l', 'l')],
  },
  {
    name: 'a file of a time before 1970 causes no warning if times are not preserved',
    prepare: (put) => {
      put.file('in/a');
      put.time('in/a', '-1');
    },
    out: { b: 'content' },
  },
  {
    name: 'an empty file keeps its time on request',
    prepare: (put) => {
      put.file('in/a', '');
      put.time('in/a', '1000.5');
    },
    options: { preserveTimestamps: true },
    out: { b: { content: '', time: '1000.5' } },
  },
  {
    name: 'a link keeps its own time on request',
    prepare: (put) => {
      put.file('in/f');
      put.time('in/f', '1000');
      put.symlink('in/a', 'f');
      put.time('in/a', '2000.123456789');
    },
    options: { preserveTimestamps: true },
    out: { b: link('f', { time: '2000.123456789' }) },
  },
  {
    name: 'the time of a followed link is that of its target',
    prepare: (put) => {
      put.file('in/f');
      put.time('in/f', '1000');
      put.symlink('in/a', 'f');
      put.time('in/a', '2000');
    },
    options: { preserveTimestamps: true, symlinks: 'follow' },
    out: { b: { content: 'content', time: '1000' } },
  },
  {
    name: 'files, links and directories of a tree keep their times on request, although directories get new entries',
    prepare: times,
    options: keeping,
    out: timed,
  },
  {
    name: 'the directories of an existing tree get the times of the source on request',
    prepare: (put) => {
      times(put);
      put.directory('out/b/d/e');
    },
    options: keeping,
    out: timed,
  },
  {
    name: 'directories keep their times if they are preserved, verified and synchronised',
    prepare: times,
    options: { ...keeping, verify: true, sync: true },
    out: timed,
  },
  ...[0o755, 0o644, 0o600, 0o400, 0o777].map(
    (mode): Behaviour => ({
      name: `a file has the permissions ${mode.toString(8)} of its source`,
      prepare: (put) => {
        put.file('in/a');
        put.mode('in/a', mode);
      },
      out: { b: { content: 'content', mode } },
      not: { wasmtime: 'WASI has no permissions' },
    }),
  ),
  {
    // Otherwise the source's owner could use the rights of the user who copies.
    name: 'a set-user-ID bit is not copied, and the other permissions are',
    prepare: (put) => {
      put.file('in/a');
      put.mode('in/a', 0o4755);
    },
    out: { b: { content: 'content', mode: 0o755 } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'a file that replaces another has the permissions of its source',
    prepare: (put) => {
      put.file('in/a');
      put.mode('in/a', 0o750);
      put.file('out/b', 'old');
      put.mode('out/b', 0o606);
    },
    out: { b: { content: 'content', mode: 0o750 } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'the files and directories of a tree have the permissions of their sources',
    prepare: (put) => {
      put.directory('in/a/closed', 'in/a/open');
      put.file('in/a/closed/f');
      put.mode('in/a/closed/f', 0o700);
      put.mode('in/a/closed', 0o500);
      put.mode('in/a/open', 0o777);
      put.mode('in/a', 0o711);
    },
    isOrdinaryUser: true,
    options: { recursive: true },
    out: {
      b: { kind: 'directory', mode: 0o711 },
      'b/closed': { kind: 'directory', mode: 0o500 },
      'b/closed/f': { content: 'content', mode: 0o700 },
      'b/open': { kind: 'directory', mode: 0o777 },
    },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an existing directory gets the permissions of its source together with its times',
    prepare: existing,
    options: keeping,
    out: refreshed,
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an existing directory keeps its set-group-ID bit',
    prepare: (put) => {
      existing(put);
      put.mode('out/b/closed', 0o2755);
    },
    options: keeping,
    out: { ...refreshed, 'b/closed': { kind: 'directory', mode: 0o2700 } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an existing directory keeps its permissions if times are not preserved',
    prepare: existing,
    options: { recursive: true },
    out: old,
  },
  {
    name: 'an existing directory keeps its permissions if permissions are not preserved',
    prepare: existing,
    options: { ...keeping, preserveMode: false },
    not: { browser: 'it has no permissions, and refuses the option' },
    out: old,
  },
  {
    name: 'an existing directory becomes read-only after it has its content',
    prepare: (put) => {
      for (const path of deepPaths) {
        put.directory(`in/a/r/${path}`);
      }
      put.file('in/a/r/f');
      put.mode('in/a/r', 0o555);
      put.directory('out/b/r');
    },
    options: keeping,
    isOrdinaryUser: true,
    out: {
      b: null,
      'b/r': { kind: 'directory', mode: 0o555 },
      'b/r/f': 'content',
      ...directoriesBelow('b/r'),
    },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an executable stays executable if its times are preserved and it is verified',
    prepare: (put) => {
      put.file('in/a', '#!/bin/sh\n');
      put.mode('in/a', 0o755);
      put.time('in/a', '1000');
    },
    options: { preserveTimestamps: true, verify: true, sync: true },
    out: { b: { content: '#!/bin/sh\n', mode: 0o755, time: '1000' } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'a directory that an ordinary user may only read gets all its deep subdirectories',
    prepare: (put) => {
      for (const path of deepPaths) {
        put.directory(`in/a/r/${path}`);
      }
      put.mode('in/a/r', 0o555);
    },
    options: { recursive: true },
    isOrdinaryUser: true,
    out: {
      b: null,
      'b/r': { kind: 'directory', mode: 0o555 },
      ...directoriesBelow('b/r'),
    },
  },
  {
    name: 'new directories in one with a set-group-ID bit inherit that bit',
    prepare: (put) => {
      put.directory('in/a/s');
      put.file('in/a/s/f');
      put.mode('in/a/s', 0o750);
      put.mode('in/a', 0o755);
      put.mode('out', 0o2775);
    },
    options: { recursive: true },
    out: {
      b: { kind: 'directory', mode: 0o2755 },
      'b/s': { kind: 'directory', mode: 0o2750 },
      'b/s/f': 'content',
    },
  },
  {
    name: 'a file is copied from a directory without read permission to another one',
    prepare: (put) => {
      put.file('in/a');
      put.mode('in', 0o111);
      put.mode('out', 0o333);
    },
    isOrdinaryUser: true,
    out: { b: 'content' },
  },
  {
    name: 'a tree is copied into a directory without read permission, which keeps its permissions',
    prepare: (put) => {
      put.directory('in/a/d');
      put.file('in/a/d/f');
      put.directory('out/b/d');
      put.mode('out/b/d', 0o333);
    },
    options: { recursive: true },
    isOrdinaryUser: true,
    out: { b: null, 'b/d': { kind: 'directory', mode: 0o333 }, 'b/d/f': 'content' },
    instead: {
      wasmtime: {
        because: 'it opens every directory for reading',
        error: { code: 'EACCES', says: "cannot open 'out/b/d': permission denied", entry: 'd' },
      },
    },
  },
  {
    name: 'permissions are left to the umask on request',
    prepare: (put) => {
      put.file('in/a');
      put.mode('in/a', 0o700);
    },
    options: { preserveMode: false },
    not: { browser: 'it has no permissions, and refuses the option' },
    out: { b: { content: 'content', mode: 0o666 & ~process.umask() } },
  },
];
