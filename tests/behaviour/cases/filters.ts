import type { CopyOptions } from 'mapcp';
import type { Behaviour } from '../behaviour.js';
import { missing, repeatsSource, surprises } from '../errors.js';
import { link, named } from '../tree.js';

const project = named('in/a', [
  'a.c',
  'a.o',
  'src/b.c',
  'src/b.o',
  'src/lib/c.c',
  'node_modules/x/y.c',
  'src/node_modules/z.c',
  'build/out.c',
]);

const all = [
  'a.c',
  'a.o',
  'build/',
  'build/out.c',
  'node_modules/',
  'node_modules/x/',
  'node_modules/x/y.c',
  'src/',
  'src/b.c',
  'src/b.o',
  'src/lib/',
  'src/lib/c.c',
  'src/node_modules/',
  'src/node_modules/z.c',
];

/** A copy of the project. `kept` lists the entries that must be copied; a directory ends with a slash. */
function filtered(
  name: string,
  options: Pick<CopyOptions, 'include' | 'exclude'>,
  kept: readonly string[],
  counts: Behaviour['counts'] = {},
): Behaviour {
  return {
    name,
    before: project,
    options: { recursive: true, ...options },
    out: { b: null, ...named('b', kept) },
    counts,
  };
}

const without = (...parts: readonly RegExp[]) =>
  all.filter((path) => parts.every((part) => !part.test(path)));

/** A copy of files with these names, of which the pattern excludes some. */
function characters(name: string, pattern: string, excluded: readonly string[]): Behaviour {
  const names = ['b', '日', '😀', 'éa', '[x]', '{no}'];
  return {
    name,
    before: named('in/a', names),
    options: { recursive: true, exclude: [pattern] },
    out: named(
      'b',
      names.filter((each) => !excluded.includes(each)),
    ),
    counts: { skipped: excluded.length },
  };
}

/** A copy of a file named `a`. */
function alone(name: string, options: CopyOptions, out: Record<string, string>): Behaviour {
  return { name, before: { 'in/a': 'x' }, options, out };
}

