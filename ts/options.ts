import type { CopyOptions as ComponentOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import {
  allOptionsOf,
  arrayOf,
  boolean,
  type Check,
  type Checks,
  callback,
  oneOf,
  signal,
  text,
  wholeNumber,
} from './check.js';
import type { CopyError } from './errors.js';
import { pattern } from './patterns.js';

export type { ComponentOptions };

/** How far a copy has come. */
export interface CopyProgress {
  /**
   * Bytes copied, those of files that are not complete, or failed half-way, among them. Never shrinks. With `verify` each
   * byte counts twice, also in the total: when it is copied, and when it is compared.
   */
  readonly bytesDone: number;
  /** Bytes to copy in all, never fewer than `bytesDone`; undefined until that is known. */
  readonly bytesTotal: number | undefined;
  /** Files and links that are in place. Never shrinks. */
  readonly filesDone: number;
  /** Files and links to copy in all; undefined until that is known. */
  readonly filesTotal: number | undefined;
  /** The source path of what is being copied. */
  readonly currentPath: string;
}

/** An entry that a copy is done with; under `dryRun`, what it would be. */
export interface CopyEntry {
  /** What it is. */
  readonly kind: 'file' | 'link' | 'directory';
  /** The path that it was copied from. */
  readonly source: string;
  /** The path of the copy. */
  readonly target: string;
  /** Whether it was left out, because of the policy for existing targets. */
  readonly skipped: boolean;
  /** How many bytes were copied. */
  readonly bytes: number;
}

/** One of several shares of a copy. */
export interface Shard {
  /** Which share, from 0 to `count` - 1. */
  readonly index: number;
  /** How many shares there are. */
  readonly count: number;
}

/** How to copy. */
export interface CopyOptions {
  /**
   * Copy directories, with all that is in them. Without it, a directory is an error.
   *
   * @default false
   */
  readonly recursive?: boolean | undefined;
  /**
   * How symbolic links are handled: `preserve` makes a link with the same text, `follow` copies what it leads to, as
   * long as that is in the sandbox, and `skip` leaves it out.
   *
   * @default 'preserve'
   */
  readonly symlinks?: 'preserve' | 'follow' | 'skip' | undefined;
  /**
   * How a file or link that has the target's name already is handled: it is replaced (`always`), it stays (`never`),
   * it is replaced by one that was modified later (`newer`), or it is an error (`error`). Directories are merged. Under
   * `newer`, a file stays with a warning if both times may be before 1970, since WASI does not say which is later; a file
   * that was named is an error then.
   *
   * @default 'always'
   */
  readonly overwrite?: 'always' | 'never' | 'newer' | 'error' | undefined;
  /**
   * Give files, links and directories the source's times of access and modification. WASI has times from 1970 to 2554: a
   * source with another one is copied with the nearest, and is among the report's warnings.
   *
   * @default false
   */
  readonly preserveTimestamps?: boolean | undefined;
  /**
   * Give files and new directories the source's permissions, such as that to execute. Until it is complete, a copy can
   * be read by its owner only.
   *
   * @default true
   */
  readonly preserveMode?: boolean | undefined;
  /**
   * Read each file back, and its source a second time, and compare them before the file takes the target's name. So a
   * source that is written to by a mapping, of which its size and times show nothing, is an error too.
   *
   * @default false
   */
  readonly verify?: boolean | undefined;
  /**
   * Copy what a growing file, such as a log, has at the start: as many bytes as its size is then. Without it, a source
   * that grows or is written to while it is copied is an error. One that gets shorter always is.
   *
   * @default false
   */
  readonly allowChanges?: boolean | undefined;
  /**
   * Have each file on the disk before it takes the target's name.
   *
   * @default false
   */
  readonly sync?: boolean | undefined;
  /**
   * Which zeros become holes of the target: runs of 64 KiB (`auto`), runs of 4 KiB (`always`), or none (`never`).
   *
   * @default 'auto'
   */
  readonly sparse?: 'auto' | 'always' | 'never' | undefined;
  /**
   * Only files and links that match one of these patterns are copied.
   *
   * A pattern without a slash is matched against the name, one with a slash against the path below the source; a slash
   * at its end makes it match directories only. Within a name, `*` matches anything, `?` one character, and `[a-z]` or
   * `[!a-z]` one of some; a name `**` matches any number of names, and `{a,b}` either. A backslash takes the meaning from
   * the next character. A pattern that can never match, such as `./a`, is a TypeError.
   *
   * @default []
   */
  readonly include?: readonly string[] | undefined;
  /**
   * What matches one of these patterns is left out, a directory with all that is in it.
   *
   * @default []
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Match the patterns without a slash against the name of `source` as well. It saves a program that copies the entries
   * of a directory one by one from matching their names itself. Without it, `source` is copied whatever it is called,
   * because it was named.
   *
   * @default false
   */
  readonly filterSource?: boolean | undefined;
  /**
   * Copy only what belongs to one of several shares, so that as many copies, on as many machines as you like, divide a
   * tree without talking to each other. A file or link belongs to a share by the hash of its path below the source,
   * the same on every system; a source that is no directory, by that of its name. Directories are made by whichever
   * share comes first. Progress and report are of this share alone.
   *
   * @default everything is copied
   */
  readonly shard?: Shard | undefined;
  /**
   * How many jobs divide a tree: one in this thread, and each other in a thread of its own with a sandbox
   * of its own. One file is always copied by one job. A host of your own can have one job only.
   *
   * Each thread has to be started, has memory of its own, and is kept for a minute. So the first copy of a process is
   * faster for tens of thousands of files only, and later ones for fewer: docs/profile.md has figures.
   *
   * @default 1
   */
  readonly concurrency?: number | undefined;
  /**
   * Make the directories that are missing on the way to the target.
   *
   * @default true
   */
  readonly makeParents?: boolean | undefined;
  /**
   * Go on after an entry of a tree that could not be copied. The report counts such failures and has the first 100.
   *
   * @default false
   */
  readonly keepGoing?: boolean | undefined;
  /**
   * Decide everything, and touch nothing.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /**
   * The most bytes of a file that are in memory at a time: a whole number up to 1 GiB, rounded up to whole pages of
   * 64 KiB.
   *
   * @default 1048576
   */
  readonly windowSize?: number | undefined;
  /**
   * Called at most some thirty times a second, and at the end. If it returns a promise, the copy waits for it. What it
   * throws or rejects with ends the copy.
   */
  readonly onProgress?: ((progress: CopyProgress) => unknown) | undefined;
  /**
   * Called for each file and link that is in place or was left alone, and for each directory that was made, soon after
   * and in that order; under `dryRun`, for what would be. If it returns a promise, the copy waits for it. What it throws
   * or rejects with ends the copy.
   */
  readonly onEntry?: ((entry: CopyEntry) => unknown) | undefined;
  /**
   * Called for each warning: a FIFO, a socket or a device of a tree, which is left out, a time or permissions that could not
   * be kept, or threads that could not be started. If it returns a promise, the
   * copy waits for it. What it throws or rejects with ends the copy.
   */
  readonly onWarning?: ((warning: CopyError) => unknown) | undefined;
  /**
   * Called under `keepGoing` for each entry that could not be copied, soon after it was tried. If it returns a promise, the
   * copy waits for it. What it throws or rejects with ends the copy.
   */
  readonly onFailure?: ((failure: CopyError) => unknown) | undefined;
  /** Ends the copy when it is aborted: what was finished stays, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How to clean a directory. */
export interface CleanOptions {
  /**
   * Remove nothing, and count what would be removed.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

/** A check for each option of cleaning. */
export const cleanChecks: Checks<CleanOptions> = { dryRun: boolean };

/** The most that a copy can be divided among: more threads than this serve nobody. */
export const MOST_JOBS = 256;

// What the component takes for a number.
const MOST_SHARES = 2 ** 32 - 1;

const MOST_WINDOW = 2 ** 30;

const shard: Check = (name, value) => {
  // The count says how large the index may be.
  const taken = allOptionsOf<Shard>({ count: wholeNumber(1, MOST_SHARES), index: (_, index) => index })(
    name,
    value,
  );
  const { index, count } = taken as Shard;
  wholeNumber(0, count - 1)(`${name}.index`, index);
  return taken;
};

/** A check for each option of a copy. */
export const copyChecks: Checks<CopyOptions> = {
  recursive: boolean,
  symlinks: oneOf('preserve', 'follow', 'skip'),
  overwrite: oneOf('always', 'never', 'newer', 'error'),
  preserveTimestamps: boolean,
  preserveMode: boolean,
  verify: boolean,
  allowChanges: boolean,
  sync: boolean,
  sparse: oneOf('auto', 'always', 'never'),
  include: arrayOf(pattern),
  exclude: arrayOf(pattern),
  filterSource: boolean,
  shard,
  concurrency: wholeNumber(1, MOST_JOBS),
  makeParents: boolean,
  keepGoing: boolean,
  dryRun: boolean,
  windowSize: wholeNumber(1, MOST_WINDOW),
  onProgress: callback,
  onEntry: callback,
  onWarning: callback,
  onFailure: callback,
  signal,
};

/** What to use in place of the options that `fs.cp` and packages like it have for the same. */
export const copyHints: Readonly<Record<string, string>> = {
  force: "overwrite: 'always' for force: true, which is the default, and overwrite: 'never' for force: false",
  clobber:
    "overwrite: 'always' for clobber: true, which is the default, and overwrite: 'never' for clobber: false",
  errorOnExist: "overwrite: 'error'",
  filter: 'include and exclude, which take patterns',
  ignore: 'exclude, which takes patterns',
  dereference: "symlinks: 'follow'",
  verbatimSymlinks: "symlinks: 'preserve', the default, which keeps the text of a link as it is",
  mode: "overwrite: 'error' in place of COPYFILE_EXCL; the other modes have no equivalent",
};

/**
 * Throws a TypeError unless `value` is a path: a string that a file system can take, without NUL characters and
 * without half a surrogate pair, which would become another name.
 *
 * @param argument the name of the argument, for the message
 * @param value anything
 */
export function requirePath(argument: string, value: unknown): asserts value is string {
  text(argument, value);
}

/**
 * The options as the component takes them.
 *
 * @param options options that {@link copyChecks} has passed
 * @param measure whether the totals are wanted from the start
 */
export function toComponent(options: CopyOptions, measure: boolean): ComponentOptions {
  return {
    windowSize: options.windowSize ?? 0,
    symlinks: options.symlinks ?? 'preserve',
    overwrite: options.overwrite ?? 'always',
    sparse: options.sparse ?? 'auto',
    recursive: options.recursive ?? false,
    preserveTimestamps: options.preserveTimestamps ?? false,
    verify: options.verify ?? false,
    allowChanges: options.allowChanges ?? false,
    sync: options.sync ?? false,
    dryRun: options.dryRun ?? false,
    keepGoing: options.keepGoing ?? false,
    makeParents: options.makeParents ?? true,
    measure,
    reportEntries: options.onEntry !== undefined,
    include: [...(options.include ?? [])],
    exclude: [...(options.exclude ?? [])],
    filterSource: options.filterSource ?? false,
    ...(options.shard && { shard: options.shard }),
  };
}
