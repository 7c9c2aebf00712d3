import type { CopyOptions as ComponentOptions } from '#bindings/interfaces/mapcp-copy-copier.js';

export type { ComponentOptions };

/** How far a copy has come. */
export interface CopyProgress {
  /** Bytes copied. Never shrinks. */
  readonly bytesDone: number;
  /** Bytes to copy in all; undefined until that is known. */
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
   * What becomes of symbolic links: `preserve` makes a link with the same text, `follow` copies what it leads to, as
   * long as that is in the sandbox, and `skip` leaves it out.
   *
   * @default 'preserve'
   */
  readonly symlinks?: 'preserve' | 'follow' | 'skip' | undefined;
  /**
   * What becomes of a file or link that has the target's name already: it is replaced (`always`), it stays (`never`),
   * it is replaced by one that was modified later (`newer`), or it is an error (`error`). Directories are merged.
   *
   * @default 'always'
   */
  readonly overwrite?: 'always' | 'never' | 'newer' | 'error' | undefined;
  /**
   * Give files, links and directories the source's times of access and modification.
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
   * Read each file back and compare it before it takes the target's name.
   *
   * @default false
   */
  readonly verify?: boolean | undefined;
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
   * at its end makes it match directories only. `*`, `?` and `[...]` match within a name, a name `**` any number of
   * names.
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
   * Copy only what belongs to one of several shares, so that as many copies, on as many machines as you like, divide a
   * tree without talking to each other. A file or link belongs to a share by the hash of its path below the source,
   * the same on every system; a source that is no directory, by that of its name. Directories are made by whichever
   * share comes first. Progress and report are of this share alone.
   *
   * @default everything is copied
   */
  readonly shard?: Shard | undefined;
  /**
   * How many jobs divide a tree among themselves: one in this thread, and each other in a thread of its own with a sandbox
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
   * Go on after an entry of a tree that could not be copied; each such failure is in the report.
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
  /** Called now and then, at most some thirty times a second, and at the end. What it throws ends the copy. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /**
   * Called for each file and link that is in place or was left alone, and for each directory that was made, soon after
   * and in that order; under `dryRun`, for what would be. What it throws ends the copy.
   */
  readonly onEntry?: ((entry: CopyEntry) => void) | undefined;
  /** Ends the copy when it is aborted: what was finished stays, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const policies = {
  symlinks: ['preserve', 'follow', 'skip'],
  overwrite: ['always', 'never', 'newer', 'error'],
  sparse: ['auto', 'always', 'never'],
} as const;

const flags = [
  'recursive',
  'preserveTimestamps',
  'preserveMode',
  'verify',
  'sync',
  'makeParents',
  'keepGoing',
  'dryRun',
] as const;

/**
 * Throws a TypeError that names the first option of a wrong type or value.
 *
 * @param options anything
 */
export function requireOptions(options: unknown): asserts options is CopyOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be an object, not ${typeName(options)}`);
  }
  const given: Partial<Record<keyof CopyOptions, unknown>> = options;
  for (const name of flags) {
    requireType(name, given[name], 'boolean');
  }
  for (const [name, values] of Object.entries(policies)) {
    requireOneOf(name, given[name as keyof typeof policies], values);
  }
  for (const name of ['include', 'exclude'] as const) {
    requirePatterns(name, given[name]);
  }
  requireType('onProgress', given.onProgress, 'function');
  requireType('onEntry', given.onEntry, 'function');
  requireType('host', (given as { host?: unknown }).host, 'function');
  requireWindowSize(given.windowSize);
  requireShard(given.shard);
  if (given.concurrency !== undefined) {
    requireWholeNumber('concurrency', given.concurrency, 1, MOST_JOBS);
  }
  if (given.signal !== undefined && !(given.signal instanceof AbortSignal)) {
    throw new TypeError(`options.signal must be an AbortSignal, not ${typeName(given.signal)}`);
  }
}

/**
 * Throws a TypeError unless `value` is a path: a string without NUL, which no file system takes.
 *
 * @param argument the name of the argument, for the message
 * @param value anything
 */
export function requirePath(argument: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') {
    throw new TypeError(`${argument} must be a string, not ${typeName(value)}`);
  }
  if (value.includes('\0')) {
    throw new TypeError(`${argument} must not contain a NUL character`);
  }
}

/**
 * The options as the component takes them.
 *
 * @param options options that {@link requireOptions} has passed
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
    sync: options.sync ?? false,
    dryRun: options.dryRun ?? false,
    keepGoing: options.keepGoing ?? false,
    makeParents: options.makeParents ?? true,
    measure,
    reportEntries: options.onEntry !== undefined,
    include: [...(options.include ?? [])],
    exclude: [...(options.exclude ?? [])],
    ...(options.shard && { shard: options.shard }),
  };
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function requireType(name: string, value: unknown, type: 'boolean' | 'function'): void {
  if (value !== undefined && typeof value !== type) {
    throw new TypeError(`options.${name} must be a ${type}, not ${typeName(value)}`);
  }
}

function requireOneOf(name: string, value: unknown, values: readonly string[]): void {
  if (value !== undefined && !(typeof value === 'string' && values.includes(value))) {
    throw new TypeError(`options.${name} must be one of ${values.map((each) => `'${each}'`).join(', ')}`);
  }
}

function requirePatterns(name: string, value: unknown): void {
  if (value !== undefined && !(Array.isArray(value) && value.every((each) => typeof each === 'string'))) {
    throw new TypeError(`options.${name} must be an array of strings`);
  }
}

function requireWindowSize(value: unknown): void {
  const isGood = typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 2 ** 30;
  if (value !== undefined && !isGood) {
    throw new TypeError('options.windowSize must be a whole number of bytes, from 1 to 1073741824');
  }
}

/** The most that a copy can be divided among: more threads than this serve nobody. */
export const MOST_JOBS = 256;

// What the component takes for a number.
const MOST_SHARES = 2 ** 32 - 1;

function requireShard(value: unknown): void {
  if (value === undefined) {
    return;
  }
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`options.shard must be an object with index and count, not ${typeName(value)}`);
  }
  const { index, count }: { index?: unknown; count?: unknown } = value;
  requireWholeNumber('shard.count', count, 1, MOST_SHARES);
  requireWholeNumber('shard.index', index, 0, Number(count) - 1);
}

function requireWholeNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number') {
    throw new TypeError(`options.${name} must be a number, not ${typeName(value)}`);
  }
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`options.${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
}