/** Patterns that choose what is copied. */
export const filters: readonly Behaviour[] = [
  filtered('what has an excluded name is left out at any depth', { exclude: ['*.o'] }, without(/\.o$/), {
    skipped: 2,
  }),
  filtered(
    'an excluded directory is left out with all that is in it, at any depth',
    { exclude: ['node_modules'] },
    without(/node_modules/),
    { skipped: 2 },
  ),
  filtered(
    'a pattern that begins with a slash excludes at the root only',
    { exclude: ['/node_modules'] },
    without(/^node_modules/),
  ),
  filtered(
    'a pattern with a slash in it is matched against the whole path',
    { exclude: ['src/*.c'] },
    without(/^src\/b\.c$/),
  ),
  filtered(
    'a pattern with two asterisks matches any number of directories',
    { exclude: ['src/**/*.c'] },
    without(/^src\/.*\.c$/),
  ),
  filtered(
    'a pattern with a slash at its end matches directories',
    { exclude: ['build/'] },
    without(/^build/),
  ),
  filtered('a pattern with a slash at its end matches no file', { exclude: ['a.c/'] }, all),
  filtered(
    'several patterns exclude what any of them matches',
    { exclude: ['*.o', 'build', '/node_modules'] },
    without(/\.o$/, /^build/, /^node_modules/),
  ),
  filtered('a pattern that nothing matches excludes nothing', { exclude: ['*.x', 'A.C', 'b'] }, all, {
    skipped: 0,
  }),
  filtered('a set of characters is matched', { exclude: ['[ab].[!c]'] }, without(/\.o$/)),
  filtered('a question mark matches one character', { exclude: ['?.o'] }, without(/\.o$/)),
  filtered('an asterisk does not match a slash', { exclude: ['/s*c'] }, without(/^src/)),
  filtered('everything below the root is excluded by an asterisk', { exclude: ['*'] }, [], { skipped: 5 }),
  filtered(
    'files that match an included pattern are copied, with the directories on the way',
    { include: ['*.o'] },
    all.filter((path) => /(\/|\.o)$/.test(path)),
    { files: 2 },
  ),
  filtered(
    'what is both included and excluded is left out',
    { include: ['*.c'], exclude: ['src'] },
    all.filter((path) => /(\/|\.c)$/.test(path) && !path.startsWith('src')),
  ),
  {
    name: 'an asterisk also excludes hidden files',
    before: { 'in/a/.env': 'content' },
    options: { recursive: true, exclude: ['*env'] },
    out: { b: null },
  },
  {
    name: 'an excluded link is not copied',
    before: { 'in/a/l': link('x'), 'in/a/m': link('x') },
    options: { recursive: true, exclude: ['l'] },
    out: { 'b/m': link('x') },
  },
  {
    name: 'an excluded directory that cannot be read is no error',
    before: { 'in/a/secret': { kind: 'directory', mode: 0 } },
    options: { recursive: true, exclude: ['secret'] },
    isOrdinaryUser: true,
    out: { b: null },
  },
  {
    name: 'an excluded FIFO causes no warning',
    before: { 'in/a': null },
    prepare: (put) => put.fifo('in/a/fifo'),
    options: { recursive: true, exclude: ['fifo'] },
    out: { b: null },
  },
  {
    name: 'an excluded dangling link is no error if links are followed',
    before: { 'in/a/f': 'content', 'in/a/dangling': link('nowhere') },
    options: { recursive: true, symlinks: 'follow', exclude: ['dangling'] },
    out: { 'b/f': 'content' },
    counts: { files: 1, skipped: 1 },
  },
  {
    name: 'a dangling link could lead to a directory, so an include pattern does not exclude it',
    before: { 'in/a/dangling': link('nowhere') },
    options: { recursive: true, symlinks: 'follow', include: ['f'] },
    error: {
      code: 'ENOENT',
      says: "cannot inspect 'in/a/dangling': no such file or directory",
      entry: 'dangling',
    },
    out: { b: null },
  },
  characters('a question mark is one character, however many bytes it has', '?', ['b', '日', '😀']),
  characters('a set has characters, however many bytes they have', '[日é]*', ['日', 'éa']),
  characters('a range of a set goes by code points', '[à-ü]?', ['éa']),
  characters('a set without some characters matches others', '[!日]', ['b', '😀']),
  characters('a backslash takes its meaning from a character', '\\[x]', ['[x]']),
  characters('braces stand for each of their alternatives', '{b,*a,no}', ['b', 'éa']),
  characters('braces without a comma are characters', '{no}', ['{no}']),
  filtered(
    'braces may have slashes in them',
    { exclude: ['{src,build}/{*.c,lib}'] },
    without(/^src\/b\.c$/, /^src\/lib/, /^build\/out/),
  ),
  alone('a source is copied, whatever it is called, because it was named', { exclude: ['a'] }, { b: 'x' }),
  alone('a source is left out on request', { filterSource: true, exclude: ['?'] }, {}),
  alone(
    'a source that no pattern includes is left out on request',
    { filterSource: true, include: ['b'] },
    {},
  ),
  alone('a source that a pattern includes is copied', { filterSource: true, include: ['{a,b}'] }, { b: 'x' }),
  alone(
    'a pattern with a slash is about what is below the source, and not the source itself',
    { filterSource: true, exclude: ['/a', 'in/a', '**/a', 'a/'] },
    { b: 'x' },
  ),
  {
    name: 'a directory as source is excluded on request with all its entries, even if it is not copied recursively',
    before: project,
    options: { filterSource: true, exclude: ['a/'] },
    out: {},
    counts: { skipped: 1, files: 0, directories: 0 },
  },
  {
    name: 'a pattern that begins with a path of the source, and so matches nothing, is a warning',
    before: { 'in/a/src/a/x': 'x' },
    options: {
      recursive: true,
      dryRun: true,
      exclude: ['in/a/x', '/home/me/in/a/x/*.o', 'a/src/', 'src/a/x', 'in/a', 'in/b/x', '*/a/x', 'i[n]/a/x'],
      include: ['a/x/y'],
    },
    warnings: ['a/x/y', 'in/a/x', '/home/me/in/a/x/*.o', 'a/src/'].map((pattern) => repeatsSource(pattern)),
  },
  {
    name: 'a pattern in which other programs read a negation or a group is a warning, and means its characters',
    before: Object.fromEntries(
      ['!x', 'x', '@(y|z)', 'y', 'c (1)', 'f(1)', '+(z)'].map((name) => [`in/a/${name}`, '']),
    ),
    options: { recursive: true, exclude: ['!x', '@(y|z)', '*(1)', '\\+\\(z)', '\\!y'] },
    out: { b: null, 'b/x': '', 'b/y': '' },
    warnings: [
      surprises(
        '!x',
        "a '!' at the start does not negate; it is a part of the name; if you mean that, write '\\!'",
      ),
      surprises(
        '@(y|z)',
        "'(', '|' and ')' are parts of the name; for alternatives, write '{a,b}'; for the character itself, write '\\('",
      ),
    ],
  },
  {
    name: 'a pattern that begins with a path of the source is a warning for one of several shards',
    before: { 'in/a/x': 'x' },
    options: { recursive: true, exclude: ['in/a/x'] },
    shards: 3,
    warnings: [repeatsSource('in/a/x')],
    out: { 'b/x': 'x' },
  },
  ...['in/.', 'in/a/..'].map(
    (source): Behaviour => ({
      name: `no pattern repeats the path ${source}, which has no name of its own`,
      before: { 'in/a': null },
      source,
      options: { recursive: true, dryRun: true, exclude: ['in/x', 'out/x'] },
    }),
  ),
  {
    name: 'a directory as source needs no include pattern',
    before: { 'in/a/x': 'x' },
    options: { recursive: true, filterSource: true, include: ['x'] },
    out: { 'b/x': 'x' },
  },
  ...['in/.', 'in/a/..'].map(
    (source): Behaviour => ({
      name: `${source} has no name for a pattern`,
      before: { 'in/a': null, 'in/x': 'x' },
      source,
      options: { recursive: true, filterSource: true, exclude: ['in', '.*', 'a'] },
      out: { 'b/x': 'x' },
      not: { browser: 'in a browser the source is a preopen, which has a name' },
    }),
  ),
  {
    name: 'a dangling link as source is excluded on request if it would be followed',
    before: { 'in/a': link('nowhere') },
    options: { symlinks: 'follow', filterSource: true, exclude: ['a'] },
    out: {},
    counts: { skipped: 1 },
  },
  {
    name: 'a missing source is an error even if it would be excluded',
    options: { filterSource: true, exclude: ['a'] },
    error: missing('in/a'),
  },
  {
    name: 'several shards count an excluded source once',
    before: { 'in/a': null },
    options: { recursive: true, filterSource: true, exclude: ['a'] },
    shards: 3,
    out: {},
    counts: { skipped: 1 },
  },
  {
    name: 'excluded entries of the source stay in the target',
    before: { 'in/a/f': 'new', 'out/b/f': 'old' },
    options: { recursive: true, exclude: ['f'] },
    out: { 'b/f': 'old' },
  },
];
