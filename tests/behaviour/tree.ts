import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { runProgram } from '../helpers/program.js';

/** Creates entries in a directory, and the directories on their ways. Paths are relative to it. */
export interface Put {
  /** Writes a file. */
  file(path: string, content?: string | Buffer): void;
  /** Creates directories. */
  directory(...paths: string[]): void;
  /** Creates a symbolic link with a text. */
  symlink(path: string, text: string): void;
  /** Creates a symbolic link to the absolute path of another entry. */
  absoluteLink(path: string, to: string): void;
  /** Creates a hard link. */
  hardLink(path: string, existing: string): void;
  /** Creates a FIFO. */
  fifo(path: string): void;
  /** Creates a device, like /dev/null. */
  device(path: string): void;
  /** Creates a socket. */
  socket(path: string): void;
  /** Sets permissions. */
  mode(path: string, mode: number): void;
  /** Sets both times to seconds since 1970, as a decimal number. */
  time(path: string, seconds: string): void;
  /** Sets a file's size: adds a hole at its end, or cuts it. */
  size(path: string, bytes: number): void;
  /** Removes anything. */
  remove(path: string): void;
}

/** What exists before a copy. */
export interface Before {
  /** The entries. */
  readonly before?: Expected;
  /** Creates what `before` cannot express, after it. */
  readonly prepare?: (put: Put) => void;
}

/** Creates what exists before a copy. */
export function create({ before = {}, prepare }: Before, put: Put): void {
  for (const [path, entry] of Object.entries(before)) {
    const { kind = 'file', content = '' } = expectation(entry);
    if (kind === 'directory') {
      put.directory(path);
    } else if (kind === 'link') {
      put.symlink(path, content);
    } else {
      put.file(path, typeof entry === 'string' || Buffer.isBuffer(entry) ? entry : content);
    }
  }
  // The deepest first, and after all have been created: a new entry changes the time of its directory.
  for (const [path, entry] of Object.entries(before).sort(([one], [other]) => other.length - one.length)) {
    const { mode, time } = expectation(entry);
    if (mode !== undefined) {
      put.mode(path, mode);
    }
    if (time !== undefined) {
      put.time(path, time);
    }
  }
  prepare?.(put);
}

/** The reasons that `reasonFor` gives for the calls that create what exists before a copy. Creates nothing. */
export function reasonsOf(
  before: Before,
  reasonFor: (method: keyof Put, args: readonly unknown[]) => string | undefined,
): string[] {
  const reasons: string[] = [];
  const note =
    (_: object, method: string | symbol) =>
    (...args: unknown[]) => {
      const reason = reasonFor(method as keyof Put, args);
      reasons.push(...(reason === undefined ? [] : [reason]));
    };
  create(before, new Proxy({}, { get: note }) as Put);
  return reasons;
}

/** Returns a {@link Put} for a directory. */
export function putInto(directory: string): Put {
  const at = (path: string) => join(directory, path);
  /** The path of a new entry, whose parents are created. */
  const newAt = (path: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    return at(path);
  };
  return {
    file: (path, content = 'content') => writeFileSync(newAt(path), content),
    directory: (...paths) => {
      for (const path of paths) {
        mkdirSync(at(path), { recursive: true });
      }
    },
    symlink: (path, text) => symlinkSync(text, newAt(path)),
    absoluteLink: (path, to) => symlinkSync(`${realpathSync(directory)}/${to}`, newAt(path)),
    hardLink: (path, existing) => linkSync(at(existing), newAt(path)),
    fifo: (path) => run('mkfifo', newAt(path)),
    device: (path) => run('mknod', newAt(path), 'c', '1', '3'),
    // The process is killed, so it leaves the socket.
    socket: (path) =>
      run(
        process.execPath,
        '--eval',
        "require('node:net').createServer().listen(process.argv.at(-1), () => process.kill(process.pid, 9))",
        newAt(path),
      ),
    mode: (path, mode) => chmodSync(at(path), mode),
    time: (path, seconds) =>
      process.platform === 'win32'
        ? lutimesSync(at(path), Number(seconds), Number(seconds))
        : run('touch', '--no-dereference', `--date=@${seconds}`, at(path)),
    size: (path, bytes) => truncateSync(at(path), bytes),
    remove: (path) => rmSync(at(path), { recursive: true }),
  };
}

