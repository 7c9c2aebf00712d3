import { existsSync, readFileSync } from 'node:fs';
import type { Behaviour } from '../behaviour.js';
import {
  changed,
  changedThough,
  denied,
  endsInSlash,
  exists,
  full,
  isDirectory,
  missing,
  mountPoint,
  noDirectory,
  notPermitted,
} from '../errors.js';
import { type Expected, link, type Put } from '../tree.js';

const MiB = 1024 * 1024;

/** A file of 20 MiB: a copy reports progress before its end. */
const long: Expected = {
  'in/a': { content: 'x'.repeat(20 * MiB), time: '1000' },
  'out/b': 'old',
};

/** Data after a hole of 2 MiB and before one of 3 MiB. */
const holed = Buffer.concat([Buffer.alloc(2 * MiB), Buffer.alloc(100, 'x'), Buffer.alloc(3 * MiB)]);

/** Sixteen times 4 KiB of zeros between data. */
const fine = Buffer.concat(
  Array.from({ length: 16 }, () => Buffer.concat([Buffer.alloc(4096, 'x'), Buffer.alloc(4096)])),
);

const tree: Expected = { 'in/a/f': 'one', 'in/a/d/g': 'two' };

const copied = { 'b/f': 'one', 'b/d/g': 'two' };

