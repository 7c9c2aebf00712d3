import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';

/** What every front must do alike, in a directory with an empty `in` and an empty `out`. */
export interface Case {
  /** A sentence that says what happens. */
  readonly name: string;
  readonly args: readonly string[];
  /** Puts files in place before the run; paths are relative to the directory. */
  readonly prepare?: (put: Put) => void;
  /** What the run ends with; `usage` is status 2, or 1 in wasmtime. */
  readonly ends: 'well' | 'badly' | 'usage';
  /** Exactly what is on standard error; nothing where it is left out. */
  readonly stderr?: string | RegExp;
  readonly stdout?: string | RegExp;
  /** Every entry that `out` has afterwards, by its content; a directory's is `null`. */
  readonly out: Readonly<Record<string, string | Buffer | null>>;
  /** A command to run it under; where it is not possible, the case is left out outside CI. */
  readonly wrapper?: readonly string[];
}

/** Makes things in a test's directory. */
export interface Put {
  file(path: string, content: string | Buffer): void;
  directory(path: string): void;
  symlink(path: string, target: string): void;
  link(path: string, existing: string): void;
  mode(path: string, mode: number): void;
}

export function putInto(directory: string): Put {
  return {
    file: (path, content) => writeFileSync(join(directory, path), content),
    directory: (path) => mkdirSync(join(directory, path)),
    symlink: (path, target) => symlinkSync(target, join(directory, path)),
    link: (path, existing) => linkSync(join(directory, existing), join(directory, path)),
    mode: (path, mode) => chmodSync(join(directory, path), mode),
  };
}

/** Checks that `out` holds what a case says, and nothing more: no temporary file above all. */
export function expectOut(directory: string, out: Case['out']): void {
  const path = join(directory, 'out');
  expect(readdirSync(path, { recursive: true }).sort()).toEqual(Object.keys(out).sort());
  for (const [name, content] of Object.entries(out)) {
    if (content !== null) {
      const isSame = readFileSync(join(path, name)).equals(Buffer.from(content));
      expect(isSame, `the content of out/${name}`).toBe(true);
    }
  }
}

const big = Buffer.from(Uint8Array.from({ length: 3 * 1024 * 1024 + 17 }, (_, index) => index * 7));

function failure(source: string, target: string, why: string): string {
  return `mapcp: cannot copy '${source}' to '${target}': ${why}\n`;
}

