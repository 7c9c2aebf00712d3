import process from 'node:process';
import type { Behaviour } from '../behaviour.js';
import { timeless } from '../errors.js';
import { type Expected, link, named } from '../tree.js';

const keeping = { recursive: true, preserveTimestamps: true };

const times: Expected = {
  'in/a': { kind: 'directory', time: '1' },
  'in/a/d': { kind: 'directory', time: '4000.999999999' },
  'in/a/d/e': { kind: 'directory', time: '3000' },
  'in/a/d/f': { content: 'content', time: '1000.000000001' },
  'in/a/d/l': link('f', { time: '2000.25' }),
};

const timed = {
  b: { kind: 'directory', time: '1' },
  'b/d': { kind: 'directory', time: '4000.999999999' },
  'b/d/e': { kind: 'directory', time: '3000' },
  'b/d/f': { content: 'content', time: '1000.000000001' },
  'b/d/l': link('f', { time: '2000.25' }),
} as const;

// Deeper than the directories that a walk keeps open.
const deepPaths = ['x', 'y'].map((name) => `${name}${'/d'.repeat(12)}`);

const directoriesBelow = (top: string) =>
  named(
    top,
    deepPaths.map((path) => `${path}/`),
  );

/** Directories whose permissions are no longer those of their copies. */
const existing: Expected = {
  'in/a/closed': { kind: 'directory', mode: 0o700 },
  'in/a/open': { kind: 'directory', mode: 0o777 },
  'out/b/closed': { kind: 'directory', mode: 0o755 },
  'out/b/open': { kind: 'directory', mode: 0o750 },
  'in/a/closed/f': 'content',
  'in/a': { kind: 'directory', mode: 0o755 },
  'out/b': { kind: 'directory', mode: 0o700 },
};

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
      before: { 'in/a': { content: 'content', time } },
      options: { preserveTimestamps: true },
      out: { b: { content: 'content', time } },
    }),
  ),
  ...['-1', '-1000.75', '-2000000000', '0'].map(
    (time): Behaviour => ({
      name: `a file of the time ${time} gets that of 1970 and a warning, because WASI has no earlier one`,
      before: { 'in/a': { content: 'content', time } },
      options: { preserveTimestamps: true },
      out: { b: { content: 'content', time: '0' } },
      warnings: [timeless('out/b')],
    }),
  ),
  {
    name: 'links and directories of a time before 1970 have warnings of their own',
    before: {
      'in/a': { kind: 'directory', time: '-86400' },
      'in/a/d': { kind: 'directory', time: '-86400' },
      'in/a/l': link('d', { time: '-86400' }),
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
    before: { 'in/a': { content: 'content', time: '-1' } },
    out: { b: 'content' },
  },
  {
    name: 'an empty file keeps its time on request',
    before: { 'in/a': { content: '', time: '1000.5' } },
    options: { preserveTimestamps: true },
    out: { b: { content: '', time: '1000.5' } },
  },
  {
    name: 'a link keeps its own time on request',
    before: { 'in/f': { content: 'content', time: '1000' }, 'in/a': link('f', { time: '2000.123456789' }) },
    options: { preserveTimestamps: true },
    out: { b: link('f', { time: '2000.123456789' }) },
  },
  {
    name: 'the time of a followed link is that of its target',
    before: { 'in/f': { content: 'content', time: '1000' }, 'in/a': link('f', { time: '2000' }) },
    options: { preserveTimestamps: true, symlinks: 'follow' },
    out: { b: { content: 'content', time: '1000' } },
  },
  {
    name: 'files, links and directories of a tree keep their times on request, although directories get new entries',
    before: times,
    options: keeping,
    out: timed,
  },
  {
    name: 'the directories of an existing tree get the times of the source on request',
    before: { ...times, 'out/b/d/e': null },
    options: keeping,
    out: timed,
  },
  {
    name: 'directories keep their times if they are preserved, verified and synchronised',
    before: times,
    options: { ...keeping, verify: true, sync: true },
    out: timed,
  },
  ...[0o755, 0o644, 0o600, 0o400, 0o777].map(
    (mode): Behaviour => ({
      name: `a file has the permissions ${mode.toString(8)} of its source`,
      before: { 'in/a': { content: 'content', mode } },
      out: { b: { content: 'content', mode } },
      not: { wasmtime: 'WASI has no permissions' },
    }),
  ),
  {
    // Otherwise the source's owner could use the rights of the user who copies.
    name: 'a set-user-ID bit is not copied, and the other permissions are',
    before: { 'in/a': { content: 'content', mode: 0o4755 } },
    out: { b: { content: 'content', mode: 0o755 } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'a file that replaces another has the permissions of its source',
    before: { 'in/a': { content: 'content', mode: 0o750 }, 'out/b': { content: 'old', mode: 0o606 } },
    out: { b: { content: 'content', mode: 0o750 } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'the files and directories of a tree have the permissions of their sources',
    before: {
      'in/a/closed': { kind: 'directory', mode: 0o500 },
      'in/a/open': { kind: 'directory', mode: 0o777 },
      'in/a/closed/f': { content: 'content', mode: 0o700 },
      'in/a': { kind: 'directory', mode: 0o711 },
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
    before: existing,
    options: keeping,
    out: refreshed,
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an existing directory keeps its set-group-ID bit',
    before: { ...existing, 'out/b/closed': { kind: 'directory', mode: 0o2755 } },
    options: keeping,
    out: { ...refreshed, 'b/closed': { kind: 'directory', mode: 0o2700 } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an existing directory keeps its permissions if times are not preserved',
    before: existing,
    options: { recursive: true },
    out: old,
  },
  {
    name: 'an existing directory keeps its permissions if permissions are not preserved',
    before: existing,
    options: { ...keeping, preserveMode: false },
    not: { browser: 'it has no permissions, and refuses the option' },
    out: old,
  },
  {
    name: 'an existing directory becomes read-only after it has its content',
    before: {
      'in/a/r': { kind: 'directory', mode: 0o555 },
      'in/a/r/f': 'content',
      ...directoriesBelow('in/a/r'),
      'out/b/r': null,
    },
    options: keeping,
    isOrdinaryUser: true,
    out: { 'b/r': { kind: 'directory', mode: 0o555 }, 'b/r/f': 'content', ...directoriesBelow('b/r') },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'an executable stays executable if its times are preserved and it is verified',
    before: { 'in/a': { content: '#!/bin/sh\n', mode: 0o755, time: '1000' } },
    options: { preserveTimestamps: true, verify: true, sync: true },
    out: { b: { content: '#!/bin/sh\n', mode: 0o755, time: '1000' } },
    not: { wasmtime: 'WASI has no permissions' },
  },
  {
    name: 'a directory that an ordinary user may only read gets all its deep subdirectories',
    before: { 'in/a/r': { kind: 'directory', mode: 0o555 }, ...directoriesBelow('in/a/r') },
    options: { recursive: true },
    isOrdinaryUser: true,
    out: { 'b/r': { kind: 'directory', mode: 0o555 }, ...directoriesBelow('b/r') },
  },
  {
    name: 'new directories in one with a set-group-ID bit inherit that bit',
    before: {
      'in/a/s': { kind: 'directory', mode: 0o750 },
      'in/a/s/f': 'content',
      'in/a': { kind: 'directory', mode: 0o755 },
      out: { kind: 'directory', mode: 0o2775 },
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
    before: {
      'in/a': 'content',
      in: { kind: 'directory', mode: 0o111 },
      out: { kind: 'directory', mode: 0o333 },
    },
    isOrdinaryUser: true,
    out: { b: 'content' },
  },
  {
    name: 'a tree is copied into a directory without read permission, which keeps its permissions',
    before: { 'in/a/d/f': 'content', 'out/b/d': { kind: 'directory', mode: 0o333 } },
    options: { recursive: true },
    isOrdinaryUser: true,
    out: { 'b/d': { kind: 'directory', mode: 0o333 }, 'b/d/f': 'content' },
    instead: {
      wasmtime: {
        because: 'it opens every directory for reading',
        error: { code: 'EACCES', says: "cannot open 'out/b/d': permission denied", entry: 'd' },
      },
    },
  },
  {
    name: 'permissions are left to the umask on request',
    before: { 'in/a': { content: 'content', mode: 0o700 } },
    options: { preserveMode: false },
    not: { browser: 'it has no permissions, and refuses the option' },
    out: { b: { content: 'content', mode: 0o666 & ~process.umask() } },
  },
];
