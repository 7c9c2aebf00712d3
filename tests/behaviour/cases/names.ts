import process from 'node:process';
import type { Behaviour } from '../behaviour.js';
import { collides, notPortable } from '../errors.js';
import { type Expected, link, named } from '../tree.js';

const odd = [
  'two words',
  ' ',
  'two\nlines',
  'tab\there',
  'bell\x07',
  'ünïcödé ☃ 文件 🎉',
  'e\u0301 is not \u00e9',
  'right-to-left \u202e',
  '\ufeffbyte order mark',
  'back\\slash',
  '-r',
  '--help',
  "it's",
  '"quoted"',
  '*?[x]',
  '...',
  '~',
  '$HOME',
  'a:b',
  'CON',
  '.mapcp-not-ours.tmp',
  'n'.repeat(255),
];

const reserved = 'Windows reserves this name; choose another name';
const ending = 'Windows removes a dot or a space at the end of a name; choose another name';
const character =
  'Windows allows no control character, and none of <>:"|?*\\, in a name; choose another name';
const short = 'Windows can give this name to a file with a longer name; choose another name';

/** Names that are not portable, by the reason. */
const badNames: Readonly<Record<string, readonly string[]>> = {
  [reserved]: [
    ...['CON', 'nul', 'Aux.txt', 'prn.tar.gz', 'nul .txt', 'CONIN$', 'conout$.x'],
    ...['COM0', 'com9', 'LPT1', 'lpt\u00b2.x', 'COM\u00b9', 'com\u00b3 '.trim()],
  ],
  [ending]: ['a.', 'a ', '...', ' ', 'con. .'],
  [short]: ['PROGRA~1', 'git~12', 'Longna~1.txt', 'a~b~1.c', '\u00e4\u00f6\u00fc\u00dfab~1'],
  [character]: ['a:b', 'a?', '<a', 'a>', '"', 'a|b', '*', 'a\\b'],
};

/** Portable names that look like those. */
const goodNames = [
  ...['console', 'con-', 'xcon', 'com', 'com10', 'com12', 'lpt', 'lptx', 'nul_.txt', 'conin', 'COM\u2074'],
  ...['~1', 'a~', 'a~b', 'a~1b', 'ABCDEFG~1', 'a~1.html', 'a.~1~', 'a.b~1', 'a~1.b.c'],
  ...['.con', '.hidden', ' a', 'a b', 'a..b', '~', '-rf', '\u6587\u4ef6', '\u{1f389}', 'n'.repeat(255)],
];

/** Names that some file system treats as one, the one with the smaller bytes first. */
const meeting: readonly (readonly [string, string])[] = [
  ['README', 'readme'],
  ['STRASSE', 'stra\u00dfe'],
  ['STRASSE', 'STRA\u1e9eE'],
  ['cafe\u0301', 'caf\u00e9'],
  ['CAF\u00c9', 'cafe\u0301'],
  ['K', '\u212a'],
  ['a', 'a\u200d'],
  ['a\u0302\u0323', 'a\u0323\u0302'],
  ['\u03c2', '\u03c3'],
  ['\u03b1\u0301\u03b9', '\u1fb4'],
  ['FI', '\ufb01'],
  ['i', '\u0131'],
  ['s', '\u017f'],
  ['\u1112\u1161\u11ab', '\ud55c'],
  ['\u795e', '\ufa19'],
];

/** Names that every file system tells apart. */
const apart = ['x', 'xx', 'e', '\u00e9', 'd', '\u00f0', '1', '\u00b9', 'a\u0301\u0302', 'a\u0302\u0301'];

const portable = { recursive: true, names: 'portable', keepGoing: true } as const;

