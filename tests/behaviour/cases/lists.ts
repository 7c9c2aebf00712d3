import type { CopyOptions } from 'mapcp';
import type { Behaviour, ExpectedError } from '../behaviour.js';
import { exists, isDirectory, missing, notDirectory } from '../errors.js';
import { type Expected, link } from '../tree.js';

const explained = (error: ExpectedError, hint: string): ExpectedError => ({
  ...error,
  says: `${error.says}; ${hint}`,
});

const tree: Expected = {
  'in/a/n': null,
  'in/a/f': 'one',
  'in/a/d/g': 'two',
  'in/a/d/e/h': 'three',
  'in/a/d/e/i': 'four',
  'in/a/l': link('f'),
  'in/a/d/up': link('..'),
};

/** A list that has some paths again, in the same directory and after another one. */
function listedAgain(
  overwrite: NonNullable<CopyOptions['overwrite']>,
  counts: Behaviour['counts'],
  errors?: readonly ExpectedError[],
): Behaviour[] {
  return [
    {
      name: `to a path that is listed again, overwrite applies: ${overwrite}`,
      before: tree,
      options: { files: ['f', 'l', 'd/g', 'd/e/h', 'd/g', 'l', 'f'], overwrite, keepGoing: true },
      out: { 'b/f': 'one', 'b/l': link('f'), 'b/d/g': 'two', 'b/d/e/h': 'three' },
      ...(counts && { counts }),
      ...(errors && { errors }),
    },
  ];
}

/** The tree's copy, without its empty directory and the link in a directory. */
const whole = {
  'b/f': 'one',
  'b/l': link('f'),
  'b/d/g': 'two',
  'b/d/e/h': 'three',
  'b/d/e/i': 'four',
} as const;

const refused = (entry: string, code: string, why: string): ExpectedError => ({
  code,
  says: `cannot use 'in/a/${entry}': ${why}`,
  entry,
});

const notBelow = (entry: string): ExpectedError =>
  refused(entry, 'EINVAL', "a listed path must be relative, and must not contain '..'");

const listOfLines =
  'it contains newlines and no NUL, so a list of lines may have been read as one path; ' +
  'divide it at the newlines, as the command line does without --null';

/** A path of thirty directories. */
const deep = Array(30).fill('d').join('/');

