import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Before, type Expected, link, withParents } from '../behaviour/tree.js';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';

/** A case for every frontend, in a directory with an empty `in` and an empty `out`. */
export interface Case extends Before {
  /** A sentence that says what happens. */
  readonly name: string;
  readonly args: readonly string[];
  /** How the run ends, if it does not succeed. `usage` is status 2, or 1 in wasmtime. */
  readonly ends?: 'badly' | 'usage';
  /** All of standard error; by default nothing. */
  readonly stderr?: string | RegExp;
  readonly stdout?: string | RegExp;
  /**
   * Every entry of `out` afterwards, by its content; `null` for a directory, which may be left out if it contains another
   * entry. By default, `out` must be unchanged.
   */
  readonly out?: Readonly<Record<string, string | Buffer | null>>;
  /** A command to run it under. If that is impossible, the case is skipped, except in CI. */
  readonly wrapper?: readonly string[];
}

/** Every entry of `out` by its content, and directories by null. A link counts as what it leads to. */
export function contentsOf(directory: string): Record<string, Buffer | null> {
  const path = join(directory, 'out');
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => [
      name,
      statSync(join(path, name)).isDirectory() ? null : readFileSync(join(path, name)),
    ]),
  );
}

/** Checks that `out` has exactly these entries, and no temporary file. */
export function expectOut(directory: string, out: NonNullable<Case['out']>): void {
  const found = contentsOf(directory);
  const expected = withParents(out);
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, content] of Object.entries(expected)) {
    const isSame = content === null ? found[name] === null : found[name]?.equals(Buffer.from(content));
    expect(isSame, `the content of out/${name}`).toBe(true);
  }
}

const big = Buffer.from(Uint8Array.from({ length: 3 * 1024 * 1024 + 17 }, (_, index) => index * 7));

function failure(source: string, target: string, why: string): string {
  return `mapcp: cannot copy '${source}' to '${target}': ${why}\n`;
}

/** JSON without line ends and terminal controls. */
const toJson = (line: object): string =>
  JSON.stringify(line).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Lines of --json, with any time for `milliseconds`. */
function json(...lines: readonly object[]): RegExp {
  const text = lines.map((line) => `${toJson(line)}\n`).join('');
  const pattern = text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  return new RegExp(`^${pattern.replaceAll('"milliseconds":0', '"milliseconds":\\d+')}$`);
}

/** A report of one file, except its size. */
const oneFile = { files: 1, directories: 0, skipped: 0, milliseconds: 0 };

/** A name with every character that could break JSON or a terminal, and its form in messages. */
const odd = {
  name: 'q"b\\t\tn\nc\u0001e\u001bd\u007fo\u009b☃\u061c\u200e\u200f\u2028\u2029\u202a\u202ea\u2066é\u2069😀\u200d',
  quoted:
    'q"b\\t\\x09n\\nc\\x01e\\x1bd\\x7fo\\x9b☃\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a\\u202ea\\u2066é\\u2069😀\u200d',
};

/** Creates new files, an old one, and a link to the new `b`. */
const links: Expected = { 'in/a': 'new', 'in/l': link('b'), 'in/b': 'new', 'out/b': 'old' };

/** Options that contradict each other: the first, the other, and both as arguments. */
const contradictions: readonly (readonly [string, string, readonly string[]])[] = [
  ['target-directory', 'no-target-directory', ['-T', '-t', 'out']],
  ...Object.entries({
    recursive: ['-r'],
    archive: ['-a'],
    'no-dereference': ['-P'],
    dereference: ['-L'],
    symlinks: ['--symlinks=skip'],
    include: ['--include=x'],
    exclude: ['--exclude=x'],
    shard: ['--shard=0/1'],
    'target-directory': ['-t', 'out'],
    'no-target-directory': ['-T'],
    'make-parents': ['--make-parents'],
    'max-bytes': ['--max-bytes=1'],
    'max-files': ['--max-files=1'],
    'max-depth': ['--max-depth=1'],
    'max-file-size': ['--max-file-size=1'],
    'no-clobber': ['-n'],
    update: ['-u'],
    force: ['-f'],
    overwrite: ['--overwrite=always'],
    preserve: ['-p'],
    'preserve-hard-links': ['-H'],
    sparse: ['--sparse=auto'],
    verify: ['--verify'],
    'allow-changes': ['--allow-changes'],
    sync: ['--sync'],
    'window-size': ['--window-size=1'],
  }).map(([other, options]) => ['clean', other, [...options, '--clean']] as const),
  ['max-bytes', 'shard', ['--shard=0/2', '--max-bytes=1']],
  ['max-files', 'shard', ['--max-files=1', '--shard=0/2']],
  ['clean', 'atomic', ['--atomic', '--clean']],
  ['atomic', 'update', ['--atomic', '-u']],
  ['atomic', 'overwrite=newer', ['--atomic', '--overwrite=newer']],
  ['atomic', 'keep-going', ['--atomic', '--keep-going']],
  ['atomic', 'shard', ['--atomic', '--shard=0/2']],
  ['clean', 'recursive', ['-R', '--clean', '-n']],
  ['clean', 'recursive', ['-n', '--clean', '-r']],
];

/** An option with a value that it does not accept, and the error. */
function notAccepted(option: string, value: string, why: string): [readonly string[], string] {
  return [
    [`--${option.replace(/ .*/, '')}=${value}`, 'in/a', 'out/b'],
    `option '--${option}' does not accept '${value}'. ${why}`,
  ];
}