/** Names that must be portable. */
const portableNames: readonly Behaviour[] = [
  {
    name: 'if names must be portable, usual names are copied',
    before: inDirectories('in/a', [...goodNames, ...apart]),
    options: portable,
    out: inDirectories('b', [...goodNames, ...apart]),
  },
  ...Object.entries(badNames).map(
    ([says, bad]): Behaviour => ({
      name: `if names must be portable, others are failures: ${says}`,
      before: { 'in/a/d/ok': 'content', ...named('in/a/d', bad) },
      options: portable,
      out: { 'b/d/ok': 'content' },
      errors: bad.map((name) => notPortable(`out/b/d/${name}`, says, `d/${name}`)),
    }),
  ),
  {
    name: 'if names must be portable, a link and a directory need them too',
    before: { 'in/a/con/x': null, 'in/a/d/nul': link('x') },
    options: portable,
    out: { 'b/d': null },
    errors: [notPortable('out/b/con', reserved, 'con'), notPortable('out/b/d/nul', reserved, 'd/nul')],
  },
  ...meeting.map(
    ([first, second]): Behaviour => ({
      name: `if names must be portable, ${JSON.stringify(second)} is a failure beside ${JSON.stringify(first)}`,
      onWindows: 'Windows ignores case in names',
      before: { [`in/a/d/${second}`]: second, [`in/a/d/${first}`]: first },
      options: portable,
      out: { [`b/d/${first}`]: first },
      errors: [collides(`out/b/d/${second}`, first, `d/${second}`)],
    }),
  ),
  {
    name: 'if names must be portable, an entry that the patterns leave out is no obstacle',
    onWindows: 'Windows ignores case in names',
    before: { 'in/a/README': '1', 'in/a/readme': '2' },
    options: { ...portable, exclude: ['README'] },
    out: { 'b/readme': '2' },
  },
  ...(['always', 'never'] as const).map(
    (overwrite): Behaviour => ({
      name: `if names must be portable, those in an existing directory count, under ${overwrite}`,
      onWindows: 'Windows ignores case in names',
      before: {
        'in/a/d': null,
        'out/b/D': null,
        'in/a/README': 'new',
        'in/a/same': 'new',
        'out/b/readme': 'old',
        'out/b/same': 'old',
        'out/b/con': 'old',
      },
      options: { ...portable, overwrite },
      out: {
        'b/D': null,
        'b/readme': 'old',
        'b/same': overwrite === 'always' ? 'new' : 'old',
        'b/con': 'old',
      },
      errors: [collides('out/b/README', 'readme', 'README'), collides('out/b/d', 'D', 'd')],
    }),
  ),
  {
    name: 'if names must be portable, a dry run reports the same failures',
    onWindows: 'Windows ignores case in names',
    before: { 'in/a/d/README': 'content', 'in/a/d/readme': 'content', 'in/a/d/con': 'content' },
    options: { ...portable, dryRun: true },
    errors: [collides('out/b/d/readme', 'README', 'd/readme'), notPortable('out/b/d/con', reserved, 'd/con')],
  },
  {
    name: 'if names must be portable, the first other name ends the copy',
    before: { 'in/a/d/con': 'content' },
    options: { recursive: true, names: 'portable' },
    out: { 'b/d': null },
    error: notPortable('out/b/d/con', reserved, 'd/con'),
  },
  {
    name: 'if names must be portable, an atomic tree with another name does not appear',
    onWindows: 'Windows ignores case in names',
    before: { 'in/a/d/README': 'content', 'in/a/d/readme': 'content' },
    options: { recursive: true, names: 'portable', atomic: 'tree' },
    error: collides('out/b/d/readme', 'README', 'd/readme'),
  },
  {
    name: 'if names must be portable, shards agree which of two entries is copied',
    onWindows: 'Windows ignores case in names',
    before: { ...named('in/a/d', [...'abcefg']), ...named('in/a/d', [...'ABCEFG']) },
    options: portable,
    shards: 3,
    out: named('b/d', [...'ABCEFG']),
    errors: [...'abcefg'].map((name) => collides(`out/b/d/${name}`, name.toUpperCase(), `d/${name}`)),
  },
  ...[
    { target: 'out/nul', error: notPortable('out/nul', reserved) },
    { target: 'out/README', error: collides('out/README', 'readme') },
    { target: 'out/readme', error: undefined },
  ].flatMap(({ target, error }) =>
    [{ stream: 'content' }, {}].map(
      ({ stream }): Behaviour => ({
        name: `if names must be portable, ${stream === undefined ? 'a file' : 'a stream'} is copied to ${target} ${error ? 'in vain' : 'all the same'}`,
        onWindows: 'Windows ignores case in names',
        before: { 'in/a': 'content', 'out/readme': 'old' },
        ...(stream === undefined ? {} : { stream }),
        target,
        options: { names: 'portable' },
        out: { readme: error ? 'old' : 'content' },
        ...(error && { error }),
      }),
    ),
  ),
  {
    name: 'if names must be portable, so must those of directories that are made for the target',
    before: { 'in/a': 'content' },
    target: 'out/d/aux/x',
    options: { names: 'portable', makeParents: true },
    error: notPortable('out/d/aux/x', reserved),
  },
  {
    name: 'if names must be portable, a directory that is made for the target may not collide',
    onWindows: 'Windows ignores case in names',
    before: { 'in/a': 'content', 'out/Docs': null },
    target: 'out/docs/x',
    options: { names: 'portable', makeParents: true },
    error: collides('out/docs/x', 'Docs'),
  },
  {
    name: 'if names must be portable, a name is compared with those in its own directory only',
    onWindows: 'Windows ignores case in names',
    before: { 'in/a': 'content', 'out/readme': 'old' },
    target: 'out/d/README',
    options: { names: 'portable', makeParents: true },
    out: { readme: 'old', 'd/README': 'content' },
  },
  {
    name: 'if names must be portable, the directories on the way are as usual',
    before: { 'in/a': 'content', 'out/open': { kind: 'directory', mode: 0o1777 } },
    target: 'out/open/c/d/b',
    options: { names: 'portable', makeParents: true },
    out: {
      open: { kind: 'directory', mode: 0o1777 },
      'open/c': { kind: 'directory', mode: 0o777 & ~process.umask() },
      'open/c/d': { kind: 'directory', mode: 0o777 & ~process.umask() },
      'open/c/d/b': 'content',
    },
  },
  ...['out/d/new/../../README', 'out/New/../new/x'].map(
    (target): Behaviour => ({
      name: `if names must be portable, no missing directory hides a collision: ${target}`,
      onWindows: "Windows removes '..' before it looks at a path",
      before: { 'in/a': 'content', 'out/readme': 'old', 'out/d': null },
      target,
      options: { names: 'portable', makeParents: true },
      out: { readme: 'old', d: null },
      error: notPortable(target, "in its path, '..' follows a missing directory; leave both out"),
    }),
  ),
  {
    name: 'if names must be portable, an existing directory is copied into whatever its name',
    before: { 'in/a': 'content', 'out/con.d': null },
    target: 'out/con.d/x',
    onWindows: 'Windows has no such directory',
    options: { names: 'portable' },
    out: { 'con.d/x': 'content' },
  },
  {
    name: 'if names must be portable, listed entries are compared with those before them',
    onWindows: 'Windows ignores case in names',
    before: named('in/a', ['d/x', 'D/y', 'e/readme', 'e/README', 'e/other', 'con']),
    options: {
      names: 'portable',
      keepGoing: true,
      files: ['d/x', 'D/y', 'e/readme', 'con', 'e/README', 'e/readme'],
    },
    out: { 'b/d/x': 'd/x', 'b/e/readme': 'e/readme' },
    errors: [
      collides('out/b/D/y', 'd', 'D/y'),
      notPortable('out/b/con', reserved, 'con'),
      collides('out/b/e/README', 'readme', 'e/README'),
    ],
  },
  {
    name: 'portable names of a list cannot be compared among shards',
    before: { 'in/a/x': 'content' },
    options: { names: 'portable', files: ['x'] },
    shards: 2,
    error: {
      code: 'EINVAL',
      says: "cannot use 'in/a': names of a list cannot be compared among shards; divide the list by directories, or leave `shard` out",
    },
  },
];

