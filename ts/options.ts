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

/** The progress of a copy. */
export interface CopyProgress {
  /**
   * Bytes copied, including those of files that are incomplete or failed. Never shrinks. With `verify`, each byte
   * counts twice, also in the total: when it is copied, and when it is compared.
   */
  readonly bytesDone: number;
  /** Bytes to copy in total, at least `bytesDone`; undefined until that is known. */
  readonly bytesTotal: number | undefined;
  /** Files and links that have their target's name. Never shrinks. */
  readonly filesDone: number;
  /** Files and links to copy in total; undefined until that is known. */
  readonly filesTotal: number | undefined;
  /** The source path of the current entry. */
  readonly currentPath: string;
}

/**
 * A finished entry of a copy; in a dry run, one that would be finished. Its names are always valid UTF-8: others are
 * errors.
 */
export interface CopyEntry {
  /** The kind of the entry. */
  readonly kind: 'file' | 'link' | 'directory';
  /** The path that it was copied from. */
  readonly source: string;
  /** The path of the copy. */
  readonly target: string;
  /** Whether the old target stays, because of `overwrite`. */
  readonly skipped: boolean;
  /** Bytes copied; 0 for links and directories. */
  readonly bytes: number;
}

/** One of several shards of a copy. */
export interface Shard {
  /** The number of this shard, from 0 to `count` - 1. */
  readonly index: number;
  /** How many shards there are. */
  readonly count: number;
}