/** Arguments that are wrong, and the first line of the error. */
const wrongUsage: readonly (readonly [readonly string[], string])[] = [
  [[], 'SOURCE and TARGET are missing'],
  [['in/a'], "TARGET is missing after 'in/a'"],
  [['--clean'], 'DIRECTORY is missing'],
  // Control characters are printed as escapes.
  [['in/a\u001b[2J\u202e'], "TARGET is missing after 'in/a\\x1b[2J\\u202e'"],
  [['--wrong\u001b[2J\u202e', 'in/a', 'out/b'], "unknown option '--wrong\\x1b[2J\\u202e'"],
  [['--recurs', 'in', 'out'], "unknown option '--recurs'"],
  [['--recursiv', 'in', 'out'], "unknown option '--recursiv'; did you mean '--recursive'?"],
  [['--evrify', 'in/a', 'out/b'], "unknown option '--evrify'; did you mean '--verify'?"],
  [['--verify=yes', 'in/a', 'out/b'], "option '--verify' takes no value"],
  [['-p=mode', 'in/a', 'out/b'], "option '-p, --preserve' takes no value"],
  [['-vx', 'in/a', 'out/b'], "unknown option '-x'"],
  [['-xv', 'in/a', 'out/b'], "unknown option '-xv'"],
  [['in/a', 'out/b', '--exclude'], "option '--exclude <GLOB>' needs a value"],
  [
    ['--symlinks', 'keep', 'in/a', 'out/b'],
    "option '--symlinks <HOW>' does not accept 'keep'. Allowed values are preserve, follow, skip, contained.",
  ],
  [
    ['--overwrite=', 'in/a', 'out/b'],
    "option '--overwrite <WHEN>' does not accept ''. Allowed values are always, never, newer, error.",
  ],
  [
    ['--exclude', './b', 'in/a', 'out/b'],
    "option '--exclude <GLOB>' does not accept './b'. Paths below the source have no '.', '..' or '//' in them: " +
      "for './sub', write 'sub' or '/sub'.",
  ],
  [
    ['--include=', 'in/a', 'out/b'],
    "option '--include <GLOB>' does not accept ''. An empty pattern matches nothing.",
  ],
  [
    ['--exclude=*.{a,b', 'in/a', 'out/b'],
    "option '--exclude <GLOB>' does not accept '*.{a,b'. There is no '}' after '{'; for the character itself, " +
      "write '\\{'.",
  ],
  ...['', '0', '2G', '1MB', '99999999999999999999'].map((size) =>
    notAccepted('window-size <SIZE>', size, 'It must be from 1 to 1G bytes, such as 65536, 64K or 4M.'),
  ),
  ...['', 'K', '1KB', '1.5G', '-1', '18446744073709551616', '16777216T'].map((size) =>
    notAccepted('max-bytes <SIZE>', size, 'It must be a number of bytes, such as 65536, 64K or 4T.'),
  ),
  ...['', '1K', '-1', '18446744073709551616'].map((number) =>
    notAccepted('max-files <N>', number, 'It must be a whole number.'),
  ),
  [['-t', 'out/d', 'in/a'], "-t needs a directory, but this is not one: 'out/d'"],
  [['-t', '', 'in/a'], "-t needs a directory, but this is not one: ''"],
  [['-t', 'in/a', '--make-parents', 'in/a'], "-t needs a directory, but this is not one: 'in/a'"],
  [['-t', 'out'], 'SOURCE is missing'],
  [['-rt'], "option '-t, --target-directory <DIR>' needs a value"],
  [
    ['-t', 'out', '-t', 'in', 'in/a'],
    "option '-t, --target-directory <DIR>' does not accept 'in'. It can be given only once.",
  ],
  ...['-i', '-ri', '--interactive'].map(
    (option) =>
      [
        [option, 'in/a', 'out/b'],
        "option '-i, --interactive' cannot be used: mapcp never asks; use -n, -u or --overwrite instead",
      ] as const,
  ),
  ...contradictions.map(
    ([one, other, options]) =>
      [[...options, 'in/a', 'out'], `option '--${one}' cannot be used with option '--${other}'`] as const,
  ),
];

/** Two files of one name in different directories, and two directories. */
const twoNamesakes = { 'in/a/x': 'A', 'in/b/x': 'B', 'in/a/d': null, 'in/b/d': null };

function justCreated(source: string, target: string): string {
  return failure(
    source,
    target,
    `cannot create '${target}': another source of the same command was just copied there`,
  );
}

