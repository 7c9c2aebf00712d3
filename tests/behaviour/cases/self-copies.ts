import type { CopyOptions } from 'mapcp';
import type { Behaviour, ExpectedError } from '../behaviour.js';
import { intoItself, sameFile } from '../errors.js';
import { type Expected, link } from '../tree.js';

const recursive = { recursive: true };

const file: Expected = { 'out/a': 'content' };

const tree: Expected = { 'out/a/d': null, 'out/a/f': 'content' };

const linked: Expected = { ...file, 'out/l': link('a') };

const linkedTree: Expected = { ...tree, 'out/l': link('a') };

/** A directory with a link to its future copy. */
const withLinkToOwnCopy: Expected = { 'out/a/y/f': 'content', 'out/a/y/m': link('../../b/y') };

const linkedToOwnCopy = { 'a/y/f': 'content', 'a/y/m': link('../../b/y') };

/** A directory that contains a directory for its copies. */
const withBackup: Expected = { 'out/a/f': 'content', 'out/a/d/g': 'content', 'out/a/backup/old': 'content' };

const backedUp = { 'a/f': 'content', 'a/d/g': 'content', 'a/backup/old': 'content' };

/** Copies that an error about the target refuses: name, entries, source, target and options. */
function refusals(
  error: (target: string) => ExpectedError,
  rows: readonly (readonly [string, Expected, string, string, CopyOptions?])[],
): Behaviour[] {
  return rows.map(([name, before, source, target, options = {}]) => ({
    ...{ name, before, source, target, options },
    error: error(target),
  }));
}

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
  ...refusals(sameFile, [
    ['a file is not copied onto itself', file, 'out/a', 'out/a'],
    ['a file is not copied onto itself under another spelling of its path', file, 'out/a', 'out/.//a'],
    ['a file is not copied onto a link to itself', { ...file, 'out/b': link('a') }, 'out/a', 'out/b'],
    ['a followed link is not copied onto its target', linked, 'out/l', 'out/a', { symlinks: 'follow' }],
    ['a link is not copied onto its target', linked, 'out/l', 'out/a'],
    ['a link is not copied onto itself', { 'out/l': link('nowhere') }, 'out/l', 'out/l'],
    ['a file is not copied onto itself through a linked directory', linkedTree, 'out/a/f', 'out/l/f'],
    ['a file is not copied onto itself under error', file, 'out/a', 'out/a', { overwrite: 'error' }],
    ['a dry run does not copy a file onto itself', file, 'out/a', 'out/a', { dryRun: true }],
    ['a directory is not copied onto itself', tree, 'out/a', 'out/a', recursive],
    ['a directory is not copied onto itself with slashes after it', tree, 'out/a/', 'out/a//', recursive],
  ]),
  {
    name: 'a file is not copied onto a hard link to itself',
    before: file,
    prepare: (put) => put.hardLink('out/b', 'out/a'),
    source: 'out/a',
    error: sameFile('out/b'),
  },
  ...(['never', 'newer'] as const).flatMap((overwrite): Behaviour[] => [
    {
      name: `a file stays if it is its own target under ${overwrite}`,
      before: file,
      source: 'out/a',
      target: 'out/a',
      options: { overwrite },
      out: { a: 'content' },
      counts: { files: 0, skipped: 1 },
    },
    {
      name: `a hard link to its own source stays under ${overwrite}, also in a tree`,
      before: { ...tree, 'out/b': null },
      prepare: (put) => put.hardLink('out/b/f', 'out/a/f'),
      source: 'out/a',
      options: { recursive: true, overwrite },
      out: { 'a/d': null, 'a/f': 'content', 'b/d': null, 'b/f': 'content' },
      counts: { files: 0, skipped: 1 },
    },
  ]),
  ...refusals(intoItself, [
    ['a directory is not copied into itself', tree, 'out/a', 'out/a/new', recursive],
    ['a directory is not copied into one of its subdirectories', tree, 'out/a', 'out/a/d/new', recursive],
    ['a directory is not copied to one of its subdirectories', tree, 'out/a', 'out/a/d', recursive],
    ['a directory is not copied into itself by two dots', tree, 'out/a/d/..', 'out/a/d/../new', recursive],
    ['a directory is not copied into itself through a link', linkedTree, 'out/a', 'out/l/d/new', recursive],
    [
      'a directory is not copied into itself if directories must be created on the way',
      tree,
      'out/a',
      'out/a/x/y/new',
      { recursive: true, makeParents: true },
    ],
    [
      'a directory is not copied into itself if something else is excluded, and nothing is made',
      withBackup,
      'out/a',
      'out/a/backup/new',
      { recursive: true, exclude: ['backup/old', 'new/x', 'd'] },
    ],
    [
      'a dry run does not copy a directory into itself',
      tree,
      'out/a',
      'out/a/new',
      { recursive: true, dryRun: true },
    ],
    [
      'a followed link to a directory is not copied into that directory',
      linkedTree,
      'out/l',
      'out/a/new',
      { recursive: true, symlinks: 'follow' },
    ],
    [
      'a directory is not copied into itself if the sandbox sees it by two parents',
      tree,
      'out',
      'out/a/new',
      recursive,
    ],
  ]),
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