/** How to copy. */
export interface CopyOptions {
  /**
   * Copy directories with their content. Without it, a directory is an error.
   *
   * @default false
   */
  readonly recursive?: boolean | undefined;
  /**
   * Copy a link as a link (`preserve`), copy what it leads to inside the sandbox (`follow`), or leave it out (`skip`).
   *
   * @default 'preserve'
   */
  readonly symlinks?: 'preserve' | 'follow' | 'skip' | undefined;
  /**
   * Replace a file or link that exists (`always`), keep it (`never`), replace it if the source is newer (`newer`), or
   * fail (`error`). Directories are merged. With `newer`, a file stays with a warning if both times may be before 1970,
   * because WASI cannot say which is later; for a file that was named, that is an error.
   *
   * @default 'always'
   */
  readonly overwrite?: 'always' | 'never' | 'newer' | 'error' | undefined;
  /**
   * Keep the times of access and modification, also of directories. WASI has times from 1970 to 2554. A source with
   * another time is copied with the nearest one and a warning.
   *
   * @default false
   */
  readonly preserveTimestamps?: boolean | undefined;
  /**
   * Keep permissions, except set-user-ID and set-group-ID. Until it is complete, only its owner can read a copy.
   *
   * @default true
   */
  readonly preserveMode?: boolean | undefined;
  /**
   * Read source and copy again and compare them, before the copy takes its name. This finds a source that is written to
   * through a mapping, of which size and times show nothing.
   *
   * @default false
   */
  readonly verify?: boolean | undefined;
  /**
   * Copy a file that grows, such as a log, up to its size at the start. Without it, a source that grows or is written
   * to meanwhile is an error. One that gets shorter always is.
   *
   * @default false
   */
  readonly allowChanges?: boolean | undefined;
  /**
   * Write each file to the disk before it takes its name.
   *
   * @default false
   */
  readonly sync?: boolean | undefined;
  /**
   * Turn zeros into holes: runs of 64 KiB (`auto`), runs of 4 KiB (`always`), or none (`never`).
   *
   * @default 'auto'
   */
  readonly sparse?: 'auto' | 'always' | 'never' | undefined;
  /**
   * Copy only files and links that match one of these patterns.
   *
   * A pattern without a slash is matched against the name, one with a slash against the path below the source. A slash
   * at its end makes it match directories only. Within a name, `*` matches anything, `?` one character, and `[a-z]` or
   * `[!a-z]` one of some; a name `**` matches any number of names, and `{a,b}` either. A backslash takes the meaning
   * from the next character. A pattern that can never match, such as `./a`, is a TypeError.
   *
   * A byte of a name that is not UTF-8 is matched as one character.
   *
   * @default []
   */
  readonly include?: readonly string[] | undefined;
  /**
   * Leave out what matches one of these patterns, a directory with its content.
   *
   * @default []
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Match patterns without a slash against the name of `source` too. A program that copies the entries of a directory
   * one by one need not match their names itself. Without it, `source` is copied whatever its name is.
   *
   * @default false
   */
  readonly filterSource?: boolean | undefined;
  /**
   * Copy only one shard of a tree, so that copies on several machines divide it without communication. A file or link
   * belongs to a shard by the hash of its path below the source, which is the same on every system; a source that is no
   * directory, by the hash of its name. The first shard that needs a directory makes it. Progress and report are of
   * this shard alone.
   *
   * @default everything is copied
   */
  readonly shard?: Shard | undefined;
  /**
   * Divide a tree among parallel jobs, at most 256; all but the first use worker threads. One job copies a single file,
   * and a host of your own has one job only.
   *
   * Each thread must be started, has a memory of its own, and is kept for a minute. So the first copy of a process gets
   * faster only for tens of thousands of files, and later ones for fewer: docs/profile.md has figures.
   *
   * @default 1
   */
  readonly concurrency?: number | undefined;
  /**
   * Make missing directories on the way to the target. If the copy fails, those that are empty are removed again.
   *
   * @default true
   */
  readonly makeParents?: boolean | undefined;
  /**
   * Go on after an entry that cannot be copied. The report counts such errors and has the first 100.
   *
   * @default false
   */
  readonly keepGoing?: boolean | undefined;
  /**
   * Decide everything and change nothing.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /**
   * Hold at most this many bytes of a file in memory, up to 1 GiB; rounded up to whole pages of 64 KiB.
   *
   * @default 1048576
   */
  readonly windowSize?: number | undefined;
  /**
   * Called at most thirty times a second, and at the end. If it returns a promise, the copy waits for it. If it throws
   * or rejects, the copy ends with that error.
   */
  readonly onProgress?: ((progress: CopyProgress) => unknown) | undefined;
  /**
   * Called for each entry that is done: a file or link that is in place or was left alone, or a directory that was
   * made. With `dryRun`, for each that would be. The calls come soon after, in that order. If it returns a promise, the
   * copy waits for it. If it throws or rejects, the copy ends with that error.
   */
  readonly onEntry?: ((entry: CopyEntry) => unknown) | undefined;
  /**
   * Called for each warning. A warning is about a FIFO, a socket or a device in a tree, which is left out, about a time
   * or permissions that could not be kept, or about threads that could not be started. If it returns a promise, the
   * copy waits for it. If it throws or rejects, the copy ends with that error.
   */
  readonly onWarning?: ((warning: CopyError) => unknown) | undefined;
  /**
   * Called for each entry that could not be copied, if `keepGoing` is set. The call comes soon after the attempt. If it
   * returns a promise, the copy waits for it. If it throws or rejects, the copy ends with that error.
   */
  readonly onError?: ((error: CopyError) => unknown) | undefined;
  /** Stop the copy and reject with the signal's reason. What was finished stays. */
  readonly signal?: AbortSignal | undefined;
}

/** How to clean a directory. */
export interface CleanOptions {
  /**
   * Remove nothing, and count the files that would be removed.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

/** A check for each option of cleaning. */
export const cleanChecks: Checks<CleanOptions> = { dryRun: boolean };

/** The maximum number of jobs of a copy. */
export const MOST_JOBS = 256;

// The component has 32 bits for a number.
const MOST_SHARDS = 2 ** 32 - 1;

const MOST_WINDOW = 2 ** 30;

const shard: Check = (name, value) => {
  // The count decides how large the index can be.
  const taken = allOptionsOf<Shard>({ count: wholeNumber(1, MOST_SHARDS), index: (_, index) => index })(
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
  onError: callback,
  signal,
};

/** What to use instead of the options of `fs.cp` and similar packages. */
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
 * Throws a TypeError unless `value` is a path: a string without NUL characters and without half a surrogate pair, which
 * would become another name.
 *
 * @param argument the name of the argument, for the message
 * @param value anything
 */
export function requirePath(argument: string, value: unknown): asserts value is string {
  text(argument, value);
}

/**
 * Returns options in the component's form.
 *
 * @param options options that passed {@link copyChecks}
 * @param measure whether totals are wanted from the start
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
