import type { Behaviour } from '../behaviour.js';
import { intoItself, sameFile } from '../errors.js';
import { type Expected, link } from '../tree.js';

const recursive = { recursive: true };

const file: Expected = { 'out/a': 'content' };

const tree: Expected = { 'out/a/d': null, 'out/a/f': 'content' };

/** A directory with a link to its future copy. */
const withLinkToOwnCopy: Expected = { 'out/a/y/f': 'content', 'out/a/y/m': link('../../b/y') };

const linkedToOwnCopy = { 'a/y/f': 'content', 'a/y/m': link('../../b/y') };

/** A directory that contains a directory for its copies. */
const withBackup: Expected = { 'out/a/f': 'content', 'out/a/d/g': 'content', 'out/a/backup/old': 'content' };

const backedUp = { 'a/f': 'content', 'a/d/g': 'content', 'a/backup/old': 'content' };

/** Sources and targets that are the same, or contain each other. */
export const selfCopies: readonly Behaviour[] = [
  ...['backup', '/backup', 'back*/'].map(
    (pattern): Behaviour => ({
      name: `a directory is copied into a part of itself that is excluded by ${pattern}`,
      before: withBackup,
      source: 'out/a',
      target: 'out/a/backup',
      options: { recursive: true, exclude: [pattern] },
      out: { ...backedUp, 'a/backup/f': 'content', 'a/backup/d/g': 'content' },
      counts: { files: 2, directories: 2, skipped: 1 },
    }),
  ),
  {
    name: 'a directory is copied to a new name in an excluded part of itself, through a link',
    before: { ...withBackup, 'out/l': link('a/backup') },
    source: 'out/a',
    target: 'out/l/x/today',
    options: { recursive: true, exclude: ['backup'], makeParents: true },
    out: {
      ...backedUp,
      l: link('a/backup'),
      'a/backup/x/today/f': 'content',
      'a/backup/x/today/d/g': 'content',
    },
  },
  {
    name: 'a directory is copied to a new name in itself if that is excluded',
    before: tree,
    source: 'out/a',
    target: 'out/a/new',
    options: { recursive: true, exclude: ['/new'] },
    out: { 'a/d': null, 'a/f': 'content', 'a/new/d': null, 'a/new/f': 'content' },
  },
  {
    name: 'a directory is not copied into itself if something else is excluded, and nothing is made',
    before: withBackup,
    source: 'out/a',
    target: 'out/a/backup/new',
    options: { recursive: true, exclude: ['backup/old', 'new/x', 'd'] },
    error: intoItself('out/a/backup/new'),
  },
  {
    name: 'a file is not copied onto itself',
    before: file,
    source: 'out/a',
    target: 'out/a',
    error: sameFile('out/a'),
  },
  {
    name: 'a file is not copied onto itself under another spelling of its path',
    before: file,
    source: 'out/a',
    target: 'out/.//a',
    error: sameFile('out/.//a'),
  },
  {
    name: 'a file is not copied onto a hard link to itself',
    before: file,
    prepare: (put) => put.hardLink('out/b', 'out/a'),
    source: 'out/a',
    error: sameFile('out/b'),
  },
  {
    name: 'a file is not copied onto a link to itself',
    before: { ...file, 'out/b': link('a') },
    source: 'out/a',
    error: sameFile('out/b'),
  },
  {
    name: 'a followed link is not copied onto its target',
    before: { ...file, 'out/l': link('a') },
    source: 'out/l',
    target: 'out/a',
    options: { symlinks: 'follow' },
    error: sameFile('out/a'),
  },
  {
    name: 'a link is not copied onto its target',
    before: { ...file, 'out/l': link('a') },
    source: 'out/l',
    target: 'out/a',
    error: sameFile('out/a'),
  },
  {
    name: 'a link is not copied onto itself',
    before: { 'out/l': link('nowhere') },
    source: 'out/l',
    target: 'out/l',
    error: sameFile('out/l'),
  },
  {
    name: 'a file is not copied onto itself through a linked directory',
    before: { ...tree, 'out/l': link('a') },
    source: 'out/a/f',
    target: 'out/l/f',
    error: sameFile('out/l/f'),
  },
  ...(['never', 'newer', 'error'] as const).map(
    (overwrite): Behaviour => ({
      name: `a file is not copied onto itself under the policy ${overwrite}`,
      before: file,
      source: 'out/a',
      target: 'out/a',
      options: { overwrite },
      error: sameFile('out/a'),
    }),
  ),
  {
    name: 'a dry run does not copy a file onto itself',
    before: file,
    source: 'out/a',
    target: 'out/a',
    options: { dryRun: true },
    error: sameFile('out/a'),
  },
  {
    name: 'a directory is not copied onto itself',
    before: tree,
    source: 'out/a',
    target: 'out/a',
    options: recursive,
    error: sameFile('out/a'),
  },
  {
    name: 'a directory is not copied onto itself with slashes after it',
    before: tree,
    source: 'out/a/',
    target: 'out/a//',
    options: recursive,
    error: sameFile('out/a//'),
  },
  {
    name: 'a directory is not copied into itself',
    before: tree,
    source: 'out/a',
    target: 'out/a/new',
    options: recursive,
    error: intoItself('out/a/new'),
  },
  {
    name: 'a directory is not copied into one of its subdirectories',
    before: tree,
    source: 'out/a',
    target: 'out/a/d/new',
    options: recursive,
    error: intoItself('out/a/d/new'),
  },
  {
    name: 'a directory is not copied to one of its subdirectories',
    before: tree,
    source: 'out/a',
    target: 'out/a/d',
    options: recursive,
    error: intoItself('out/a/d'),
  },
  {
    name: 'a directory is not copied into itself by a path with two dots',
    before: tree,
    source: 'out/a/d/..',
    target: 'out/a/d/../new',
    options: recursive,
    error: intoItself('out/a/d/../new'),
  },
  {
    name: 'a directory is not copied into itself through a link',
    before: { ...tree, 'out/l': link('a/d') },
    source: 'out/a',
    target: 'out/l/new',
    options: recursive,
    error: intoItself('out/l/new'),
  },
  {
    name: 'a directory is not copied into itself if directories must be created on the way',
    before: tree,
    source: 'out/a',
    target: 'out/a/x/y/new',
    options: { recursive: true, makeParents: true },
    error: intoItself('out/a/x/y/new'),
  },
  {
    name: 'a dry run does not copy a directory into itself',
    before: tree,
    source: 'out/a',
    target: 'out/a/new',
    options: { recursive: true, dryRun: true },
    error: intoItself('out/a/new'),
  },
  {
    name: 'a followed link to a directory is not copied into that directory',
    before: { ...tree, 'out/l': link('a') },
    source: 'out/l',
    target: 'out/a/new',
    options: { recursive: true, symlinks: 'follow' },
    error: intoItself('out/a/new'),
  },
  {
    name: 'a directory is not copied into itself if the sandbox sees it by two parents',
    before: tree,
    source: 'out',
    target: 'out/a/new',
    options: recursive,
    error: intoItself('out/a/new'),
  },
  {
    name: "a followed link to the target's current directory is an error, and the rest is copied on request",
    before: withLinkToOwnCopy,
    source: 'out/a',
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    errors: [intoItself('out/a/y/m', 'y/m')],
    out: { ...linkedToOwnCopy, 'b/y/f': 'content' },
  },
  {
    name: 'a followed link to the root of the target is an error, and the rest is copied on request',
    before: { 'out/a/y/f': 'content', 'out/a/y/m': link('../../b') },
    source: 'out/a',
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    errors: [intoItself('out/a/y/m', 'y/m')],
    out: { ...linkedToOwnCopy, 'a/y/m': link('../../b'), 'b/y/f': 'content' },
  },
  {
    name: 'a followed link to a complete directory of the target is copied to its end',
    before: {
      'out/a/y': null,
      'out/b/x': null,
      'out/a/x/f': 'content',
      'out/b/y/g': 'content',
      'out/a/x/l': link('../../b/y'),
    },
    source: 'out/a',
    options: { recursive: true, symlinks: 'follow' },
    out: {
      'a/x/f': 'content',
      'a/x/l': link('../../b/y'),
      'a/y': null,
      'b/x/f': 'content',
      'b/x/l/g': 'content',
      'b/y/g': 'content',
    },
  },
  {
    name: 'a followed link into the target, which another shard may be writing, is an error',
    before: { 'out/b/y/d': null, 'out/a/x/l': link('../../b/y/d') },
    source: 'out/a',
    shards: 2,
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    errors: [intoItself('out/a/x/l', 'x/l'), intoItself('out/a/x/l', 'x/l')],
    out: { 'a/x/l': link('../../b/y/d'), 'b/x': null, 'b/y/d': null },
  },
  {
    name: 'a directory is not copied into its own parent',
    before: { 'out/a/d/d/f': 'content' },
    source: 'out/a/d',
    target: 'out/a',
    options: recursive,
    error: intoItself('out/a/d', 'd'),
  },
  {
    name: "a sibling whose name begins with a directory's is not in that directory",
    before: { ...tree, 'out/ab': null },
    source: 'out/a',
    target: 'out/ab/c',
    options: recursive,
    out: { 'a/d': null, 'a/f': 'content', 'ab/c/d': null, 'ab/c/f': 'content' },
  },
  {
    name: 'a directory is copied beside itself under a name that begins with its own',
    before: tree,
    source: 'out/a',
    target: 'out/a2',
    options: recursive,
    out: { 'a/d': null, 'a/f': 'content', 'a2/d': null, 'a2/f': 'content' },
  },
  {
    name: 'a subdirectory is copied to its parent directory',
    before: { 'out/a/d/f': 'content' },
    source: 'out/a/d',
    target: 'out/a',
    options: recursive,
    out: { 'a/d/f': 'content', 'a/f': 'content' },
  },
  {
    name: 'a link to a directory is copied into that directory, as a link',
    before: { 'out/a': null, 'out/l': link('a') },
    source: 'out/l',
    target: 'out/a/l',
    options: recursive,
    out: { 'a/l': link('a'), l: link('a') },
  },
  {
    name: 'files of a tree that are the same as their targets are errors, and the rest is copied on request',
    before: { ...tree, 'out/a/g': 'other', 'out/b': null },
    prepare: (put) => put.hardLink('out/b/f', 'out/a/f'),
    source: 'out/a',
    options: { recursive: true, keepGoing: true },
    errors: [sameFile('out/b/f', 'f')],
    out: { 'a/d': null, 'a/f': 'content', 'a/g': 'other', 'b/d': null, 'b/f': 'content', 'b/g': 'other' },
  },
];
