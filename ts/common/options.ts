import type { CopyOptions as ComponentOptions } from '#bindings/interfaces/mapcp-copy-copier.js';
import {
  allOptionsOf,
  arrayOf,
  boolean,
  type Check,
  type Checks,
  callback,
  describe,
  iterable,
  oneOf,
  requireThat,
  signal,
  text,
  wholeNumber,
} from './check.js';
import type { CopyError } from './errors.js';

export type { ComponentOptions };

/** The progress of a copy. */
export interface CopyProgress {
  /**
   * Bytes copied, including those of files that are incomplete or failed. Never decreases. With `verify`, each byte
   * counts twice: when it is copied, and when it is compared. `bytesTotal` counts it twice as well.
   */
  readonly bytesDone: number;
  /** Bytes to copy in total, at least `bytesDone`; undefined until that is known. */
  readonly bytesTotal: number | undefined;
  /** Files and links in place. Never decreases. */
  readonly filesDone: number;
  /** Files and links to copy in total; undefined until that is known. */
  readonly filesTotal: number | undefined;
  /** The source path of the current entry. */
  readonly currentPath: string;
}

/**
 * A finished entry of a copy; in a dry run, one that would be finished. Its paths are always valid UTF-8, because other
 * names are errors.
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
   * Copy directories with their content. Without this, a directory is an error.
   *
   * @default false
   */
  readonly recursive?: boolean | undefined;
  /**
   * Copy a link as a link (`preserve`), copy what it leads to inside the sandbox (`follow`), leave it out (`skip`), or
   * copy it as a link only if it cannot lead out of the copied tree (`contained`). With `contained`, other links are
   * errors: those with an absolute text, with more `..` than directories above them in the tree, or with `..` behind a
   * name. So is a link that is copied without a tree.
   *
   * @default 'preserve'
   */
  readonly symlinks?: 'preserve' | 'follow' | 'skip' | 'contained' | undefined;
  /**
   * Copy entries with any names (`any`), or only with names that mean the same file on every usual system (`portable`).
   * With `portable`, a name is the error `ERR_MAPCP_NAME_NOT_PORTABLE`, before anything is created, if
   *
   * - it equals another name in its directory except for case, Unicode normalisation or invisible characters, as
   *   `README` equals `readme`, and `straße` equals `STRASSE`; the property `sibling` of the error is the other name,
   *   which is in the target already, or is copied because its bytes are smaller;
   * - Windows cannot have it: `nul.txt`, a dot or a space at its end, or one of `<>:"|?*\` or a control character in it;
   * - it has more than 255 bytes, or is not UTF-8.
   *
   * The names of missing directories on the way to `target` are checked as well. With `files`, an entry is compared with
   * the target and with the entries before it.
   *
   * @default 'any'
   */
  readonly names?: 'any' | 'portable' | undefined;
  /**
   * Replace a file or link that exists (`always`), keep it (`never`), replace it if the source is newer (`newer`), or
   * fail (`error`). Directories are merged. If both times may be before 1970, WASI cannot tell which is newer. Then
   * `newer` keeps the old file, with a warning in a tree and an error for a single file. With `atomic: 'tree'`, the
   * default is `error`.
   *
   * @default 'always'
   */
  readonly overwrite?: 'always' | 'never' | 'newer' | 'error' | undefined;
  /**
   * What appears in one step: each file (`file`), or a whole tree (`tree`).
   *
   * With `tree`, the tree is built beside `target` under a temporary name, and renamed when it is complete. Until then,
   * and if the copy fails, nothing of it is there. If `target` exists, the copy fails, unless `overwrite` is `always`;
   * then the old tree is moved aside, replaced and removed. If `onWarning` or the last `onProgress` throws, the tree may
   * have its name already, and it keeps it. `overwrite: 'newer'`, `keepGoing`, `shard` and `concurrency` cannot be used
   * with it. A single file or link is copied as usual.
   *
   * @default 'file'
   */
  readonly atomic?: 'file' | 'tree' | undefined;
  /**
   * Keep the times of access and modification, including those of directories. WASI has times from 1970 to 2554. The
   * copy of a source with another time gets the nearest one, with a warning. Existing directories also get the
   * permissions of their sources, unless `preserveMode` is false.
   *
   * @default false
   */
  readonly preserveTimestamps?: boolean | undefined;
  /**
   * Copy a file that has several names in the tree once, and give the copy as many names. If the file system refuses
   * hard links, each name gets a copy of its own, with one warning. Jobs of `concurrency` and shards of `shard` do not
   * know each other's files, so only names in one of them stay one file.
   *
   * @default false
   */
  readonly preserveHardLinks?: boolean | undefined;
  /**
   * Keep permissions, except set-user-ID and set-group-ID. Until a copy is complete, only its owner can read it.
   *
   * @default true
   */
  readonly preserveMode?: boolean | undefined;
  /**
   * Read source and copy again and compare them before the copy takes its name. This detects a write to the source
   * through a memory mapping, which its size and times need not show.
   *
   * @default false
   */
  readonly verify?: boolean | undefined;
  /**
   * Copy a file that grows, such as a log, up to its size at the start. Without this, a source that grows or is written
   * to during its copy is an error. A source that shrinks is always an error.
   *
   * @default false
   */
  readonly allowChanges?: boolean | undefined;
  /**
   * Flush each file to the disk before it takes its name.
   *
   * @default false
   */
  readonly sync?: boolean | undefined;
  /**
   * Turn zeros into holes: runs of 64 KiB (`auto`), runs of 4 KiB (`always`), or none (`never`). Unless it is
   * `never`, large holes of a source also become holes, and are not read if the host knows them.
   *
   * @default 'auto'
   */
  readonly sparse?: 'auto' | 'always' | 'never' | undefined;
  /**
   * Copy only files and links that match one of these patterns.
   *
   * A pattern without a slash is matched against the name of an entry, and one with a slash against the path below the
   * source. A slash at the end makes it match only directories. Within a name, `*` matches any characters, `?` one
   * character, `[a-z]` one character of a set, and `[!a-z]` one that is not in the set. `**` in place of a name matches
   * any number of names. `{a,b}` matches `a` or `b`. A backslash makes the next character an ordinary one. A pattern
   * that can never match, such as `./a`, is a TypeError. One that begins with a path of `source`, and so matches nothing,
   * is a warning.
   *
   * A byte that is not UTF-8 counts as one character.
   *
   * @default []
   */
  readonly include?: readonly string[] | undefined;
  /**
   * Leave out entries that match one of these patterns, and the content of such directories.
   *
   * @default []
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Copy only these entries below `source`, and make the directories on the way to them. `source` must be a directory,
   * but `recursive` is not needed.
   *
   * Each is a path relative to `source`, with slashes. If it is absolute, contains `..`, leads through a link that is
   * not followed, or is missing, that is an error of this entry. A directory is made without its content, unless
   * `recursive` is set. Patterns and `shard` apply. A path that comes twice in a row is copied once; otherwise `overwrite`
   * applies to the second.
   *
   * The paths are taken as they are needed, so their number does not matter. If the iterable throws, the copy rejects
   * with that error. If the copy ends early, its iterator is returned. The totals of the progress stay unknown, and
   * `concurrency` must be 1.
   *
   * @default everything is copied
   */
  readonly files?: Iterable<string> | AsyncIterable<string> | undefined;
  /**
   * The number of bytes of a stream. If the stream ends earlier or has more, the copy fails and the old target stays.
   *
   * @default unknown
   */
  readonly size?: number | undefined;
  /**
   * The permissions of the copy of a stream, such as 0o640.
   *
   * @default those of a new file
   */
  readonly mode?: number | undefined;
  /**
   * Match patterns without a slash also against the name of `source`. Set this if you copy the entries of a directory
   * one by one. Without this, `source` is copied even if a pattern matches its name.
   *
   * @default false
   */
  readonly filterSource?: boolean | undefined;
  /**
   * Copy only one shard of a tree, so that several machines can divide it without communication. The hash of the path
   * below the source decides which shard has a file or link. If the source is not a directory, the hash of its name
   * decides. Hashes are the same on every system. The first shard that needs a directory makes it. Progress and report
   * cover only this shard.
   *
   * @default everything is copied
   */
  readonly shard?: Shard | undefined;
  /**
   * Fail with `ERR_MAPCP_LIMIT_EXCEEDED` rather than copy more than this many bytes. A file counts with its size, also if
   * it consists of holes, and with the bytes that are read if there are more. Files that are skipped do not count. This
   * error ends the copy, even with `keepGoing`; finished files stay. Such a copy has only one job, and a shard cannot
   * have this limit, because jobs cannot share it.
   *
   * @default no limit
   */
  readonly maxBytes?: number | bigint | undefined;
  /**
   * The same for the number of files, links and directories, with `source` itself. Entries that are left out or skipped
   * do not count. So that a listing that never ends is an error, the copy may list 100,000 entries, and ten more for each
   * one that the limit allows.
   *
   * @default no limit
   */
  readonly maxFiles?: number | bigint | undefined;
  /**
   * Fail if the path of an entry below `source` has more than this many names, or if more than this many directories
   * must be made on the way to the target.
   *
   * @default 10000
   */
  readonly maxDepth?: number | bigint | undefined;
  /**
   * Fail if a file has more than this many bytes, before more of it are written.
   *
   * @default no limit
   */
  readonly maxFileSize?: number | bigint | undefined;
  /**
   * Divide a tree among parallel jobs, at most 256; all but the first use worker threads. A single file is always
   * copied by one job. With a host of your own, more than one job is a TypeError.
   *
   * Threads take time to start, and each has its own memory. They are kept for a minute. So the first copy of a process
   * gets faster only from tens of thousands of files on, and later copies from fewer. docs/profile.md has figures.
   *
   * @default 1
   */
  readonly concurrency?: number | undefined;
  /**
   * Make missing directories on the way to the target. If the copy fails, it removes those that are still empty.
   *
   * @default true
   */
  readonly makeParents?: boolean | undefined;
  /**
   * Go on after an entry that cannot be copied. The report counts these errors and has the first 100.
   *
   * @default false
   */
  readonly keepGoing?: boolean | undefined;
  /**
   * Change nothing, and report what a copy would do.
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
   * Called for each finished entry: a file or link that is in place or that `overwrite` kept, or a directory that was
   * made. With `dryRun`, called for each entry that would be finished. The calls come shortly afterwards, in the order
   * in which the entries were finished; with `atomic: 'tree'`, before the tree gets its name. If it returns a promise,
   * the copy waits for it. If it throws or rejects, the copy ends with that error.
   */
  readonly onEntry?: ((entry: CopyEntry) => unknown) | undefined;
  /**
   * Called for each warning. A warning is about a FIFO, a socket or a device in a tree, which is left out, about a time
   * or permissions that could not be kept, about a pattern that matches nothing because it begins with a path of
   * `source`, or about threads that could not be started. If it returns a promise, the copy waits for it. If it throws or
   * rejects, the copy ends with that error.
   */
  readonly onWarning?: ((warning: CopyError) => unknown) | undefined;
  /**
   * Called for each entry that could not be copied, if `keepGoing` is set. The call comes shortly after the attempt. If
   * it returns a promise, the copy waits for it. If it throws or rejects, the copy ends with that error.
   */
  readonly onError?: ((error: CopyError) => unknown) | undefined;
  /**
   * Stop the copy and reject with the signal's reason. Finished files stay. The copy calls no further callback, and no
   * longer waits for the promise of one. So it resolves only if everything was done, with all callbacks. A callback that
   * throws or rejects comes first: its error is what the copy rejects with. The same holds if the iteration over the
   * copy is left, or its sandbox is closed.
   *
   * With `atomic: 'tree'`, nothing stays. But if the tree has its name by then, the copy succeeds, and its report counts
   * also what no callback was called for.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How to clean a directory. */