/** Data when something goes wrong, and the options against that. */
export const safety: readonly Behaviour[] = [
  ...(
    [
      ['grows', (put) => put.size('in/a', 30 * MiB)],
      ['shrinks', (put) => put.size('in/a', 10 * MiB)],
      ['becomes empty', (put) => put.size('in/a', 0)],
      ['is written to', (put) => put.time('in/a', '2000')],
      [
        'grows and has its old time again',
        (put) => {
          put.size('in/a', 30 * MiB);
          put.time('in/a', '1000');
        },
      ],
      [
        'is written to and has its old size and time again',
        (put) => {
          put.file('in/a', Buffer.alloc(20 * MiB, 'y'));
          put.time('in/a', '1000');
        },
      ],
      ['gets another time by a nanosecond', (put) => put.time('in/a', '1000.000000001')],
    ] as const satisfies readonly (readonly [string, (put: Put) => void])[]
  ).map(
    ([what, meanwhile]): Behaviour => ({
      name: `a source that ${what} while it is copied is an error, and the target stays unchanged`,
      before: long,
      meanwhile,
      error: changed('in/a'),
    }),
  ),
  ...(
    [
      ['grows', (put) => put.size('in/a', 30 * MiB)],
      ['has another time', (put) => put.time('in/a', '2000')],
    ] as const satisfies readonly (readonly [string, (put: Put) => void])[]
  ).flatMap(([what, meanwhile]) =>
    [false, true].map(
      (verify): Behaviour => ({
        name: `with allowChanges, a source that ${what} meanwhile is copied up to its first size, with verify: ${verify}`,
        before: long,
        options: { allowChanges: true, verify },
        meanwhile,
        out: { b: Buffer.alloc(20 * MiB, 'x') },
        counts: { bytes: 20 * MiB, files: 1 },
      }),
    ),
  ),
  {
    name: 'a source that shrinks while it is copied is an error even with allowChanges',
    before: long,
    options: { allowChanges: true },
    meanwhile: (put) => put.size('in/a', 19 * MiB),
    error: changedThough('in/a'),
  },
  ...['/proc/version', '/proc/kallsyms', '/sys/devices/system/cpu/online']
    .filter(existsSync)
    .flatMap((file) =>
      [{ verify: true }, { allowChanges: true, windowSize: 65_536 }].map(
        (options): Behaviour => ({
          name: `${file}, whose status has a wrong size, is copied whole: ${JSON.stringify(options)}`,
          before: { 'in/a': 'content' },
          mounts: { 'in/a': file },
          options,
          out: { b: readFileSync(file) },
          counts: { bytes: readFileSync(file).length },
        }),
      ),
    ),
  {
    name: 'a target that is a mount point stays, and the error says what to do',
    before: { 'in/a': 'new', 'in/other': 'old', 'out/b': 'content' },
    mounts: { 'out/b': 'in/other' },
    error: mountPoint('out/b'),
  },
  {
    name: 'a source that is removed while it is copied is copied as it was opened',
    before: long,
    meanwhile: (put) => put.remove('in/a'),
    out: { b: Buffer.alloc(20 * MiB, 'x') },
  },
  {
    name: 'a source in a tree that changes while it is copied is one failure, and the rest is copied on request',
    before: { 'in/a/f': Buffer.alloc(20 * MiB, 'x'), 'in/a/d/g': 'two' },
    options: { recursive: true, keepGoing: true },
    meanwhile: (put) => put.size('in/a/f', 5),
    errors: [changed('in/a/f', 'f')],
    out: { 'b/d/g': 'two' },
    counts: { bytes: 3, files: 1 },
  },
  {
    name: 'a target that another process creates meanwhile is replaced',
    before: { 'in/a': Buffer.alloc(20 * MiB, 'x') },
    meanwhile: (put) => put.file('out/b', 'from somebody else'),
    out: { b: Buffer.alloc(20 * MiB, 'x') },
  },
  {
    name: 'a directory that replaces the target meanwhile is an error',
    before: { 'in/a': Buffer.alloc(20 * MiB, 'x') },
    meanwhile: (put) => put.directory('out/b'),
    error: { code: 'EISDIR', says: "cannot rename 'out/b': it is a directory" },
    out: { b: null },
  },
  {
    name: 'a full disk is named, and the old target stays',
    before: { 'in/a': Buffer.alloc(4 * MiB, 'x'), 'out/b': 'old' },
    disk: 2 * MiB,
    error: full('out/b'),
  },
  {
    name: 'a disk with room for the source, but not beside the old target, is full',
    before: { 'in/a': Buffer.alloc(2 * MiB, 'x'), 'out/b': Buffer.alloc(MiB) },
    disk: 2 * MiB,
    error: full('out/b'),
  },
  {
    name: 'a copy that fails leaves none of the directories that it created on the way',
    before: { 'in/a': Buffer.alloc(4 * MiB, 'x') },
    target: 'out/x/y/b',
    options: { makeParents: true },
    disk: 2 * MiB,
    error: full('out/x/y/b'),
  },
  {
    name: 'a copy that fails leaves existing directories on the way, and those with entries',
    before: { 'out/there': null, 'in/a/f': Buffer.alloc(4 * MiB, 'x') },
    target: 'out/there/x/b',
    options: { makeParents: true, recursive: true },
    disk: 2 * MiB,
    error: full('out/there/x/b/f', 'write', 'f'),
    out: { 'there/x/b': null },
  },
  {
    name: 'a copy to a path that leads out of the sandbox leaves no directory on the way',
    before: { 'in/a': 'content' },
    target: 'out/x/y/../../../../outside/b',
    options: { makeParents: true },
    error: notPermitted('out/x/y/../../../../outside/b', 'create'),
    not: {
      API: 'its paths are those of the system, and are resolved before',
      'command line': 'its paths are those of the system, and are resolved before',
    },
  },
  {
    name: 'a full disk ends the copy of a tree, and complete files stay',
    before: { 'in/a/f': 'one', 'in/a/d/g': Buffer.alloc(4 * MiB, 'x') },
    options: { recursive: true },
    disk: 2 * MiB,
    error: full('out/b/d/g', 'write', 'd/g'),
    out: { 'b/f': 'one', 'b/d': null },
  },
  {
    name: 'on a full disk, only complete files are counted',
    before: { 'in/a/f': 'one', 'in/a/d/g': Buffer.alloc(4 * MiB, 'x'), 'in/a/d/h': 'two' },
    options: { recursive: true, keepGoing: true },
    disk: 2 * MiB,
    errors: [full('out/b/d/g', 'write', 'd/g')],
    out: { 'b/f': 'one', 'b/d/h': 'two' },
    counts: { bytes: 6, files: 2 },
  },
  {
    name: 'a sparse file fits on a disk that is smaller than it',
    before: { 'in/a': 'x' },
    prepare: (put) => put.size('in/a', 4 * MiB),
    disk: 2 * MiB,
    out: { b: Buffer.concat([Buffer.from('x'), Buffer.alloc(4 * MiB - 1)]) },
  },
  ...(['auto', 'always', 'never'] as const).map(
    (sparse): Behaviour => ({
      name: `a file with holes has the same content with sparse: ${sparse}`,
      before: { 'in/a': holed },
      options: { sparse, verify: true },
      out: { b: sparse === 'never' ? holed : { content: holed.toString('latin1'), used: 128 * 1024 } },
    }),
  ),
  {
    name: 'a file of zeros takes no space by default',
    before: { 'in/a': Buffer.alloc(MiB + 1) },
    out: { b: { content: '\0'.repeat(MiB + 1), used: 4096 } },
  },
  {
    name: 'short runs of zeros become holes with sparse: always',
    before: { 'in/a': fine },
    options: { sparse: 'always' },
    out: { b: { content: fine.toString('latin1'), used: fine.length / 2 + 4096 } },
  },
  {
    name: 'a file is copied, verified and synced',
    before: { 'in/a': Buffer.alloc(3 * MiB, 'xyz') },
    options: { verify: true, sync: true },
    out: { b: Buffer.alloc(3 * MiB, 'xyz') },
  },
  {
    name: 'an empty file is copied, verified and synced',
    before: { 'in/a': '' },
    options: { verify: true, sync: true },
    out: { b: '' },
  },
  {
    name: 'a tree is copied, verified and synced',
    before: tree,
    options: { recursive: true, verify: true, sync: true },
    out: copied,
  },
  {
    name: 'a dry run copies nothing, and counts what it would copy',
    before: tree,
    options: { recursive: true, dryRun: true },
    out: {},
    counts: { bytes: 6, files: 2, directories: 2 },
  },
  {
    name: 'a dry run replaces nothing',
    before: { 'in/a': 'new', 'out/b': 'old' },
    options: { dryRun: true },
    out: { b: 'old' },
    counts: { bytes: 3, files: 1 },
  },
  {
    name: 'a dry run skips what the copy would skip',
    before: { ...tree, 'out/b/f': 'old' },
    options: { recursive: true, dryRun: true, overwrite: 'never', exclude: ['d'] },
    out: { 'b/f': 'old' },
    counts: { files: 0, skipped: 2 },
  },
  ...(['file', 'symlink'] as const).map(
    (kind): Behaviour => ({
      name: `a dry run of a ${kind} reports a target with a slash at its end`,
      before: { 'in/a': kind === 'file' ? 'x' : link('x') },
      target: 'out/b/',
      options: { dryRun: true },
      error: endsInSlash('out/b/'),
    }),
  ),
  {
    name: 'a dry run reports files that it cannot read',
    before: { 'in/a/secret': { content: 'x', mode: 0 }, 'in/a/x': 'x' },
    options: { recursive: true, dryRun: true, keepGoing: true },
    isOrdinaryUser: true,
    errors: [denied('in/a/secret', 'open', 'secret')],
    counts: { files: 1 },
  },
  ...[
    {
      what: 'a file',
      before: { 'in/a': 'content' },
      target: 'out/d/b',
      options: {},
      error: denied('out/d/b', 'create'),
    },
    {
      what: 'a file in a directory that a copy would make',
      before: { 'in/a': 'content' },
      target: 'out/d/new/b',
      options: { makeParents: true },
      error: denied('out/d/new/b', 'create'),
    },
    {
      what: 'a directory',
      before: { 'in/a': null },
      target: 'out/d/b',
      options: { recursive: true },
      error: denied('out/d/b', 'create'),
    },
    {
      what: 'a tree that appears as a whole',
      before: { 'in/a': null },
      target: 'out/d/b',
      options: { recursive: true, atomic: 'tree' as const },
      error: denied('out/d/b', 'create'),
    },
    {
      what: 'a file of a tree',
      before: { 'in/a/f': 'content' },
      target: 'out/d',
      options: { recursive: true },
      error: denied('out/d/f', 'create', 'f'),
    },
  ].map(
    ({ what, before, target, options, error }): Behaviour => ({
      name: `a dry run reports that ${what} cannot be created in a read-only directory`,
      before: { ...before, 'out/d': { kind: 'directory', mode: 0o555 } },
      target,
      options: { ...options, dryRun: true },
      isOrdinaryUser: true,
      error,
      not: { wasmtime: 'wasmtime looks at no permissions before a change' },
    }),
  ),
  {
    name: 'a dry run goes into a read-only directory that an earlier copy has made, as a copy does',
    before: {
      'in/a': { kind: 'directory', mode: 0o555 },
      'out/b': { kind: 'directory', mode: 0o555 },
      'in/a/f': 'content',
    },
    options: { recursive: true, dryRun: true },
    isOrdinaryUser: true,
    counts: { files: 1 },
  },
  {
    name: 'a dry run reports an obstacle',
    before: { ...tree, 'out/b/f': null },
    options: { recursive: true, dryRun: true },
    error: isDirectory('out/b/f', 'f'),
  },
  {
    name: 'a dry run reports a missing source',
    options: { dryRun: true },
    error: missing('in/a'),
  },
  ...['content', null].map(
    (content): Behaviour => ({
      name: `a dry run reports that the directory is missing to which it would copy a ${content === null ? 'tree' : 'file'}`,
      before: { 'in/a': content },
      target: 'out/missing/b',
      options: { recursive: true, dryRun: true },
      error: noDirectory('out/missing/b'),
    }),
  ),
  {
    name: 'a dry run creates no directories on the way to the target',
    before: { 'in/a': 'content' },
    target: 'out/x/y/b',
    options: { dryRun: true, makeParents: true },
    out: {},
  },
  {
    name: 'a dry run reports an error under error',
    before: { 'in/a': 'new', 'out/b': 'old' },
    options: { dryRun: true, overwrite: 'error' },
    error: exists('out/b'),
  },
];