/** For each name, a directory with a file, both of that name. */
function inDirectories(top: string, names: readonly string[]): Expected {
  return Object.fromEntries(names.map((name) => [`${top}/${name}/${name}`, name]));
}

/** Names that often cause faults. */
export const names: readonly Behaviour[] = [
  ...odd.map(
    (name): Behaviour => ({
      name: `a file named ${JSON.stringify(name.slice(0, 40))} is copied`,
      before: { [`in/${name}`]: name },
      source: `in/${name}`,
      target: `out/${name}`,
      out: { [name]: name },
    }),
  ),
  {
    name: 'a tree keeps names of every kind',
    before: inDirectories('in/a', odd),
    options: { recursive: true },
    out: inDirectories('b', odd),
  },
  {
    name: 'names that differ only in case or Unicode form stay different',
    onWindows: 'Windows ignores case in names',
    before: named('in/a', ['x', 'X', '\u00e9', 'e\u0301']),
    options: { recursive: true },
    out: { 'b/x': 'x', 'b/X': 'X', 'b/\u00e9': '\u00e9', 'b/e\u0301': 'e\u0301' },
  },
  {
    name: 'a target with a name that is too long is refused',
    before: { 'in/a': 'content' },
    target: `out/${'n'.repeat(256)}`,
    error: {
      code: 'ENAMETOOLONG',
      says: `cannot inspect 'out/${'n'.repeat(256)}': the name or the path is too long`,
    },
  },
  ...portableNames,
];
