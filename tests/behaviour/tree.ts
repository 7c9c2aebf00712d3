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
import { join } from 'node:path';
import { runProgram } from '../helpers/program.js';

/** Creates entries in a directory. Paths are relative to it. */
export interface Put {
  /** Writes a file. */
  file(path: string, content?: string | Buffer): void;
  /** Creates directories and their parents. */
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

/** The reasons that `reasonFor` gives for calls of `prepare`, which creates nothing. */
export function reasonsOf(
  prepare: ((put: Put) => void) | undefined,
  reasonFor: (method: keyof Put, args: readonly unknown[]) => string | undefined,
): string[] {
  const reasons: string[] = [];
  const note =
    (_: object, method: string | symbol) =>
    (...args: unknown[]) => {
      const reason = reasonFor(method as keyof Put, args);
      reasons.push(...(reason === undefined ? [] : [reason]));
    };
  prepare?.(new Proxy({}, { get: note }) as Put);
  return reasons;
}

/** Returns a {@link Put} for a directory. */
export function putInto(directory: string): Put {
  const at = (path: string) => join(directory, path);
  return {
    file: (path, content = 'content') => writeFileSync(at(path), content),
    directory: (...paths) => {
      for (const path of paths) {
        mkdirSync(at(path), { recursive: true });
      }
    },
    symlink: (path, text) => symlinkSync(text, at(path)),
    absoluteLink: (path, to) => symlinkSync(`${realpathSync(directory)}/${to}`, at(path)),
    hardLink: (path, existing) => linkSync(at(existing), at(path)),
    fifo: (path) => run('mkfifo', at(path)),
    device: (path) => run('mknod', at(path), 'c', '1', '3'),
    // The process is killed, so it leaves the socket.
    socket: (path) =>
      run(
        process.execPath,
        '--eval',
        "require('node:net').createServer().listen(process.argv.at(-1), () => process.kill(process.pid, 9))",
        at(path),
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

/** A file by its content, a directory by null, or any entry by some properties. */
export type Expected = Readonly<Record<string, string | Buffer | null | Readonly<Partial<Seen>>>>;

/** An expected symbolic link with a text. */
export function link(text: string, more: Partial<Seen> = {}): Partial<Seen> {
  return { kind: 'link', content: text, ...more };
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
