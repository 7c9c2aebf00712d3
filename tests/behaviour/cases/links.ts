import type { Behaviour } from '../behaviour.js';
import {
  couldLeadOut,
  exists,
  leadsOut,
  loop,
  missing,
  notDirectory,
  notPermitted,
  notRegular,
} from '../errors.js';
import { link } from '../tree.js';

const recursive = { recursive: true };
const following = { recursive: true, symlinks: 'follow' } as const;
const skipping = { recursive: true, symlinks: 'skip' } as const;

const containing = { recursive: true, symlinks: 'contained' } as const;
const containedLinks: Readonly<Record<string, string>> = {
  l: 'f',
  self: 'self',
  dots: '.',
  'through-dots': 'dots/dots/d//e/',
  dangling: 'd/nowhere',
  odd: 'd/..odd/.. x/x..',
  'd/up': '..',
  'd/file': '..//./f',
  'd/e/top': '../../d/up/f',
};

const noAbsoluteLinks = 'it refuses to read links with an absolute text';

/** Symbolic links. */
export const links: readonly Behaviour[] = [
  ...[
    ['relative', 'f'],
    ['dangling', 'nowhere'],
    ['leading out of its directory', '../../outside'],
    ['leading to itself', 'a'],
    ['with an odd text', ' two\nlines ☃ \\'],
    ['with a slash at the end of its text', 'f/'],
  ].map(
    ([kind, text = '']): Behaviour => ({
      name: `a link ${kind} is copied with its text`,
      prepare: (put) => {
        put.file('in/f');
        put.symlink('in/a', text);
      },
      out: { b: link(text) },
      counts: { files: 1, bytes: 0 },
    }),
  ),
  {
    name: 'an absolute link is copied with its text',
    prepare: (put) => put.symlink('in/a', '/nowhere/at/all'),
    out: { b: link('/nowhere/at/all') },
    instead: {
      wasmtime: { because: noAbsoluteLinks, error: notPermitted('in/a', 'inspect') },
    },
  },
  {
    name: 'links in a tree are copied with their texts',
    prepare: (put) => {
      put.directory('in/a/d');
      put.file('in/a/f');
      put.symlink('in/a/d/up', '../f');
      put.symlink('in/a/d/parent', '..');
      put.symlink('in/a/directory', 'd');
      put.symlink('in/a/dangling', 'nowhere');
      put.symlink('in/a/outside', '../../..');
    },
    options: recursive,
    out: {
      b: null,
      'b/f': 'content',
      'b/d': null,
      'b/d/up': link('../f'),
      'b/d/parent': link('..'),
      'b/directory': link('d'),
      'b/dangling': link('nowhere'),
      'b/outside': link('../../..'),
    },
    counts: { files: 6, directories: 2 },
  },
  {
    name: 'an absolute link in a tree is copied with its text',
    prepare: (put) => {
      put.directory('in/a');
      put.symlink('in/a/l', '/etc/passwd');
    },
    options: recursive,
    out: { b: null, 'b/l': link('/etc/passwd') },
    instead: {
      wasmtime: { because: noAbsoluteLinks, error: notPermitted('in/a/l', 'inspect', 'l'), out: { b: null } },
    },
  },
  {
    name: 'an absolute link in a tree that cannot be read is one failure, and the rest is copied on request',
    prepare: (put) => {
      put.directory('in/a');
      put.file('in/a/f');
      put.symlink('in/a/l', '/etc/passwd');
    },
    options: { recursive: true, keepGoing: true },
    out: { b: null, 'b/f': 'content', 'b/l': link('/etc/passwd') },
    instead: {
      wasmtime: {
        because: noAbsoluteLinks,
        errors: [notPermitted('in/a/l', 'inspect', 'l')],
        out: { b: null, 'b/f': 'content' },
      },
    },
  },
  {
    name: 'a link to a directory is copied as a link, also by a recursive copy',
    prepare: (put) => {
      put.directory('in/d');
      put.symlink('in/a', 'd');
    },
    options: recursive,
    out: { b: link('d') },
  },
  {
    name: 'a link to a directory with a slash after it is the directory',
    prepare: (put) => {
      put.directory('in/d');
      put.file('in/d/f');
      put.symlink('in/a', 'd');
    },
    source: 'in/a/',
    options: recursive,
    out: { b: null, 'b/f': 'content' },
    not: { wasmtime: 'it does not inspect a link with a slash behind it' },
  },
  {
    name: 'a link replaces a file',
    prepare: (put) => {
      put.symlink('in/a', 'text');
      put.file('out/b', 'old');
    },
    out: { b: link('text') },
  },
  {
    name: 'a link replaces a link',
    prepare: (put) => {
      put.symlink('in/a', 'text');
      put.file('out/old');
      put.symlink('out/b', 'old');
    },
    out: { b: link('text'), old: 'content' },
  },
  {
    name: 'a link does not replace a directory',
    prepare: (put) => {
      put.symlink('in/a', 'text');
      put.directory('out/b');
    },
    error: {
      code: 'EISDIR',
      says: "cannot create 'out/b': it is a directory; choose another path for the copy",
    },
  },
  {
    name: 'a link as target is replaced, and its own target stays',
    prepare: (put) => {
      put.file('in/a', 'new');
      put.file('out/elsewhere', 'old');
      put.symlink('out/b', 'elsewhere');
    },
    out: { b: 'new', elsewhere: 'old' },
  },
  {
    name: 'a dangling link as target is replaced, and nothing is created at its own target',
    prepare: (put) => {
      put.file('in/a', 'new');
      put.symlink('out/b', 'nowhere');
    },
    out: { b: 'new' },
  },
  {
    name: 'a link to a directory as the target of a file is replaced',
    prepare: (put) => {
      put.file('in/a', 'new');
      put.directory('out/d');
      put.symlink('out/b', 'd');
    },
    out: { b: 'new', d: null },
  },
  {
    name: "a link to a directory in place of a tree's directory is not followed",
    prepare: (put) => {
      put.directory('in/a/d', 'out/b', 'out/elsewhere');
      put.file('in/a/d/f');
      put.symlink('out/b/d', '../elsewhere');
    },
    options: recursive,
    error: notDirectory('out/b/d', 'open', 'd'),
  },
  {
    name: "a dangling link in place of a tree's directory is not followed",
    prepare: (put) => {
      put.directory('in/a/d', 'out/b');
      put.symlink('out/b/d', '../nowhere');
    },
    options: recursive,
    error: notDirectory('out/b/d', 'open', 'd'),
  },
  {
    name: 'the target of a followed link is copied',
    prepare: (put) => {
      put.file('in/f');
      put.symlink('in/l', 'f');
      put.symlink('in/a', './l');
    },
    options: { symlinks: 'follow' },
    out: { b: 'content' },
  },
  {
    name: 'the targets of followed links in a tree are copied',
    prepare: (put) => {
      put.directory('in/a/d', 'in/real');
      put.file('in/real/f');
      put.symlink('in/a/d/file', '../../real/f');
      put.symlink('in/a/directory', '../real');
      put.symlink('in/a/twice', 'directory');
    },
    options: following,
    out: {
      b: null,
      'b/d': null,
      'b/d/file': 'content',
      'b/directory': null,
      'b/directory/f': 'content',
      'b/twice': null,
      'b/twice/f': 'content',
    },
  },
  {
    name: 'a dangling link is an error if it is followed',
    prepare: (put) => put.symlink('in/a', 'nowhere'),
    options: following,
    error: missing('in/a'),
  },
  {
    name: 'a dangling link in a tree is an error if it is followed',
    prepare: (put) => {
      put.directory('in/a');
      put.symlink('in/a/l', 'nowhere');
    },
    options: following,
    error: missing('in/a/l', 'inspect', 'l'),
    out: { b: null },
  },
  {
    name: 'a link that leads to itself is an error if it is followed',
    prepare: (put) => put.symlink('in/a', 'a'),
    options: following,
    error: loop('in/a'),
  },
  {
    name: 'links that lead to each other are an error if they are followed',
    prepare: (put) => {
      put.directory('in/a');
      put.symlink('in/a/one', 'two');
      put.symlink('in/a/two', 'one');
    },
    options: { ...following, keepGoing: true },
    errors: [loop('in/a/one', 'inspect', 'one'), loop('in/a/two', 'inspect', 'two')],
    out: { b: null },
  },
  {
    name: 'a link to a directory that contains it is an error if it is followed',
    prepare: (put) => {
      put.directory('in/a/d');
      put.file('in/a/d/f');
      put.symlink('in/a/d/up', '..');
    },
    options: { ...following, keepGoing: true },
    errors: [loop('in/a/d/up', 'open', 'd/up')],
    out: { b: null, 'b/d': null, 'b/d/f': 'content' },
  },
  {
    name: 'a link out of the sandbox is an error if it is followed',
    prepare: (put) => put.symlink('in/a', '../outside'),
    options: following,
    error: leadsOut('in/a'),
  },
  {
    name: 'an absolute link is an error if it is followed',
    prepare: (put) => put.symlink('in/a', '/etc/passwd'),
    options: following,
    error: leadsOut('in/a'),
  },
  {
    name: 'an absolute link that stays in the sandbox is followed',
    prepare: (put) => {
      put.file('in/f');
      put.absoluteLink('in/a', 'in/f');
    },
    options: following,
    out: { b: 'content' },
    instead: { wasmtime: { because: noAbsoluteLinks, error: leadsOut('in/a') } },
  },
  {
    name: 'absolute links in a tree that stay in the sandbox are followed, also to directories',
    prepare: (put) => {
      put.directory('in/a/d', 'in/e');
      put.file('in/a/d/f');
      put.file('in/e/g');
      put.absoluteLink('in/a/file', 'in/a/d/../d/f');
      put.absoluteLink('in/a/directory', 'in/e');
      put.absoluteLink('in/a/d/l', 'in/a/file');
    },
    options: following,
    out: {
      b: null,
      'b/d': null,
      'b/d/f': 'content',
      'b/d/l': 'content',
      'b/file': 'content',
      'b/directory': null,
      'b/directory/g': 'content',
    },
    not: { wasmtime: noAbsoluteLinks },
  },
  {
    name: "an absolute link that begins with the sandbox's path and leads out of it is an error if it is followed",
    prepare: (put) => {
      put.directory('in/a', 'inner');
      put.file('inner/f');
      put.absoluteLink('in/a/up', 'in/../inner/f');
      put.symlink('in/a/l', 'up');
    },
    options: { ...following, keepGoing: true },
    errors: [leadsOut('in/a/up', 'up'), leadsOut('in/a/l', 'l')],
    out: { b: null },
  },
  {
    name: "an absolute link into a directory whose name begins with the sandbox's is an error if it is followed",
    prepare: (put) => {
      put.directory('inner');
      put.file('inner/f');
      put.absoluteLink('in/a', 'inner/f');
    },
    options: following,
    error: leadsOut('in/a'),
  },
  {
    name: 'followed links out of the sandbox in a tree are errors, and the rest is copied on request',
    prepare: (put) => {
      put.directory('in/a');
      put.file('in/a/f');
      put.symlink('in/a/absolute', '/etc/passwd');
      put.symlink('in/a/outside', '../../outside');
    },
    options: { ...following, keepGoing: true },
    errors: [leadsOut('in/a/absolute', 'absolute'), leadsOut('in/a/outside', 'outside')],
    out: { b: null, 'b/f': 'content' },
  },
  {
    name: 'links are skipped on request',
    prepare: (put) => {
      put.directory('in/a/d');
      put.file('in/a/f');
      put.symlink('in/a/l', 'f');
      put.symlink('in/a/d/l', '..');
    },
    options: skipping,
    out: { b: null, 'b/f': 'content', 'b/d': null },
    counts: { skipped: 2, files: 1 },
  },
  {
    name: 'a link as source is skipped on request',
    prepare: (put) => put.symlink('in/a', 'f'),
    options: skipping,
    out: {},
    counts: { skipped: 1, files: 0 },
  },
  {
    name: 'two hard links to one file in a tree become two files',
    prepare: (put) => {
      put.directory('in/a');
      put.file('in/a/f');
      put.hardLink('in/a/g', 'in/a/f');
    },
    options: recursive,
    out: { b: null, 'b/f': 'content', 'b/g': 'content' },
  },
  {
    name: 'a source whose directory is a link is found',
    prepare: (put) => {
      put.directory('in/d');
      put.file('in/d/f');
      put.symlink('in/l', 'd');
    },
    source: 'in/l/f',
    out: { b: 'content' },
  },
  {
    name: "a target whose directory is a link is put into the link's target",
    prepare: (put) => {
      put.file('in/a');
      put.directory('out/d');
      put.symlink('out/l', 'd');
    },
    target: 'out/l/b',
    out: { d: null, 'd/b': 'content', l: link('d') },
  },
  {
    name: 'an error shows a path below a source with two dots behind a link unchanged',
    prepare: (put) => {
      put.directory('in/other/sub', 'in/other/q', 'in/q');
      put.symlink('in/l', 'other/sub');
      put.fifo('in/other/q/f');
      put.file('in/other/q/g', 'right');
      put.file('in/q/g', 'wrong');
    },
    source: 'in/l/../q',
    options: recursive,
    out: { b: null, 'b/g': 'right' },
    warnings: [notRegular('in/l/../q/f', 'open', 'f')],
  },
  {
    name: 'an error shows a path below a target with two dots behind a link unchanged',
    prepare: (put) => {
      put.directory('in/a', 'out/other/sub', 'out/other/q', 'out/q');
      put.symlink('out/l', 'other/sub');
      put.file('in/a/f');
      put.file('out/other/q/f', 'old');
    },
    target: 'out/l/../q',
    options: { recursive: true, overwrite: 'error' },
    error: exists('out/l/../q/f', 'f'),
  },
  {
    name: 'contained links are copied with their texts',
    prepare: (put) => {
      put.directory('in/a/d/e');
      put.file('in/a/f');
      for (const [path, text] of Object.entries(containedLinks)) {
        put.symlink(`in/a/${path}`, text);
      }
    },
    options: containing,
    out: {
      b: null,
      'b/f': 'content',
      'b/d': null,
      'b/d/e': null,
      ...Object.fromEntries(Object.entries(containedLinks).map(([path, text]) => [`b/${path}`, link(text)])),
    },
  },
  ...[
    ['d/l', '../..'],
    ['d/l', '..//../in/a'],
    ['d/l', './../../a'],
    ['d/l', 'up/..'],
    ['d/l', 'e/../../..'],
    ['d/l', '../d/..'],
    ['d/l', '..\\..'],
    ['d/l', 'C:outside'],
    ['d/l', '../C:outside'],
    ['d/l', '.. /x'],
    ['d/l', '...'],
    ['l', '..'],
    ['l', '../a'],
  ].map(
    ([path = '', text = '']): Behaviour => ({
      name: `if links must be contained, the link ${path} with the text ${text} is one failure`,
      prepare: (put) => {
        put.directory('in/a/d/e');
        put.file('in/a/f');
        put.symlink('in/a/d/up', '..');
        put.symlink(`in/a/${path}`, text);
      },
      options: { ...containing, keepGoing: true },
      out: { b: null, 'b/f': 'content', 'b/d': null, 'b/d/e': null, 'b/d/up': link('..') },
      errors: [couldLeadOut(`in/a/${path}`, path)],
    }),
  ),
  {
    name: 'if links must be contained, an absolute link is an error',
    prepare: (put) => {
      put.directory('in/a');
      put.symlink('in/a/l', '/etc/passwd');
    },
    options: containing,
    out: { b: null },
    error: couldLeadOut('in/a/l', 'l'),
    instead: {
      wasmtime: { because: noAbsoluteLinks, error: notPermitted('in/a/l', 'inspect', 'l'), out: { b: null } },
    },
  },
  {
    name: 'if links must be contained, a link that is copied without a tree is an error',
    prepare: (put) => put.symlink('in/a', 'f'),
    options: { symlinks: 'contained' },
    error: couldLeadOut('in/a'),
  },
  {
    name: 'if links must be contained, a dry run reports a link that could lead out',
    prepare: (put) => {
      put.directory('in/a');
      put.symlink('in/a/l', '..');
    },
    options: { ...containing, dryRun: true },
    error: couldLeadOut('in/a/l', 'l'),
  },
  {
    name: 'if links must be contained, a link that is skipped may lead anywhere',
    prepare: (put) => {
      put.directory('in/a', 'out/b');
      put.symlink('in/a/l', '..');
      put.file('out/b/l', 'old');
    },
    options: { ...containing, overwrite: 'never' },
    out: { b: null, 'b/l': 'old' },
    counts: { skipped: 1 },
  },
];