function run(command: string, ...args: string[]): void {
  const { error, status, signal, stderr } = runProgram(command, args);
  if (error !== undefined || (status !== 0 && signal !== 'SIGKILL')) {
    throw error ?? new Error(`${command} failed: ${stderr}`);
  }
}

/** An entry of a directory. */
export interface Seen {
  readonly kind: 'file' | 'directory' | 'link' | 'special';
  /** A file's content in latin1, so every byte is a character; a link's text. */
  readonly content: string;
  /** The time of modification, as {@link Put.time} takes it. */
  readonly time: string;
  readonly mode: number;
  /** Its space on the disk, in bytes. */
  readonly used: number;
}

/**
 * Entries by their paths: a file by its content, a directory by null, or any entry by some properties. A directory that
 * contains another entry of the list may be left out.
 */
export type Expected = Readonly<Record<string, string | Buffer | null | Readonly<Partial<Seen>>>>;

/** An expected symbolic link with a text. */
export function link(text: string, more: Partial<Seen> = {}): Partial<Seen> {
  return { kind: 'link', content: text, ...more };
}

/** Files below a directory, each with its path there as its content. A path that ends with a slash is a directory. */
export function named(directory: string, paths: readonly string[]): Expected {
  return Object.fromEntries(
    paths.map((path) =>
      path.endsWith('/') ? [`${directory}/${path.slice(0, -1)}`, null] : [`${directory}/${path}`, path],
    ),
  );
}

/** Adds the directories that are left out. */
export function withParents<T>(entries: Readonly<Record<string, T>>): Record<string, T | null> {
  const all: Record<string, T | null> = {};
  for (const path of Object.keys(entries)) {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      all[names.slice(0, depth).join('/')] = null;
    }
  }
  return Object.assign(all, entries);
}

/** All entries below a directory by their paths. */
export function look(directory: string, below = ''): Record<string, Seen> {
  const found: Record<string, Seen> = {};
  for (const name of readdirSync(join(directory, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const seen = lookAt(join(directory, path));
    found[path] = seen;
    if (seen.kind === 'directory') {
      Object.assign(found, look(directory, path));
    }
  }
  return found;
}

function lookAt(path: string): Seen {
  const status = lstatSync(path, { bigint: true });
  const kind = status.isFile()
    ? 'file'
    : status.isDirectory()
      ? 'directory'
      : status.isSymbolicLink()
        ? 'link'
        : 'special';
  return {
    kind,
    content: kind === 'file' ? readFileSync(path, 'latin1') : kind === 'link' ? readlinkSync(path) : '',
    time: decimal(status.mtimeNs),
    mode: Number(status.mode & 0o7777n),
    used: Number(status.blocks) * 512,
  };
}

/** Nanoseconds as seconds, with as many decimals as needed. */
function decimal(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const rest = nanoseconds % 1_000_000_000n;
  const digits = String(rest < 0n ? -rest : rest).padStart(9, '0');
  const sign = rest < 0n && seconds === 0n ? '-' : '';
  return `${sign}${seconds}.${digits}`.replace(/\.?0+$/, '') || '0';
}

/** The expected properties of an entry. */
export function expectation(entry: Expected[string]): Partial<Seen> {
  if (entry === null) {
    return { kind: 'directory' };
  }
  if (typeof entry === 'string' || Buffer.isBuffer(entry)) {
    return { kind: 'file', content: Buffer.from(entry).toString('latin1') };
  }
  return entry;
}