export interface CleanOptions {
  /**
   * Remove nothing, and only count the files.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

/** A check for each option of cleaning. */
export const cleanChecks: Checks<CleanOptions> = { dryRun: boolean };

/** The maximum number of jobs of a copy. */
const MOST_JOBS = 256;

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

/** Spells permissions. */
const octal = (mode: number) =>
  Number.isInteger(mode) && mode >= 0 ? `0o${mode.toString(8)}` : String(mode);

/** A limit: a whole number that the component's 64 bits can hold. A limit of 0 allows nothing. */
const limit: Check = (name, value) => {
  requireThat(['number', 'bigint'].includes(typeof value), name, 'a number', value);
  const isWhole = typeof value === 'bigint' || Number.isInteger(value);
  if (!isWhole || Number(value) < 0 || BigInt(value as number | bigint) >= 2n ** 64n) {
    throw new RangeError(`${name} must be a whole number from 0 to 2 ** 64 - 1, not ${describe(value)}`);
  }
  return value;
};

/** A check for each option of a copy. */
export const copyChecks: Checks<CopyOptions> = {
  recursive: boolean,
  symlinks: oneOf('preserve', 'follow', 'skip', 'contained'),
  names: oneOf('any', 'portable'),
  overwrite: oneOf('always', 'never', 'newer', 'error'),
  atomic: oneOf('file', 'tree'),
  preserveTimestamps: boolean,
  preserveHardLinks: boolean,
  preserveMode: boolean,
  verify: boolean,
  allowChanges: boolean,
  sync: boolean,
  sparse: oneOf('auto', 'always', 'never'),
  include: arrayOf(text),
  exclude: arrayOf(text),
  files: iterable('an iterable of paths'),
  size: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  mode: wholeNumber(0, 0o777, octal),
  filterSource: boolean,
  shard,
  maxBytes: limit,
  maxFiles: limit,
  maxDepth: limit,
  maxFileSize: limit,
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

/**
 * Throws a TypeError if an option contradicts `atomic: 'tree'`.
 *
 * @param options checked options
 */
export function requireAtomic({ atomic, overwrite, keepGoing, shard, concurrency = 1 }: CopyOptions): void {
  const contradicting = [
    overwrite === 'newer' && "overwrite: 'newer'",
    keepGoing && 'keepGoing',
    shard !== undefined && 'shard',
    concurrency > 1 && 'concurrency',
  ].find((name) => name);
  if (atomic === 'tree' && contradicting) {
    throw new TypeError(
      `options.atomic: 'tree' cannot be used with ${contradicting}, because one job must copy the whole tree or nothing`,
    );
  }
}

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
};

/**
 * Throws a TypeError unless `value` is a path: a string without NUL characters or lone surrogates. A lone surrogate
 * would become another character, and so name another file.
 *
 * @param argument the name of the argument, for the message
 * @param value anything
 */
export function requirePath(argument: string, value: unknown): asserts value is string {
  text(argument, value);
}

/** What limits on a whole copy count: bytes, and files, links and directories. */
export type Amounts = ComponentOptions['alreadyCopied'];

const NOTHING: Amounts = { bytes: 0n, files: 0n };

/** The options of a job that callers do not set. */
export interface JobOptions {
  /** What the job gets while it runs. */
  readonly input?: ComponentOptions['input'] | undefined;
  /** What earlier copies of the same command have copied. */
  readonly alreadyCopied?: Amounts | undefined;
}

/**
 * Returns options in the component's form.
 *
 * @param options options that passed {@link copyChecks}
 * @param measure whether to count the totals first
 * @param more what the job gets while it runs, and what earlier copies of the same command have copied
 */
export function toComponent(
  options: CopyOptions,
  measure: boolean,
  { input = 'none', alreadyCopied = NOTHING }: JobOptions = {},
): ComponentOptions {
  return {
    windowSize: options.windowSize ?? 0,
    symlinks: options.symlinks ?? 'preserve',
    names: options.names ?? 'any',
    overwrite: options.overwrite ?? (options.atomic === 'tree' ? 'error' : 'always'),
    atomic: options.atomic ?? 'file',
    sparse: options.sparse ?? 'auto',
    recursive: options.recursive ?? false,
    preserveTimestamps: options.preserveTimestamps ?? false,
    preserveHardLinks: options.preserveHardLinks ?? false,
    verify: options.verify ?? false,
    allowChanges: options.allowChanges ?? false,
    sync: options.sync ?? false,
    dryRun: options.dryRun ?? false,
    keepGoing: options.keepGoing ?? false,
    makeParents: options.makeParents ?? true,
    measure,
    reportEntries: options.onEntry !== undefined,
    knowsRanges: false,
    include: [...(options.include ?? [])],
    exclude: [...(options.exclude ?? [])],
    input,
    filterSource: options.filterSource ?? false,
    ...(options.shard && { shard: options.shard }),
    ...limitsOf(options),
    alreadyCopied,
    ...(options.size !== undefined && { size: BigInt(options.size) }),
  };
}

function limitsOf(options: CopyOptions): Pick<ComponentOptions, LimitName> {
  const names = ['maxBytes', 'maxFiles', 'maxDepth', 'maxFileSize'] as const;
  const set = names.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, BigInt(value)]];
  });
  return Object.fromEntries(set);
}

type LimitName = 'maxBytes' | 'maxFiles' | 'maxDepth' | 'maxFileSize';
