import type { Behaviour } from '../behaviour.js';
import {
  couldLeadOut,
  exists,
  leadsOut,
  loop,
  missing,
  notDirectory,
  notRegular,
  unreadableLink,
} from '../errors.js';
import { type Expected, link } from '../tree.js';

const recursive = { recursive: true };
const following = { recursive: true, symlinks: 'follow' } as const;
const skipping = { recursive: true, symlinks: 'skip' } as const;

const containing = { recursive: true, symlinks: 'contained' } as const;
const containedLinks = (top: string): Expected => ({
  [`${top}/l`]: link('f'),
  [`${top}/self`]: link('self'),
  [`${top}/dots`]: link('.'),
  [`${top}/through-dots`]: link('dots/dots/d//e/'),
  [`${top}/dangling`]: link('d/nowhere'),
  [`${top}/odd`]: link('d/..odd/.. x/x..'),
  [`${top}/d/up`]: link('..'),
  [`${top}/d/file`]: link('..//./f'),
  [`${top}/d/e/top`]: link('../../d/up/f'),
});

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
      before: { 'in/f': 'content', 'in/a': link(text) },
      out: { b: link(text) },
      counts: { files: 1, bytes: 0 },
    }),
  ),
  {
    name: 'an absolute link is copied with its text',
    before: { 'in/a': link('/nowhere/at/all') },
    out: { b: link('/nowhere/at/all') },
    instead: {
      wasmtime: { because: noAbsoluteLinks, error: unreadableLink('in/a') },
    },
  },
  {
    name: 'links in a tree are copied with their texts',
    before: {
      'in/a/f': 'content',
      'in/a/d/up': link('../f'),
      'in/a/d/parent': link('..'),
      'in/a/directory': link('d'),
      'in/a/dangling': link('nowhere'),
      'in/a/outside': link('../../..'),
    },
    options: recursive,
    out: {
      'b/f': 'content',
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
    before: { 'in/a/l': link('/etc/passwd') },
    options: recursive,
    out: { 'b/l': link('/etc/passwd') },
    instead: {
      wasmtime: { because: noAbsoluteLinks, error: unreadableLink('in/a/l', 'l'), out: { b: null } },
    },
  },
  {
    name: 'an absolute link in a tree that cannot be read is one failure, and the rest is copied on request',
    before: { 'in/a/f': 'content', 'in/a/l': link('/etc/passwd') },
    options: { recursive: true, keepGoing: true },
    out: { 'b/f': 'content', 'b/l': link('/etc/passwd') },
    instead: {
      wasmtime: {
        because: noAbsoluteLinks,
        errors: [unreadableLink('in/a/l', 'l')],
        out: { 'b/f': 'content' },
      },
    },
  },
  {
    name: 'a link to a directory is copied as a link, also by a recursive copy',
    before: { 'in/d': null, 'in/a': link('d') },
    options: recursive,
    out: { b: link('d') },
  },
  {
    name: 'a link to a directory with a slash after it is the directory',
    before: { 'in/d/f': 'content', 'in/a': link('d') },
    source: 'in/a/',
    options: recursive,
    out: { 'b/f': 'content' },
    not: { wasmtime: 'it does not inspect a link with a slash behind it' },
  },
  {
    name: 'a link replaces a file',
    before: { 'in/a': link('text'), 'out/b': 'old' },
    out: { b: link('text') },
  },
  {
    name: 'a link replaces a link',
    before: { 'in/a': link('text'), 'out/old': 'content', 'out/b': link('old') },
    out: { b: link('text'), old: 'content' },
  },
  {
    name: 'a link does not replace a directory',
    before: { 'in/a': link('text'), 'out/b': null },
    error: {
      code: 'EISDIR',
      says: "cannot create 'out/b': it is a directory; choose another path for the copy",
    },
  },
  {
    name: 'a link as target is replaced, and its own target stays',
    before: { 'in/a': 'new', 'out/elsewhere': 'old', 'out/b': link('elsewhere') },
    out: { b: 'new', elsewhere: 'old' },
  },
  {
    name: 'a dangling link as target is replaced, and nothing is created at its own target',
    before: { 'in/a': 'new', 'out/b': link('nowhere') },
    out: { b: 'new' },
  },
  {
    name: 'a link to a directory as the target of a file is replaced',
    before: { 'in/a': 'new', 'out/d': null, 'out/b': link('d') },
    out: { b: 'new', d: null },
  },
  {
    name: "a link to a directory in place of a tree's directory is not followed",
    before: { 'out/elsewhere': null, 'in/a/d/f': 'content', 'out/b/d': link('../elsewhere') },
    options: recursive,
    error: notDirectory('out/b/d', 'open', 'd'),
  },
  {
    name: "a dangling link in place of a tree's directory is not followed",
    before: { 'in/a/d': null, 'out/b/d': link('../nowhere') },
    options: recursive,
    error: notDirectory('out/b/d', 'open', 'd'),
  },
  {
    name: 'the target of a followed link is copied',
    before: { 'in/f': 'content', 'in/l': link('f'), 'in/a': link('./l') },
    options: { symlinks: 'follow' },
    out: { b: 'content' },
  },
  {
    name: 'the targets of followed links in a tree are copied',
    before: {
      'in/real/f': 'content',
      'in/a/d/file': link('../../real/f'),
      'in/a/directory': link('../real'),
      'in/a/twice': link('directory'),
    },
    options: following,
    out: { 'b/d/file': 'content', 'b/directory/f': 'content', 'b/twice/f': 'content' },
  },
  {
    name: 'a dangling link is an error if it is followed',
    before: { 'in/a': link('nowhere') },
    options: following,
    error: missing('in/a'),
  },
  {
    name: 'a dangling link in a tree is an error if it is followed',
    before: { 'in/a/l': link('nowhere') },
    options: following,
    error: missing('in/a/l', 'inspect', 'l'),
    out: { b: null },
  },
  {
    name: 'a link that leads to itself is an error if it is followed',
    before: { 'in/a': link('a') },
    options: following,
    error: loop('in/a'),
  },
  {
    name: 'links that lead to each other are an error if they are followed',
    before: { 'in/a/one': link('two'), 'in/a/two': link('one') },
    options: { ...following, keepGoing: true },
    errors: [loop('in/a/one', 'inspect', 'one'), loop('in/a/two', 'inspect', 'two')],
    out: { b: null },
  },
  {
    name: 'a link to a directory that contains it is an error if it is followed',
    before: { 'in/a/d/f': 'content', 'in/a/d/up': link('..') },
    options: { ...following, keepGoing: true },
    errors: [loop('in/a/d/up', 'open', 'd/up')],
    out: { 'b/d/f': 'content' },
  },
  {
    name: 'a link out of the sandbox is an error if it is followed',
    before: { 'in/a': link('../outside') },
    options: following,
    error: leadsOut('in/a'),
  },
  {
    name: 'an absolute link is an error if it is followed',
    before: { 'in/a': link('/etc/passwd') },
    options: following,
    error: leadsOut('in/a'),
    instead: { wasmtime: { because: noAbsoluteLinks, error: unreadableLink('in/a') } },
  },
  {
    name: 'an absolute link that stays in the sandbox is followed',
    before: { 'in/f': 'content' },
    prepare: (put) => put.absoluteLink('in/a', 'in/f'),
    options: following,
    out: { b: 'content' },
    instead: { wasmtime: { because: noAbsoluteLinks, error: unreadableLink('in/a') } },
  },
  {
    name: 'absolute links in a tree that stay in the sandbox are followed, also to directories',
    before: { 'in/a/d/f': 'content', 'in/e/g': 'content' },
    prepare: (put) => {
      put.absoluteLink('in/a/file', 'in/a/d/../d/f');
      put.absoluteLink('in/a/directory', 'in/e');
      put.absoluteLink('in/a/d/l', 'in/a/file');
    },
    options: following,
    out: { 'b/d/f': 'content', 'b/d/l': 'content', 'b/file': 'content', 'b/directory/g': 'content' },
    not: { wasmtime: noAbsoluteLinks },
  },
  {
    name: "an absolute link that begins with the sandbox's path and leads out of it is an error if it is followed",
    before: { 'inner/f': 'content', 'in/a/l': link('up') },
    prepare: (put) => put.absoluteLink('in/a/up', 'in/../inner/f'),
    options: { ...following, keepGoing: true },
    errors: [leadsOut('in/a/up', 'up'), leadsOut('in/a/l', 'l')],
    out: { b: null },
    instead: {
      wasmtime: {
        because: noAbsoluteLinks,
        errors: [unreadableLink('in/a/up', 'up'), leadsOut('in/a/l', 'l')],
        out: { b: null },
      },
    },
  },
  {
    name: "an absolute link into a directory whose name begins with the sandbox's is an error if it is followed",
    before: { 'inner/f': 'content' },
    prepare: (put) => put.absoluteLink('in/a', 'inner/f'),
    options: following,
    error: leadsOut('in/a'),
    instead: { wasmtime: { because: noAbsoluteLinks, error: unreadableLink('in/a') } },
  },
  {
    name: 'followed links out of the sandbox in a tree are errors, and the rest is copied on request',
    before: {
      'in/a/f': 'content',
      'in/a/absolute': link('/etc/passwd'),
      'in/a/outside': link('../../outside'),
    },
    options: { ...following, keepGoing: true },
    errors: [leadsOut('in/a/absolute', 'absolute'), leadsOut('in/a/outside', 'outside')],
    out: { 'b/f': 'content' },
    instead: {
      wasmtime: {
        because: noAbsoluteLinks,
        errors: [unreadableLink('in/a/absolute', 'absolute'), leadsOut('in/a/outside', 'outside')],
        out: { 'b/f': 'content' },
      },
    },
  },
  {
    name: 'links are skipped on request',
    before: { 'in/a/f': 'content', 'in/a/l': link('f'), 'in/a/d/l': link('..') },
    options: skipping,
    out: { 'b/f': 'content', 'b/d': null },
    counts: { skipped: 2, files: 1 },
  },
  {
    name: 'a link as source is skipped on request',
    before: { 'in/a': link('f') },
    options: skipping,
    out: {},
    counts: { skipped: 1, files: 0 },
  },
  {
    name: 'two hard links to one file in a tree become two files',
    before: { 'in/a/f': 'content' },
    prepare: (put) => put.hardLink('in/a/g', 'in/a/f'),
    options: recursive,
    out: { 'b/f': 'content', 'b/g': 'content' },
  },
  {
    name: 'a source whose directory is a link is found',
    before: { 'in/d/f': 'content', 'in/l': link('d') },
    source: 'in/l/f',
    out: { b: 'content' },
  },
  {
    name: "a target whose directory is a link is put into the link's target",
    before: { 'in/a': 'content', 'out/d': null, 'out/l': link('d') },
    target: 'out/l/b',
    out: { 'd/b': 'content', l: link('d') },
  },
  {
    name: 'an error shows a path below a source with two dots behind a link unchanged',
    before: { 'in/other/sub': null, 'in/l': link('other/sub'), 'in/other/q/g': 'right', 'in/q/g': 'wrong' },
    prepare: (put) => put.fifo('in/other/q/f'),
    source: 'in/l/../q',
    options: recursive,
    out: { 'b/g': 'right' },
    warnings: [notRegular('in/l/../q/f', 'open', 'f')],
  },
  {
    name: 'an error shows a path below a target with two dots behind a link unchanged',
    before: {
      'out/other/sub': null,
      'out/q': null,
      'out/l': link('other/sub'),
      'in/a/f': 'content',
      'out/other/q/f': 'old',
    },
    target: 'out/l/../q',
    options: { recursive: true, overwrite: 'error' },
    error: exists('out/l/../q/f', 'f'),
  },
  {
    name: 'contained links are copied with their texts',
    before: { 'in/a/d/e': null, 'in/a/f': 'content', ...containedLinks('in/a') },
    options: containing,
    out: {
      'b/f': 'content',
      'b/d/e': null,
      ...containedLinks('b'),
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
      before: {
        'in/a/d/e': null,
        'in/a/f': 'content',
        'in/a/d/up': link('..'),
        [`in/a/${path}`]: link(text),
      },
      options: { ...containing, keepGoing: true },
      out: { 'b/f': 'content', 'b/d/e': null, 'b/d/up': link('..') },
      errors: [couldLeadOut(`in/a/${path}`, path)],
    }),
  ),
  {
    name: 'if links must be contained, an absolute link is an error',
    before: { 'in/a/l': link('/etc/passwd') },
    options: containing,
    out: { b: null },
    error: couldLeadOut('in/a/l', 'l'),
    instead: {
      wasmtime: { because: noAbsoluteLinks, error: unreadableLink('in/a/l', 'l'), out: { b: null } },
    },
  },
  {
    name: 'if links must be contained, a link that is copied without a tree is an error',
    before: { 'in/a': link('f') },
    options: { symlinks: 'contained' },
    error: couldLeadOut('in/a'),
  },
  {
    name: 'if links must be contained, a dry run reports a link that could lead out',
    before: { 'in/a/l': link('..') },
    options: { ...containing, dryRun: true },
    error: couldLeadOut('in/a/l', 'l'),
  },
  {
    name: 'if links must be contained, a link that is skipped may lead anywhere',
    before: { 'in/a/l': link('..'), 'out/b/l': 'old' },
    options: { ...containing, overwrite: 'never' },
    out: { 'b/l': 'old' },
    counts: { skipped: 1 },
  },
];
