import type { Behaviour } from '../behaviour.js';
import { intoItself, sameFile } from '../errors.js';
import { link, type Put } from '../tree.js';

const recursive = { recursive: true };

function file(put: Put): void {
  put.file('out/a');
}

function tree(put: Put): void {
  put.directory('out/a/d');
  put.file('out/a/f');
}

/** A directory with a link to its future copy. */
function putLinkToOwnCopy(put: Put): void {
  put.directory('out/a/y');
  put.file('out/a/y/f');
  put.symlink('out/a/y/m', '../../b/y');
}

const linkedToOwnCopy = { a: null, 'a/y': null, 'a/y/f': 'content', 'a/y/m': link('../../b/y') };

/** A directory that contains a directory for its copies. */
function putBackup(put: Put): void {
  put.directory('out/a/d', 'out/a/backup');
  put.file('out/a/f');
  put.file('out/a/d/g');
  put.file('out/a/backup/old');
}

const backedUp = {
  a: null,
  'a/f': 'content',
  'a/d': null,
  'a/d/g': 'content',
  'a/backup': null,
  'a/backup/old': 'content',
};

/** Sources and targets that are the same, or contain each other. */
export const selfCopies: readonly Behaviour[] = [
  ...['backup', '/backup', 'back*/'].map(
    (pattern): Behaviour => ({
      name: `a directory is copied into a part of itself that is excluded by ${pattern}`,
      prepare: putBackup,
      source: 'out/a',
      target: 'out/a/backup',
      options: { recursive: true, exclude: [pattern] },
      out: { ...backedUp, 'a/backup/f': 'content', 'a/backup/d': null, 'a/backup/d/g': 'content' },
      counts: { files: 2, directories: 2, skipped: 1 },
    }),
  ),
  {
    name: 'a directory is copied to a new name in an excluded part of itself, through a link',
    prepare: (put) => {
      putBackup(put);
      put.symlink('out/l', 'a/backup');
    },
    source: 'out/a',
    target: 'out/l/x/today',
    options: { recursive: true, exclude: ['backup'], makeParents: true },
    out: {
      ...backedUp,
      l: link('a/backup'),
      'a/backup/x': null,
      'a/backup/x/today': null,
      'a/backup/x/today/f': 'content',
      'a/backup/x/today/d': null,
      'a/backup/x/today/d/g': 'content',
    },
  },
  {
    name: 'a directory is copied to a new name in itself if that is excluded',
    prepare: tree,
    source: 'out/a',
    target: 'out/a/new',
    options: { recursive: true, exclude: ['/new'] },
    out: {
      a: null,
      'a/d': null,
      'a/f': 'content',
      'a/new': null,
      'a/new/d': null,
      'a/new/f': 'content',
    },
  },
  {
    name: 'a directory is not copied into itself if something else is excluded, and nothing is made',
    prepare: putBackup,
    source: 'out/a',
    target: 'out/a/backup/new',
    options: { recursive: true, exclude: ['backup/old', 'new/x', 'd'] },
    error: intoItself('out/a/backup/new'),
  },
  {
    name: 'a file is not copied onto itself',
    prepare: file,
    source: 'out/a',
    target: 'out/a',
    error: sameFile('out/a'),
  },
  {
    name: 'a file is not copied onto itself under another spelling of its path',
    prepare: file,
    source: 'out/a',
    target: 'out/.//a',
    error: sameFile('out/.//a'),
  },
  {
    name: 'a file is not copied onto a hard link to itself',
    prepare: (put) => {
      file(put);
      put.hardLink('out/b', 'out/a');
    },
    source: 'out/a',
    error: sameFile('out/b'),
  },
  {
    name: 'a file is not copied onto a link to itself',
    prepare: (put) => {
      file(put);
      put.symlink('out/b', 'a');
    },
    source: 'out/a',
    error: sameFile('out/b'),
  },
  {
    name: 'a followed link is not copied onto its target',
    prepare: (put) => {
      file(put);
      put.symlink('out/l', 'a');
    },
    source: 'out/l',
    target: 'out/a',
    options: { symlinks: 'follow' },
    error: sameFile('out/a'),
  },
  {
    name: 'a link is not copied onto its target',
    prepare: (put) => {
      file(put);
      put.symlink('out/l', 'a');
    },
    source: 'out/l',
    target: 'out/a',
    error: sameFile('out/a'),
  },
  {
    name: 'a link is not copied onto itself',
    prepare: (put) => put.symlink('out/l', 'nowhere'),
    source: 'out/l',
    target: 'out/l',
    error: sameFile('out/l'),
  },
  {
    name: 'a file is not copied onto itself through a linked directory',
    prepare: (put) => {
      tree(put);
      put.symlink('out/l', 'a');
    },
    source: 'out/a/f',
    target: 'out/l/f',
    error: sameFile('out/l/f'),
  },
  ...(['never', 'newer', 'error'] as const).map(
    (overwrite): Behaviour => ({
      name: `a file is not copied onto itself under the policy ${overwrite}`,
      prepare: file,
      source: 'out/a',
      target: 'out/a',
      options: { overwrite },
      error: sameFile('out/a'),
    }),
  ),
  {
    name: 'a dry run does not copy a file onto itself',
    prepare: file,
    source: 'out/a',
    target: 'out/a',
    options: { dryRun: true },
    error: sameFile('out/a'),
  },
  {
    name: 'a directory is not copied onto itself',
    prepare: tree,
    source: 'out/a',
    target: 'out/a',
    options: recursive,
    error: sameFile('out/a'),
  },
  {
    name: 'a directory is not copied onto itself with slashes after it',
    prepare: tree,
    source: 'out/a/',
    target: 'out/a//',
    options: recursive,
    error: sameFile('out/a//'),
  },
  {
    name: 'a directory is not copied into itself',
    prepare: tree,
    source: 'out/a',
    target: 'out/a/new',
    options: recursive,
    error: intoItself('out/a/new'),
  },
  {
    name: 'a directory is not copied into one of its subdirectories',
    prepare: tree,
    source: 'out/a',
    target: 'out/a/d/new',
    options: recursive,
    error: intoItself('out/a/d/new'),
  },
  {
    name: 'a directory is not copied to one of its subdirectories',
    prepare: tree,
    source: 'out/a',
    target: 'out/a/d',
    options: recursive,
    error: intoItself('out/a/d'),
  },
  {
    name: 'a directory is not copied into itself by a path with two dots',
    prepare: tree,
    source: 'out/a/d/..',
    target: 'out/a/d/../new',
    options: recursive,
    error: intoItself('out/a/d/../new'),
  },
  {
    name: 'a directory is not copied into itself through a link',
    prepare: (put) => {
      tree(put);
      put.symlink('out/l', 'a/d');
    },
    source: 'out/a',
    target: 'out/l/new',
    options: recursive,
    error: intoItself('out/l/new'),
  },
  {
    name: 'a directory is not copied into itself if directories must be created on the way',
    prepare: tree,
    source: 'out/a',
    target: 'out/a/x/y/new',
    options: { recursive: true, makeParents: true },
    error: intoItself('out/a/x/y/new'),
  },
  {
    name: 'a dry run does not copy a directory into itself',
    prepare: tree,
    source: 'out/a',
    target: 'out/a/new',
    options: { recursive: true, dryRun: true },
    error: intoItself('out/a/new'),
  },
  {
    name: 'a followed link to a directory is not copied into that directory',
    prepare: (put) => {
      tree(put);
      put.symlink('out/l', 'a');
    },
    source: 'out/l',
    target: 'out/a/new',
    options: { recursive: true, symlinks: 'follow' },
    error: intoItself('out/a/new'),
  },
  {
    name: 'a directory is not copied into itself if the sandbox sees it by two parents',
    prepare: tree,
    source: 'out',
    target: 'out/a/new',
    options: recursive,
    error: intoItself('out/a/new'),
  },
  {
    name: "a followed link to the target's current directory is an error, and the rest is copied on request",
    prepare: putLinkToOwnCopy,
    source: 'out/a',
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    errors: [intoItself('out/a/y/m', 'y/m')],
    out: { ...linkedToOwnCopy, b: null, 'b/y': null, 'b/y/f': 'content' },
  },
  {
    name: 'a followed link to the root of the target is an error, and the rest is copied on request',
    prepare: (put) => {
      put.directory('out/a/y');
      put.file('out/a/y/f');
      put.symlink('out/a/y/m', '../../b');
    },
    source: 'out/a',
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    errors: [intoItself('out/a/y/m', 'y/m')],
    out: { ...linkedToOwnCopy, 'a/y/m': link('../../b'), b: null, 'b/y': null, 'b/y/f': 'content' },
  },
  {
    name: 'a followed link to a complete directory of the target is copied to its end',
    prepare: (put) => {
      put.directory('out/a/x', 'out/a/y', 'out/b/x', 'out/b/y');
      put.file('out/a/x/f');
      put.file('out/b/y/g');
      put.symlink('out/a/x/l', '../../b/y');
    },
    source: 'out/a',
    options: { recursive: true, symlinks: 'follow' },
    out: {
      a: null,
      'a/x': null,
      'a/x/f': 'content',
      'a/x/l': link('../../b/y'),
      'a/y': null,
      b: null,
      'b/x': null,
      'b/x/f': 'content',
      'b/x/l': null,
      'b/x/l/g': 'content',
      'b/y': null,
      'b/y/g': 'content',
    },
  },
  {
    name: 'a followed link into the target, which another shard may be writing, is an error',
    prepare: (put) => {
      put.directory('out/a/x', 'out/b/y/d');
      put.symlink('out/a/x/l', '../../b/y/d');
    },
    source: 'out/a',
    shards: 2,
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    errors: [intoItself('out/a/x/l', 'x/l'), intoItself('out/a/x/l', 'x/l')],
    out: {
      a: null,
      'a/x': null,
      'a/x/l': link('../../b/y/d'),
      b: null,
      'b/x': null,
      'b/y': null,
      'b/y/d': null,
    },
  },
  {
    name: 'a directory is not copied into its own parent',
    prepare: (put) => {
      put.directory('out/a/d/d');
      put.file('out/a/d/d/f');
    },
    source: 'out/a/d',
    target: 'out/a',
    options: recursive,
    error: intoItself('out/a/d', 'd'),
  },
  {
    name: "a sibling whose name begins with a directory's is not in that directory",
    prepare: (put) => {
      tree(put);
      put.directory('out/ab');
    },
    source: 'out/a',
    target: 'out/ab/c',
    options: recursive,
    out: {
      a: null,
      'a/d': null,
      'a/f': 'content',
      ab: null,
      'ab/c': null,
      'ab/c/d': null,
      'ab/c/f': 'content',
    },
  },
  {
    name: 'a directory is copied beside itself under a name that begins with its own',
    prepare: tree,
    source: 'out/a',
    target: 'out/a2',
    options: recursive,
    out: { a: null, 'a/d': null, 'a/f': 'content', a2: null, 'a2/d': null, 'a2/f': 'content' },
  },
  {
    name: 'a subdirectory is copied to its parent directory',
    prepare: (put) => {
      put.directory('out/a/d');
      put.file('out/a/d/f');
    },
    source: 'out/a/d',
    target: 'out/a',
    options: recursive,
    out: { a: null, 'a/d': null, 'a/d/f': 'content', 'a/f': 'content' },
  },
  {
    name: 'a link to a directory is copied into that directory, as a link',
    prepare: (put) => {
      put.directory('out/a');
      put.symlink('out/l', 'a');
    },
    source: 'out/l',
    target: 'out/a/l',
    options: recursive,
    out: { a: null, 'a/l': link('a'), l: link('a') },
  },
  {
    name: 'files of a tree that are the same as their targets are errors, and the rest is copied on request',
    prepare: (put) => {
      tree(put);
      put.file('out/a/g', 'other');
      put.directory('out/b');
      put.hardLink('out/b/f', 'out/a/f');
    },
    source: 'out/a',
    options: { recursive: true, keepGoing: true },
    errors: [sameFile('out/b/f', 'f')],
    out: {
      a: null,
      'a/d': null,
      'a/f': 'content',
      'a/g': 'other',
      b: null,
      'b/d': null,
      'b/f': 'content',
      'b/g': 'other',
    },
  },
];