/** Copies of the entries that a list names. */
export const lists: readonly Behaviour[] = [
  {
    name: 'only the listed files are copied, into directories that are made',
    before: tree,
    options: { files: ['f', 'd/e/h'] },
    out: { 'b/f': 'one', 'b/d/e/h': 'three' },
    counts: { bytes: 8, files: 2, directories: 3, skipped: 0 },
  },
  {
    name: 'a list may go to and fro between directories',
    before: tree,
    options: { files: ['d/e/h', 'f', 'd/g', 'l', 'd/e/i'] },
    out: whole,
    counts: { files: 5 },
  },
  {
    name: 'an empty list makes the directory and nothing in it',
    before: tree,
    options: { files: [] },
    out: { b: null },
    counts: { files: 0, directories: 1 },
  },
  {
    name: 'a listed directory is made without its content',
    before: tree,
    options: { files: ['d', 'n/'] },
    out: { 'b/d': null, 'b/n': null },
    counts: { files: 0, directories: 3 },
  },
  {
    name: 'a listed directory is copied with its content if the copy is recursive',
    before: tree,
    options: { files: ['d/e', 'f'], recursive: true },
    out: { 'b/f': 'one', 'b/d/e/h': 'three', 'b/d/e/i': 'four' },
  },
  {
    name: 'the dot in a list is the source itself',
    before: { 'in/a/d/f': 'one' },
    options: { files: ['.'], recursive: true },
    out: { 'b/d/f': 'one' },
  },
  {
    name: 'dots and empty names in a listed path do not count, as in the output of find',
    before: tree,
    options: { files: ['.', './f', './/d/./g'] },
    out: { 'b/f': 'one', 'b/d/g': 'two' },
  },
  {
    name: 'the directories on the way get the times and the permissions of their sources',
    before: {
      ...tree,
      'in/a': { kind: 'directory', time: '1200000000' },
      'in/a/d': { kind: 'directory', mode: 0o711, time: '1100000000' },
      'in/a/d/e': { kind: 'directory', mode: 0o750, time: '1000000000.5' },
    },
    options: { files: ['d/e/h', 'f', 'd/g', 'd/e/i'], preserveTimestamps: true },
    out: {
      b: { time: '1200000000' },
      'b/f': 'one',
      'b/d': { kind: 'directory', mode: 0o711, time: '1100000000' },
      'b/d/g': 'two',
      'b/d/e': { kind: 'directory', mode: 0o750, time: '1000000000.5' },
      'b/d/e/h': 'three',
      'b/d/e/i': 'four',
    },
  },
  {
    name: 'a path that is listed twice is copied, whatever is between',
    before: tree,
    options: { files: ['f', 'f', 'd/g', 'f', 'd/g'] },
    out: { 'b/f': 'one', 'b/d/g': 'two' },
  },
  {
    name: 'a path that is listed twice in a row is copied once',
    before: tree,
    options: { files: ['f', 'f', 'd/g', 'd/g'], overwrite: 'error' },
    out: { 'b/f': 'one', 'b/d/g': 'two' },
    counts: { files: 2, skipped: 0 },
  },
  ...listedAgain('always', { files: 7, skipped: 0 }),
  ...listedAgain('never', { files: 4, skipped: 3 }),
  ...listedAgain('newer', { files: 4, skipped: 3 }),
  ...listedAgain('error', undefined, [
    exists('out/b/d/g', 'd/g'),
    exists('out/b/l', 'l'),
    exists('out/b/f', 'f'),
  ]),
  {
    name: 'a listed directory that contains a path before it has that path again',
    before: tree,
    options: { recursive: true, files: ['d/e/h', 'd/e'], overwrite: 'never' },
    out: { 'b/d/e/h': 'three', 'b/d/e/i': 'four' },
    counts: { files: 2, skipped: 1 },
  },
  {
    name: 'a file with two names that is listed again stays one file, without a temporary name',
    before: { 'in/a/f': 'one' },
    prepare: (put) => put.hardLink('in/a/g', 'in/a/f'),
    options: { files: ['f', 'g', 'f'], preserveHardLinks: true },
    out: { 'b/f': 'one', 'b/g': 'one' },
    counts: { files: 3, skipped: 0 },
  },
  {
    name: 'a listed path that exists in the target stays if it must not be replaced',
    before: { ...tree, 'out/b/d/g': 'old', 'out/b/other': 'old' },
    options: { files: ['d/g', 'f'], overwrite: 'never' },
    out: { 'b/other': 'old', 'b/f': 'one', 'b/d/g': 'old' },
    counts: { files: 1, skipped: 1 },
  },
  {
    name: 'a missing path ends the copy, and makes no directory',
    before: tree,
    options: { files: ['f', 'd/none', 'd/g'] },
    error: missing('in/a/d/none', 'inspect', 'd/none'),
    out: { 'b/f': 'one' },
  },
  {
    name: 'paths that cannot be copied are errors of their own if the copy keeps going',
    before: { ...tree, 'in/a/n/file': 'five', 'out/b/n/file': null },
    options: {
      files: ['d/none', 'none/f', 'f/x', 'f/', '../a/f', '/f', 'd/../f', 'd/..', '', 'n/file', 'd/e/h'],
      keepGoing: true,
    },
    errors: [
      missing('in/a/d/none', 'inspect', 'd/none'),
      missing('in/a/none/f', 'inspect', 'none/f'),
      notDirectory('in/a/f/x', 'inspect', 'f/x'),
      notDirectory('in/a/f', 'open', 'f'),
      notBelow('../a/f'),
      notBelow('/f'),
      notBelow('d/../f'),
      notBelow('d/..'),
      refused('', 'EINVAL', 'the path is empty'),
      isDirectory('out/b/n/file', 'n/file'),
    ],
    out: { 'b/n/file': null, 'b/d/e/h': 'three' },
    counts: { files: 1 },
  },
  {
    name: 'a listed path does not lead through a link',
    before: { ...tree, 'in/other/secret': 'secret', 'in/a/out': link('../other') },
    options: { files: ['d/up/f', 'out/secret', 'out', 'f'], keepGoing: true },
    errors: ['d/up/f', 'out/secret'].map((entry) => ({
      code: 'ENOTDIR',
      says: `cannot open 'in/a/${entry}': a directory on its path is a symbolic link; follow it, with \`symlinks=follow\``,
      entry,
    })),
    out: { 'b/f': 'one', 'b/out': link('../other'), 'b/d': null },
  },
  {
    name: 'a listed path leads through a link that is followed',
    before: { ...tree, 'in/a/n/e': link('../d/e') },
    options: { files: ['l', 'n/e/h'], symlinks: 'follow' },
    out: { 'b/l': 'one', 'b/n/e/h': 'three' },
  },
  {
    name: 'a listed link is left out if links are skipped',
    before: tree,
    options: { files: ['l', 'f'], symlinks: 'skip' },
    out: { 'b/f': 'one' },
    counts: { files: 1, skipped: 1 },
  },
  {
    name: 'patterns apply to listed paths and to the directories on their way',
    before: { ...tree, 'in/a/f.o': 'object' },
    options: { files: ['f', 'f.o', 'd/g', 'd/e/h', 'n'], exclude: ['*.o', '/d/e'] },
    out: { 'b/f': 'one', 'b/d/g': 'two', 'b/n': null },
    counts: { files: 2, skipped: 2 },
  },
  {
    name: 'of the listed files only those that match are copied',
    before: tree,
    options: { files: ['f', 'd/g', 'd/e/h', 'n'], include: ['[gh]'] },
    out: { 'b/d/g': 'two', 'b/d/e/h': 'three', 'b/n': null },
    counts: { files: 2, skipped: 1 },
  },
  {
    name: 'all shards of a list together copy what it lists',
    before: tree,
    options: { files: ['f', 'd/g', 'd/e', 'l', 'd/none'], recursive: true, keepGoing: true },
    shards: 3,
    errors: [missing('in/a/d/none', 'inspect', 'd/none')],
    out: whole,
    counts: { files: 5 },
  },
  {
    name: 'a dry run of a list changes nothing',
    before: tree,
    options: { files: ['f', 'd/e/h'], dryRun: true },
    counts: { bytes: 8, files: 2 },
  },
  {
    name: 'the source of a list must be a directory',
    before: { 'in/a': 'one' },
    options: { files: ['f'] },
    error: {
      code: 'ENOTDIR',
      says: "cannot open 'in/a': it must be a directory, which contains the listed paths",
    },
  },
  {
    name: 'a listed directory that contains the target is made, but the target is not copied into itself',
    before: { 'out/a/f': 'one' },
    source: 'out',
    target: 'out/b',
    options: { files: ['a', 'a/f', 'b', 'b/a/f'], keepGoing: true },
    errors: [
      {
        code: 'ERR_MAPCP_INTO_ITSELF',
        says: "cannot use 'out/b': a directory cannot be copied into itself",
        entry: 'b',
      },
      {
        code: 'ERR_MAPCP_INTO_ITSELF',
        says: "cannot use 'out/b/a/f': a directory cannot be copied into itself",
        entry: 'b/a/f',
      },
    ],
    out: { 'a/f': 'one', 'b/a/f': 'one' },
  },
  {
    name: 'a listed path is found at any depth, and the way back as well',
    before: { [`in/a/${deep}/f`]: 'deep', 'in/a/d/d/d/d/d/f': 'middle', 'in/a/f': 'top' },
    options: { files: [`${deep}/f`, 'd/d/d/d/d/f', 'f', `${deep}/f`], preserveTimestamps: true },
    out: {
      ...Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [
          `b/${Array(index + 1)
            .fill('d')
            .join('/')}`,
          null,
        ]),
      ),
      [`b/${deep}/f`]: 'deep',
      'b/d/d/d/d/d/f': 'middle',
      'b/f': 'top',
    },
  },
  ...[
    {
      path: 'f\nd/g\n',
      shown: 'f\\nd/g\\n',
      hint: listOfLines,
    },
    {
      path: '\ufefff',
      shown: '\ufefff',
      hint: 'it begins with a byte order mark, so remove that from the list',
    },
  ].map(
    ({ path, shown, hint }): Behaviour => ({
      name: `a listed path that is missing is an error with a hint: ${hint}`,
      before: tree,
      options: { files: [path] },
      error: explained(missing(`in/a/${shown}`, 'inspect', shown), hint),
      out: { b: null },
    }),
  ),
  {
    name: 'a list of lines that is read as one path is an error with the same hint if it is too long for a name',
    before: tree,
    options: { files: ['f\n'.repeat(130)] },
    error: {
      code: 'ENAMETOOLONG',
      says: `cannot inspect 'in/a/${'f\\n'.repeat(130)}': the path is too long; ${listOfLines}`,
      entry: 'f\\n'.repeat(130),
    },
    out: { b: null },
    not: { browser: 'its names may have any length' },
  },
];