export const cases: readonly Case[] = [
  {
    name: 'a file is copied',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: 'content' },
  },
  {
    name: 'an empty file is copied',
    prepare: (put) => put.file('in/a', ''),
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: '' },
  },
  {
    name: 'a file of one byte is copied',
    prepare: (put) => put.file('in/a', 'x'),
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: 'x' },
  },
  {
    name: 'a file of several windows is copied',
    prepare: (put) => put.file('in/a', big),
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: big },
  },
  {
    name: 'an existing target is replaced',
    prepare: (put) => {
      put.file('in/a', 'new');
      put.file('out/b', 'old and longer');
    },
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: 'new' },
  },
  {
    name: 'a target that is a directory gets the copy under the name of the source',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['in/a', 'out'],
    ends: 'well',
    out: { a: 'content' },
  },
  {
    name: 'a target that is a directory may end in a slash',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['in/a', 'out/'],
    ends: 'well',
    out: { a: 'content' },
  },
  {
    name: 'a copy in a directory is named without the slashes that the directory was given with',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['-v', 'in/a', 'out//'],
    ends: 'well',
    stdout: "'in/a' -> 'out/a' (7 bytes)\n",
    out: { a: 'content' },
  },
  ...['in/d/.', 'in/d/e/..', 'in/d/e/../'].map(
    (source): Case => ({
      name: `what is in ${source} goes into a target that is a directory, and not beside it`,
      prepare: (put) => {
        put.directory('in/d');
        put.directory('in/d/e');
        put.file('in/d/a', 'content');
        put.directory('out/t');
      },
      args: ['-r', '-v', source, 'out/t'],
      ends: 'well',
      stdout: `'${source}' -> 'out/t' (7 bytes)\n`,
      out: { t: null, 't/a': 'content', 't/e': null },
    }),
  ),
  ...[
    'two words',
    'two\nlines',
    'tab\there',
    'ünïcödé ☃ 文件',
    'back\\slash',
    '-dash',
    "it's",
    '*?[x]',
    '...',
    '$HOME',
  ].map(
    (name): Case => ({
      name: `a file named ${JSON.stringify(name)} is copied`,
      prepare: (put) => put.file(`in/${name}`, name),
      args: ['--', `in/${name}`, `out/${name}`],
      ends: 'well',
      out: { [name]: name },
    }),
  ),
  {
    name: 'a name of 255 bytes is copied',
    prepare: (put) => put.file(`in/${'n'.repeat(255)}`, 'content'),
    args: [`in/${'n'.repeat(255)}`, `out/${'n'.repeat(255)}`],
    ends: 'well',
    out: { ['n'.repeat(255)]: 'content' },
  },
  {
    name: 'a symbolic link as target is replaced, and what it points to is left alone',
    prepare: (put) => {
      put.file('in/a', 'content');
      put.file('out/elsewhere', 'old');
      put.symlink('out/b', 'elsewhere');
    },
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: 'content', elsewhere: 'old' },
  },
  {
    name: 'a dangling link as target is replaced',
    prepare: (put) => {
      put.file('in/a', 'content');
      put.symlink('out/b', 'nowhere');
    },
    args: ['in/a', 'out/b'],
    ends: 'well',
    out: { b: 'content' },
  },
  {
    name: 'a missing source is named',
    args: ['in/a', 'out/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/b', "cannot inspect 'in/a': no such file or directory"),
    out: {},
  },
  {
    name: 'a missing source leaves an existing target as it was',
    prepare: (put) => put.file('out/b', 'old'),
    args: ['in/a', 'out/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/b', "cannot inspect 'in/a': no such file or directory"),
    out: { b: 'old' },
  },
  {
    name: 'an unreadable source is named, and an existing target stays as it was',
    prepare: (put) => {
      put.file('in/a', 'secret');
      put.mode('in/a', 0);
      put.file('out/b', 'old');
    },
    wrapper: asOrdinaryUser,
    args: ['in/a', 'out/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/b', "cannot open 'in/a': permission denied"),
    out: { b: 'old' },
  },
  {
    name: 'a directory as source is refused',
    prepare: (put) => put.directory('in/d'),
    args: ['in/d', 'out/b'],
    ends: 'badly',
    stderr: failure(
      'in/d',
      'out/b',
      "cannot open 'in/d': it is a directory; to copy it with all that is in it, ask for a recursive copy (-r)",
    ),
    out: {},
  },
  {
    name: 'a file is not put over a directory',
    prepare: (put) => {
      put.file('in/a', 'content');
      put.directory('out/a');
    },
    args: ['in/a', 'out'],
    ends: 'badly',
    stderr: failure('in/a', 'out/a', "cannot create 'out/a': it is a directory"),
    out: { a: null },
  },
  {
    name: 'a target in a missing directory is refused',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['in/a', 'out/missing/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/missing/b', "cannot create 'out/missing/b': no such file or directory"),
    out: {},
  },
  {
    name: 'a target below a file is refused',
    prepare: (put) => {
      put.file('in/a', 'content');
      put.file('out/f', 'old');
    },
    args: ['in/a', 'out/f/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/f/b', "cannot inspect 'out/f/b': not a directory"),
    out: { f: 'old' },
  },
  {
    name: 'a target in an unwritable directory is refused',
    prepare: (put) => {
      put.file('in/a', 'content');
      put.mode('out', 0o555);
    },
    wrapper: asOrdinaryUser,
    args: ['in/a', 'out/b'],
    ends: 'badly',
    stderr: failure('in/a', 'out/b', "cannot create 'out/b': permission denied"),
    out: {},
  },
  {
    name: 'a file is not copied onto itself',
    prepare: (put) => put.file('out/a', 'content'),
    args: ['out/a', 'out/a'],
    ends: 'badly',
    stderr: failure('out/a', 'out/a', "cannot use 'out/a': source and target are the same file"),
    out: { a: 'content' },
  },
  {
    name: 'a file is not copied onto a hard link to itself',
    prepare: (put) => {
      put.file('out/a', 'content');
      put.link('out/b', 'out/a');
    },
    args: ['out/a', 'out/b'],
    ends: 'badly',
    stderr: failure('out/a', 'out/b', "cannot use 'out/b': source and target are the same file"),
    out: { a: 'content', b: 'content' },
  },
  {
    name: 'a name with a line feed makes one line of an error',
    args: ['in/two\nlines', 'out/b'],
    ends: 'badly',
    stderr: failure('in/two\\nlines', 'out/b', "cannot inspect 'in/two\\nlines': no such file or directory"),
    out: {},
  },
  {
    name: 'no names are wrong usage',
    args: [],
    ends: 'usage',
    stderr: /^mapcp: there is no SOURCE and no TARGET\n/,
    out: {},
  },
  {
    name: 'one name is wrong usage',
    args: ['in/a'],
    ends: 'usage',
    stderr: /^mapcp: there is no TARGET after 'in\/a'\n/,
    out: {},
  },
  {
    name: '--clean without a directory is wrong usage',
    args: ['--clean'],
    ends: 'usage',
    stderr: /^mapcp: there is no DIRECTORY\n/,
    out: {},
  },
  {
    name: '--clean removes what killed runs have left, and says how much',
    prepare: (put) => {
      put.file('out/.mapcp-0123456789abcdef.tmp', 'half');
      put.file('out/a', 'content');
    },
    args: ['--clean', 'out', 'in'],
    ends: 'well',
    stdout: "'out': 1 temporary file removed\n'in': 0 temporary files removed\n",
    out: { a: 'content' },
  },
  ...['-nu', '-un'].map(
    (options): Case => ({
      name: `${options} replaces nothing`,
      prepare: (put) => {
        put.file('out/b', 'old');
        put.file('in/a', 'content');
      },
      args: [options, 'in/a', 'out/b'],
      ends: 'well',
      out: { b: 'old' },
    }),
  ),
  {
    name: 'two sources with a target that is no directory are wrong usage',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['in/a', 'in/b', 'out/c'],
    ends: 'usage',
    stderr: /^mapcp: .+\n/,
    out: {},
  },
  ...['4/4', '1/', '-1/4', '1/4/2', '0/4294967296'].map(
    (share): Case => ({
      name: `--shard=${share} is wrong usage, which says how shares are numbered`,
      prepare: (put) => put.file('in/a', 'content'),
      args: [`--shard=${share}`, 'in/a', 'out/b'],
      ends: 'usage',
      stderr: /^mapcp: .*I\/N with I from 0 to N - 1/,
      out: {},
    }),
  ),
  {
    name: 'a single share is the whole',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['--shard', '0/1', 'in/a', 'out/b'],
    ends: 'well',
    out: { b: 'content' },
  },
  {
    name: 'an unknown option is wrong usage, and is named',
    args: ['--frobnicate', 'in/a', 'out/b'],
    ends: 'usage',
    stderr: /^mapcp: unknown option '--frobnicate'\n/,
    out: {},
  },
  {
    name: '--help explains itself on standard output',
    args: ['--help'],
    ends: 'well',
    stdout: /^Usage: mapcp \[options\] SOURCE\.\.\. TARGET\n/,
    out: {},
  },
  {
    name: '--help fits a terminal of 80 columns',
    args: ['--help'],
    ends: 'well',
    stdout: /^(.{0,80}\n)+$/,
    out: {},
  },
  {
    name: '--version prints the version of the package',
    args: ['--version'],
    ends: 'well',
    stdout: /^\d+\.\d+\.\d+\n$/,
    out: {},
  },
  {
    name: '--verbose says what was skipped',
    prepare: (put) => {
      put.file('in/a', 'content');
      put.file('out/b', 'old');
    },
    args: ['-nv', 'in/a', 'out/b'],
    ends: 'well',
    stdout: "'in/a' -> 'out/b' (skipped)\n",
    out: { b: 'old' },
  },
  {
    name: '--verbose says what was copied',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['--verbose', 'in/a', 'out/b'],
    ends: 'well',
    stdout: "'in/a' -> 'out/b' (7 bytes)\n",
    out: { b: 'content' },
  },
  {
    name: 'options may stand after the names',
    prepare: (put) => put.file('in/a', 'content'),
    args: ['in/a', 'out/b', '-v'],
    ends: 'well',
    stdout: "'in/a' -> 'out/b' (7 bytes)\n",
    out: { b: 'content' },
  },
];