export const cases: readonly Case[] = [
  {
    name: 'a file is copied',
    before: { 'in/a': 'content' },
    args: ['in/a', 'out/b'],
    out: { b: 'content' },
  },
  {
    name: 'a copy into a directory gets the name of the source',
    before: { 'in/a': 'content' },
    args: ['in/a', 'out'],
    out: { a: 'content' },
  },
  {
    name: 'a target directory may end in a slash',
    before: { 'in/a': 'content' },
    args: ['in/a', 'out/'],
    out: { a: 'content' },
  },
  {
    name: 'a copy into a directory is named without the slashes of the argument',
    before: { 'in/a': 'content' },
    args: ['-v', 'in/a', 'out//'],
    stdout: "'in/a' -> 'out/a' (7 bytes)\n",
    out: { a: 'content' },
  },
  ...['out/l', 'out/l/', 'out/l/.'].map(
    (target): Case => ({
      name: `the contents of a directory are copied into the one that a link leads to, as ${target}`,
      args: ['-r', 'in/d/.', target],
      before: { 'in/d/f': 'content', 'out/real': null, 'out/l': link('real') },
      // It is also listed through the link.
      out: { 'l/f': 'content', 'real/f': 'content' },
    }),
  ),
  ...['in/l/', 'in/l/.'].map(
    (source): Case => ({
      name: `a link to a directory is copied as the directory, by ${source}`,
      args: ['-rT', source, 'out/b'],
      before: { 'in/d/f': 'content', 'in/l': link('d') },
      out: { 'b/f': 'content' },
    }),
  ),
  {
    name: 'a link to a directory with a slash after it gives the copy its name',
    args: ['-r', 'in/l/', 'out'],
    before: { 'in/d/f': 'content', 'in/l': link('d') },
    out: { 'l/f': 'content' },
  },
  {
    name: 'a file is not copied to a new name with a slash after it',
    args: ['-T', 'in/a', 'out/l/'],
    before: { 'in/a': 'content', 'out/real': null, 'out/l': link('real') },
    ends: 'badly',
    stderr: failure(
      'in/a',
      'out/l/',
      "cannot create 'out/l/': it is a directory; choose another path for the copy",
    ),
    out: { l: null, real: null },
  },
  ...['in/d/.', 'in/d/e/..', 'in/d/e/../'].map(
    (source): Case => ({
      name: `the contents of ${source} go into a target directory, and not beside it`,
      before: { 'in/d/e': null, 'in/d/a': 'content', 'out/t': null },
      args: ['-r', '-v', source, 'out/t'],
      stdout: /^'in\/d\/.*a' -> 'out\/t\/a' \(7 bytes\)\n'.*e' -> 'out\/t\/e'\n$/,
      out: { 't/a': 'content', 't/e': null },
    }),
  ),
  {
    name: 'a missing source is named',
    args: ['in/a', 'out/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/b', "cannot inspect 'in/a': no such file or directory"),
  },
  {
    name: 'a file does not replace a directory',
    before: { 'in/a': 'content', 'out/a': null },
    args: ['in/a', 'out'],
    ends: 'badly',
    stderr: failure(
      'in/a',
      'out/a',
      "cannot create 'out/a': it is a directory; choose another path for the copy",
    ),
    out: { a: null },
  },
  {
    name: 'a name with a line feed does not break the line of an error',
    args: ['in/two\nlines', 'out/b'],
    ends: 'badly',
    stderr: failure('in/two\\nlines', 'out/b', "cannot inspect 'in/two\\nlines': no such file or directory"),
  },
  ...wrongUsage.map(
    ([args, says]): Case => ({
      name: `${args.join(' ') || 'no argument'} is wrong usage, and the error names it`,
      before: { 'in/a': 'content', 'out/.mapcp-0123456789abcdef.tmp': 'half' },
      args,
      ends: 'usage',
      stderr: new RegExp(
        `^mapcp: ${says.replace(/[.()*?{[\\]/g, '\\$&')}\n(.*\n)*Usage: (.*\n)+Try 'mapcp --help'\\.\n$`,
      ),
    }),
  ),
  ...['1', '64k', '1G'].map(
    (size): Case => ({
      name: `a file is copied in windows of ${size}`,
      before: { 'in/a': big },
      args: ['--window-size', size, 'in/a', 'out/b'],
      out: { b: big },
    }),
  ),
  ...[
    ['--max-bytes', '2K', '2047'],
    ['--max-file-size', '2k', '2047'],
    ['--max-bytes', '16777215T', '1K'],
  ].flatMap(([option = '', enough = '', tooLittle = '']): Case[] => [
    {
      name: `${option} ${enough} allows a file of 2048 bytes`,
      before: { 'in/a': Buffer.alloc(2048, 1) },
      args: [option, enough, 'in/a', 'out/b'],
      out: { b: Buffer.alloc(2048, 1) },
    },
    {
      name: `${option} ${tooLittle} does not allow a file of 2048 bytes`,
      before: { 'in/a': Buffer.alloc(2048, 1) },
      args: [option, tooLittle, 'in/a', 'out/b'],
      ends: 'badly',
      stderr: /--max-[a-z-]+=\d+ allows; raise the limit if you trust the source\n$/,
    },
  ]),
  {
    name: 'a limit on all bytes is for all sources of a command together',
    before: { 'in/a': 'content', 'in/b': 'content', 'in/c': 'content', 'in/d': 'content' },
    args: ['--max-bytes=20', 'in/a', 'in/b', 'in/c', 'in/d', 'out'],
    ends: 'badly',
    stderr: failure(
      'in/c',
      'out/c',
      "cannot use 'in/c': with it, the copy has more bytes than --max-bytes=20 allows; raise the limit if you trust " +
        'the source',
    ),
    out: { a: 'content', b: 'content' },
  },
  {
    name: 'a limit on entries is for all sources of a command together, even if it goes on after errors',
    before: { 'in/a/f': 'content', 'in/c/f': 'content', 'in/d/f': 'content' },
    args: ['-r', '--keep-going', '--progress', '--max-files=4', 'in/a', 'in/missing', 'in/c', 'in/d', 'out'],
    ends: 'badly',
    stderr:
      /in\/missing.*no such file(.|\n)*'in\/d': with it, the copy has more entries than --max-files=4 allows/,
    out: { 'a/f': 'content', 'c/f': 'content' },
  },
  {
    name: '--json prints an object for the progress and one for the report',
    before: { 'in/a': 'content' },
    args: ['--json', 'in/a', 'out/b'],
    stdout: json(
      { type: 'progress', bytesDone: 7, bytesTotal: 7, filesDone: 1, filesTotal: 1, currentPath: 'in/a' },
      {
        type: 'report',
        source: 'in/a',
        target: 'out/b',
        bytes: 7,
        ...oneFile,
      },
    ),
    out: { b: 'content' },
  },
  {
    name: '--json shows the progress of several sources as that of one copy',
    before: { 'in/a': 'content', 'in/b': 'more' },
    args: ['--json', 'in/a', 'in/b', 'out'],
    stdout: json(
      { type: 'progress', bytesDone: 7, bytesTotal: 11, filesDone: 1, filesTotal: 2, currentPath: 'in/a' },
      { type: 'report', source: 'in/a', target: 'out/a', bytes: 7, ...oneFile },
      { type: 'progress', bytesDone: 11, bytesTotal: 11, filesDone: 2, filesTotal: 2, currentPath: 'in/b' },
      { type: 'report', source: 'in/b', target: 'out/b', bytes: 4, ...oneFile },
    ),
    out: { a: 'content', b: 'more' },
  },
  {
    name: '--json shows the progress of several sources if one fails',
    before: { 'in/a': 'content', 'in/d/b': 'more' },
    args: ['--json', '-r', '--keep-going', 'in/missing', 'in/a', 'in/d', 'out'],
    ends: 'badly',
    stdout: new RegExp(
      [
        // A directory is measured or listed before its first entry is copied.
        '^({"type":"progress","bytesDone":0,.*}\n)?{"type":"error","code":"ENOENT",.*}',
        '{"type":"progress","bytesDone":7,"bytesTotal":11,"filesDone":1,"filesTotal":2,.*}',
        '{"type":"report","source":"in/a",.*}',
        '({"type":"progress","bytesDone":7,"bytesTotal":11,"filesDone":1,"filesTotal":2,.*}\n)*' +
          '{"type":"progress","bytesDone":11,"bytesTotal":11,"filesDone":2,"filesTotal":2,.*}',
        '{"type":"report","source":"in/d",.*}\n$',
      ].join('\n'),
    ),
    out: { a: 'content', 'd/b': 'more' },
  },
  {
    name: '--json prints an object for an error, whatever the names in it',
    args: ['--json', `in/${odd.name}`, 'out/b'],
    ends: 'badly',
    stdout: json({
      type: 'error',
      code: 'ENOENT',
      operation: 'inspect',
      path: `in/${odd.name}`,
      source: `in/${odd.name}`,
      target: 'out/b',
      reason: 'no such file or directory',
      message: `cannot copy 'in/${odd.quoted}' to 'out/b': cannot inspect 'in/${odd.quoted}': no such file or directory`,
    }),
  },
  {
    name: '--json prints an object for an error whose text differs from that for people',
    before: { 'out/a': 'content' },
    args: ['--json', 'out/a', 'out/a'],
    ends: 'badly',
    stdout: json({
      type: 'error',
      code: 'ERR_MAPCP_SAME_FILE',
      operation: 'accept',
      path: 'out/a',
      source: 'out/a',
      target: 'out/a',
      reason: 'source and target are the same file',
      message: "cannot copy 'out/a' to 'out/a': cannot use 'out/a': source and target are the same file",
    }),
    out: { a: 'content' },
  },
  {
    name: '--clean of an empty path is an error like that of any other path',
    args: ['--clean', ''],
    ends: 'badly',
    stderr: "mapcp: cannot open '': no such file or directory\n",
  },
  {
    name: '--json prints an object for each directory that is cleaned, or cannot be',
    args: ['--json', '--clean', 'out', 'in/missing'],
    ends: 'badly',
    stdout: json(
      { type: 'clean', directory: 'out', removed: 0 },
      {
        type: 'error',
        code: 'ENOENT',
        operation: 'open',
        path: 'in/missing',
        reason: 'no such file or directory',
        message: "cannot open 'in/missing': no such file or directory",
      },
    ),
  },
  {
    name: '--quiet prints only errors, also with --json and -v',
    before: { 'in/d/a': 'content' },
    args: ['--json', '-qvr', 'in/d', 'out/d'],
    out: { 'd/a': 'content' },
  },
  {
    name: '--quiet prints errors',
    args: ['-q', 'in/a', 'out/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/b', "cannot inspect 'in/a': no such file or directory"),
  },
  {
    name: '--quiet prints an error that would be a warning in a tree',
    prepare: (put) => put.socket('in/a'),
    args: ['-q', 'in/a', 'out/b'],
    ends: 'badly',
    stderr: failure(
      'in/a',
      'out/b',
      "cannot open 'in/a': it is not a regular file but a FIFO, a socket or a device",
    ),
  },
  {
    name: '--quiet does not print what was cleaned',
    before: { 'out/.mapcp-0123456789abcdef.tmp': 'half' },
    args: ['--clean', '-q', 'out'],
    out: {},
  },
  {
    name: '--progress prints lines if there is no terminal',
    before: { 'in/a': 'content' },
    args: ['--progress', 'in/a', 'out/b'],
    stderr: /^█{12} 7 B of 7 B, [\d.]+ [KM]?i?B\/s, 0 s left in\/a\n$/,
    out: { b: 'content' },
  },
  {
    name: '--no-progress leaves progress out of --json',
    before: { 'in/a': 'content' },
    args: ['--json', '--no-progress', 'in/a', 'out/b'],
    stdout: /^\{"type":"report",.*\}\n$/,
    out: { b: 'content' },
  },
  ...[
    { args: ['--overwrite=never'], b: 'old' },
    { args: ['--overwrite=newer', '--overwrite=always'], b: 'new' },
    { args: ['-n', '--overwrite=always'], b: 'new' },
    { args: ['--overwrite', 'always', '-n'], b: 'old' },
  ].map(
    ({ args, b }): Case => ({
      name: `the last option of ${args.join(' ')} counts`,
      before: links,
      args: [...args, 'in/a', 'out/b'],
      out: { b },
    }),
  ),
  ...['--symlinks=follow', '-PL', '--symlinks=skip -L'].map(
    (args): Case => ({
      name: `${args} copies the target of a link`,
      before: links,
      args: [...args.split(' '), '-v', 'in/l', 'out/b'],
      stdout: "'in/l' -> 'out/b' (3 bytes)\n",
      out: { b: 'new' },
    }),
  ),
  ...['-P', '-LP', '-L --symlinks=preserve'].map(
    (args): Case => ({
      name: `${args} copies a link as a link`,
      before: links,
      // In `out`, the link leads to the old file.
      args: [...args.split(' '), 'in/l', 'out/l'],
      out: { b: 'old', l: 'old' },
    }),
  ),
  {
    name: '--clean removes the temporary files of killed runs, and prints their number',
    before: { 'out/.mapcp-0123456789abcdef.tmp': 'half', 'out/a': 'content' },
    args: ['--clean', 'out', 'in'],
    stdout: "'out': 1 temporary file removed\n'in': 0 temporary files removed\n",
    out: { a: 'content' },
  },
  {
    name: '--clean --dry-run removes nothing, and names what it would remove',
    before: { 'out/.mapcp-0123456789abcdef.tmp': 'half' },
    args: ['--clean', '--dry-run', 'out', 'in'],
    stdout: [
      "would remove 'out/.mapcp-0123456789abcdef.tmp'\n",
      "'out': 1 temporary file to remove\n'in': 0 temporary files to remove\n",
    ].join(''),
    out: { '.mapcp-0123456789abcdef.tmp': 'half' },
  },
  {
    name: '--clean -v names what it removes',
    before: { 'out/.mapcp-0123456789abcdef.tmp': 'half' },
    args: ['--clean', '-v', 'out'],
    stdout: "removed 'out/.mapcp-0123456789abcdef.tmp'\n'out': 1 temporary file removed\n",
    out: {},
  },
  ...[
    { args: [], did: 'moved back', count: 'removed', isDone: true },
    { args: ['--dry-run'], did: 'would move back', count: 'to remove', isDone: false },
  ].map(
    ({ args, did, count, isDone }): Case => ({
      name: `--clean ${args.join(' ')} gives an old tree its name back, or says so`,
      before: { 'out/.mapcp-0123456789abcdef.old.site/index': 'old' },
      args: ['--clean', ...args, 'out'],
      stdout: `${did} 'out/.mapcp-0123456789abcdef.old.site'\n'out': 0 temporary files ${count}\n`,
      out: isDone ? { 'site/index': 'old' } : { '.mapcp-0123456789abcdef.old.site/index': 'old' },
    }),
  ),
  {
    name: '--clean --json prints an object for each tree that gets its name back',
    before: { 'out/.mapcp-0123456789abcdef.old.site': null },
    args: ['--clean', '--json', 'out'],
    stdout: json(
      { type: 'restored', path: 'out/.mapcp-0123456789abcdef.old.site' },
      { type: 'clean', directory: 'out', removed: 0 },
    ),
    out: { site: null },
  },
  {
    name: '--atomic replaces a tree only if --overwrite=always is given',
    before: { 'in/d/new': 'new', 'out/d/old': 'old' },
    args: ['-rT', '--atomic', 'in/d', 'out/d'],
    ends: 'badly',
    stderr: failure(
      'in/d',
      'out/d',
      "cannot create 'out/d': it already exists; to replace it as a whole, use --overwrite=always",
    ),
    out: { 'd/old': 'old' },
  },
  {
    name: '--atomic does not replace the copy of another SOURCE',
    before: { ...twoNamesakes, 'in/a/d/one': 'A', 'in/b/d/two': 'B' },
    args: ['-r', '--atomic', '--overwrite=always', 'in/a/d', 'in/b/d', 'out'],
    ends: 'badly',
    stderr: justCreated('in/b/d', 'out/d'),
    out: { 'd/one': 'A' },
  },
  {
    name: '--clean --dry-run --json prints an object for each file',
    before: { 'out/.mapcp-0123456789abcdef.tmp': 'half' },
    args: ['--clean', '--dry-run', '--json', 'out'],
    stdout: json(
      { type: 'temporary', path: 'out/.mapcp-0123456789abcdef.tmp' },
      { type: 'clean', directory: 'out', removed: 1 },
    ),
    out: { '.mapcp-0123456789abcdef.tmp': 'half' },
  },
  {
    name: '--quiet does not warn of patterns',
    before: { 'in/d': null },
    args: ['-qr', '--exclude=in/d/sub', 'in/d', 'out'],
    out: { d: null },
  },
  {
    name: 'patterns are matched against the names of sources',
    before: { 'in/m/x': 'x', 'in/a.o': 'a.o', 'in/b.c': 'b.c', 'in/c.c': 'c.c' },
    args: [
      ...['-r', '--exclude=*.o', '--include={b,x}*', '--exclude=m/'],
      ...['in/m', 'in/a.o', 'in/b.c', 'in/c.c', 'out'],
    ],
    out: { 'b.c': 'b.c' },
  },
  {
    name: 'with -T, a pattern is not matched against the name of the source',
    before: { 'in/d/d': null, 'in/d/x': 'x' },
    args: ['-rT', '--exclude=d', 'in/d', 'out'],
    out: { x: 'x' },
  },
  ...(
    [
      {
        name: '--clean goes on after a directory that it cannot list',
        args: ['--clean', 'out'],
        stderr: "mapcp: cannot open 'out/b': permission denied\n",
        stdout: "'out': 2 temporary files removed\n",
      },
      {
        name: '--json --clean reports what it could not clean, and what it has',
        args: ['--json', '--clean', 'out'],
        stdout: json(
          {
            type: 'error',
            code: 'EACCES',
            operation: 'open',
            path: 'out/b',
            reason: 'permission denied',
            message: "cannot open 'out/b': permission denied",
          },
          { type: 'clean', directory: 'out', removed: 2 },
        ),
      },
    ] as const
  ).map(
    (told): Case => ({
      ...told,
      before: {
        'out/a/.mapcp-0123456789abcdef.tmp': 'half',
        'out/b': { kind: 'directory', mode: 0 },
        'out/c/.mapcp-0123456789abcdef.tmp': 'half',
      },
      wrapper: asOrdinaryUser,
      ends: 'badly',
      out: { a: null, b: null, c: null },
    }),
  ),
  {
    name: '--clean names the path in a directory that it cannot remove',
    prepare: (put) => {
      put.directory('out/.mapcp-0123456789abcdef.tmp/d');
      put.file('out/.mapcp-0123456789abcdef.tmp/d/f', 'half');
      put.mode('out/.mapcp-0123456789abcdef.tmp/d', 0o444);
    },
    args: ['--clean', 'out'],
    wrapper: asOrdinaryUser,
    ends: 'badly',
    stderr: "mapcp: cannot list 'out/.mapcp-0123456789abcdef.tmp/d': permission denied\n",
    stdout: "'out': 0 temporary files removed\n",
    out: {
      '.mapcp-0123456789abcdef.tmp': null,
      '.mapcp-0123456789abcdef.tmp/d': null,
      '.mapcp-0123456789abcdef.tmp/d/f': 'half',
    },
  },
  {
    name: '--clean goes on after a file that it cannot remove',
    before: {
      'out/a': { kind: 'directory', mode: 0o555 },
      'out/a/.mapcp-0123456789abcdef.tmp': 'half',
      'out/b/.mapcp-0123456789abcdef.tmp': 'half',
    },
    args: ['--clean', 'out'],
    wrapper: asOrdinaryUser,
    ends: 'badly',
    stderr: "mapcp: cannot remove 'out/a/.mapcp-0123456789abcdef.tmp': permission denied\n",
    stdout: "'out': 1 temporary file removed\n",
    out: { 'a/.mapcp-0123456789abcdef.tmp': 'half', b: null },
  },
  ...['', '--exclude=x', '--json --no-progress'].map(
    (options): Case => ({
      name: `a link as source is followed without -r (${options})`,
      before: links,
      args: [...options.split(' ').filter(Boolean), '-v', 'in/l', 'out'],
      stdout: /3 bytes|"kind":"file"/,
      out: { b: 'old', l: 'new' },
    }),
  ),
  ...['-r', '-R', '-a', '-La', '-LP'].map(
    (options): Case => ({
      name: `a link as source is copied as a link with ${options}`,
      before: links,
      args: [options, '-v', 'in/l', 'out'],
      stdout: "'in/l' -> 'out/l'\n",
      // The link's target, from there.
      out: { b: 'old', l: 'old' },
    }),
  ),
  ...['-rL', '-aL', '-a --symlinks=follow'].map(
    (options): Case => ({
      name: `a link as source is followed with ${options}`,
      before: links,
      args: [...options.split(' '), '-v', 'in/l', 'out'],
      stdout: "'in/l' -> 'out/l' (3 bytes)\n",
      out: { b: 'old', l: 'new' },
    }),
  ),
  {
    name: 'a link as source that leads out of its directory is an error that says what to do',
    before: { 'in/l': link('../elsewhere') },
    args: ['in/l', 'out'],
    ends: 'badly',
    stderr: failure(
      'in/l',
      'out/l',
      "cannot inspect 'in/l': it is a link that leads out of the sandbox; copy its destination by its own path, " +
        'or copy the link itself, with --symlinks=preserve',
    ),
  },
  {
    name: '-R and -a copy directories',
    before: { 'in/d/f': 'x', 'in/e/f': 'y' },
    args: ['-Rf', '-a', 'in/d', 'in/e', 'out'],
    out: { 'd/f': 'x', 'e/f': 'y' },
  },
  ...[
    ['-t', 'out', 'in/a', 'in/b'],
    ['in/a', 'in/b', '--target-directory=out'],
    ['-fvtout', 'in/a', 'in/b'],
    ['-vt', 'out', 'in/a', 'in/b'],
  ].map(
    (args): Case => ({
      name: `${args.join(' ')} copies into the directory`,
      before: { 'in/a': 'x', 'in/b': 'y' },
      args: [...args, '-v'],
      stdout: "'in/a' -> 'out/a' (1 bytes)\n'in/b' -> 'out/b' (1 bytes)\n",
      out: { a: 'x', b: 'y' },
    }),
  ),
  {
    name: '-t creates its directory with --make-parents',
    before: { 'in/a': 'x' },
    args: ['--make-parents', '-t', 'out/d/e', 'in/a'],
    out: { 'd/e/a': 'x' },
  },
  ...['-qv', '-vq', '-q --progress', '--progress -q', '--no-progress --progress -qv'].map(
    (options): Case => ({
      name: `${options} prints nothing`,
      before: { 'in/a': 'x' },
      args: [...options.split(' '), 'in/a', 'out'],
      out: { a: 'x' },
    }),
  ),
  {
    name: '--progress --no-progress prints no progress',
    before: { 'in/a': 'x' },
    args: ['--progress', '--no-progress', 'in/a', 'out'],
    out: { a: 'x' },
  },
  ...['-fn', '-nf', '-n --force'].map(
    (options): Case => ({
      name: `${options} replaces nothing`,
      before: links,
      args: [...options.split(' '), 'in/a', 'out/b'],
      out: { b: 'old' },
    }),
  ),
  {
    name: '--dry-run writes nothing, whatever the other options are',
    before: { 'in/d/f': 'x' },
    args: [...['--dry-run', '-a', '--verify', '--sync', '--make-parents'], ...['in/d', 'out/x/y']],
  },
  ...['-nu', '-un'].map(
    (options): Case => ({
      name: `${options} replaces nothing`,
      before: { 'out/b': 'old', 'in/a': 'content' },
      args: [options, 'in/a', 'out/b'],
      out: { b: 'old' },
    }),
  ),
  ...[[], ['--json', '--no-progress'], ['--overwrite=always']].map(
    (options): Case => ({
      name: `a source does not replace the copy of another one: ${options.join(' ') || 'as text'}`,
      before: twoNamesakes,
      args: [...options, 'in/a/x', 'in/b/x', 'out'],
      ends: 'badly',
      ...(options.includes('--json')
        ? { stdout: /"code":"ERR_MAPCP_JUST_CREATED".*"path":"out\/x","source":"in\/b\/x"/ }
        : { stderr: justCreated('in/b/x', 'out/x') }),
      out: { x: 'A' },
    }),
  ),
  {
    name: 'a source does not replace the copy of another one that has replaced an old file',
    before: { ...twoNamesakes, 'out/x': 'old' },
    args: ['in/a/x', 'in/b/x', 'out'],
    ends: 'badly',
    stderr: justCreated('in/b/x', 'out/x'),
    out: { x: 'A' },
  },
  {
    name: 'directories of one name are merged, and no file replaces another one of this command',
    before: { ...twoNamesakes, 'in/a/d/y': 'A', 'in/b/d/y': 'B', 'in/b/d/z': 'B' },
    args: ['-r', '--keep-going', 'in/a/d', 'in/b/d', 'out'],
    ends: 'badly',
    stderr: justCreated('in/b/d/y', 'out/d/y'),
    out: { 'd/y': 'A', 'd/z': 'B' },
  },
  {
    name: 'directories without a name are merged, and no file replaces another one of this command',
    before: { ...twoNamesakes, 'out/x': 'old' },
    args: ['-r', '--keep-going', 'in/b/x', 'in/a/', 'in/a/.', 'out'],
    ends: 'badly',
    stderr: /^mapcp: cannot copy 'in\/a\/(\.\/)?x' to 'out\/x': .*just copied there\n$/,
    out: { x: 'B', d: null, 'a/x': 'A', 'a/d': null },
  },
  {
    name: 'files of one name in directories of different names are all copied',
    before: { ...twoNamesakes, 'in/x': '1' },
    args: ['-r', 'in/a', 'in/b', 'in/x', 'out'],
    out: { x: '1', 'a/x': 'A', 'a/d': null, 'b/x': 'B', 'b/d': null },
  },
  {
    name: 'a source that is named twice is copied once',
    before: twoNamesakes,
    args: ['-v', 'in/a/x', 'in/./a/x', 'out'],
    stdout: "'in/a/x' -> 'out/x' (1 bytes)\n'in/./a/x' -> 'out/x' (skipped)\n",
    out: { x: 'A' },
  },
  {
    name: '-n keeps the copy of another source',
    before: twoNamesakes,
    args: ['-n', 'in/a/x', 'in/b/x', 'out'],
    out: { x: 'A' },
  },
  {
    name: '--dry-run reports that a source would replace the copy of another one',
    before: twoNamesakes,
    args: ['--dry-run', 'in/a/x', 'in/b/x', 'out'],
    ends: 'badly',
    stderr: justCreated('in/b/x', 'out/x'),
  },
  {
    name: 'two sources with a target that is no directory are wrong usage',
    before: { 'in/a': 'content' },
    args: ['in/a', 'in/b', 'out/c'],
    ends: 'usage',
    stderr: /^mapcp: .+\n/,
  },
  ...['4/4', '1/', '-1/4', '1/4/2', '0/4294967296'].map(
    (share): Case => ({
      name: `--shard=${share} is wrong usage, and the error says how shards are numbered`,
      before: { 'in/a': 'content' },
      args: [`--shard=${share}`, 'in/a', 'out/b'],
      ends: 'usage',
      stderr: /^mapcp: .*I\/N, with I from 0 to N-1/,
    }),
  ),
  {
    name: 'a single shard is the whole tree',
    before: { 'in/a': 'content' },
    args: ['--shard', '0/1', 'in/a', 'out/b'],
    out: { b: 'content' },
  },
  {
    name: '-v prints each entry that was created or skipped',
    before: { 'in/a/d/f': 'content', 'in/a/d/l': link('f'), 'out/b/g': 'old', 'in/a/g': 'new' },
    args: ['-r', '-n', '-v', '-T', 'in/a', 'out/b'],
    stdout: new RegExp(
      [
        "^'in/a/g' -> 'out/b/g' \\(skipped\\)",
        "'in/a/d' -> 'out/b/d'",
        "('in/a/d/f' -> 'out/b/d/f' \\(7 bytes\\)\n|'in/a/d/l' -> 'out/b/d/l'\n){2}$",
      ].join('\n'),
    ),
    out: { 'b/d/f': 'content', 'b/d/l': 'content', 'b/g': 'old' },
  },
  {
    name: '--dry-run -v prints each entry that would be',
    before: { 'in/a/g': 'new', 'in/a/d/f': 'content', 'out/b/g': 'old' },
    args: ['-r', '-n', '-v', '--dry-run', '-T', 'in/a', 'out/b'],
    stdout: [
      "would skip 'in/a/g' -> 'out/b/g'\n",
      "would copy 'in/a/d' -> 'out/b/d'\n",
      "would copy 'in/a/d/f' -> 'out/b/d/f' (7 bytes)\n",
    ].join(''),
    out: { 'b/g': 'old' },
  },
  {
    name: '--json -v prints each entry as an object',
    before: { 'in/a': 'content' },
    args: ['--json', '-v', '--no-progress', 'in/a', 'out/b'],
    stdout:
      /^{"type":"entry","kind":"file","source":"in\/a","target":"out\/b","skipped":false,"bytes":7}\n{"type":"report",.*}\n$/,
    out: { b: 'content' },
  },
  {
    name: 'what is wrong with the arguments comes before what they would do',
    args: ['-r', '--frobnicate', 'in/missing', 'out/b', '--help'],
    ends: 'usage',
    stderr: /^mapcp: unknown option '--frobnicate'\nUsage: mapcp /,
  },
  {
    name: '--help prints to standard output',
    args: ['--help'],
    stdout: /^Usage: mapcp \[options\] SOURCE\.\.\. TARGET\n/,
  },
  {
    name: '--help fits a terminal of 80 columns',
    args: ['--help'],
    stdout: /^(.{0,80}\n)+$/,
  },
  {
    name: '--help fits a large terminal of 64 lines',
    args: ['-h'],
    stdout: /^(.*\n){24,64}$/,
  },
  {
    name: '--version prints the version of the package',
    args: ['--version'],
    stdout: /^\d+\.\d+\.\d+\n$/,
  },
  {
    name: '--verbose prints what was skipped',
    before: { 'in/a': 'content', 'out/b': 'old' },
    args: ['-nv', 'in/a', 'out/b'],
    stdout: "'in/a' -> 'out/b' (skipped)\n",
    out: { b: 'old' },
  },
  {
    name: '--verbose prints what was copied',
    before: { 'in/a': 'content' },
    args: ['--verbose', 'in/a', 'out/b'],
    stdout: "'in/a' -> 'out/b' (7 bytes)\n",
    out: { b: 'content' },
  },
  {
    name: 'options may follow the paths',
    before: { 'in/a': 'content' },
    args: ['in/a', 'out/b', '-v'],
    stdout: "'in/a' -> 'out/b' (7 bytes)\n",
    out: { b: 'content' },
  },
  {
    name: 'a message shows the beginning and the end of a very long path',
    before: { 'in/a': null, 'in/l': 'some/file\n'.repeat(200) },
    args: ['--files-from=in/l', '--null', 'in/a', 'out/b'],
    ends: 'badly',
    stderr:
      /^mapcp: cannot copy 'in\/a\/some\/.{240,280}…[^']{250,280}' to 'out\/b\/some\/.{240,280}…[^']{250,280}': cannot inspect 'in\/a\/some\/.{240,280}…[^']{250,280}': no such file or directory; [^']*without --null\n$/,
    out: { b: null },
  },
  {
    name: 'with --json, the properties have a very long path whole',
    before: { 'in/a': null, 'in/l': 'some/file\n'.repeat(200) },
    args: ['--json', '--no-progress', '--files-from=in/l', '--null', 'in/a', 'out/b'],
    ends: 'badly',
    stdout:
      /^{"type":"error",.*"path":"in\/a\/(some\/file\\n){200}","source":"in\/a\/(some\/file\\n){200}","target":"out\/b\/(some\/file\\n){200}",.*"message":"[^"]{1500,2600}"}\n$/,
    out: { b: null },
  },
];
