// Predicts the result of a copy from the documentation, without mapcp.

import { basename, dirname, join, relative } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import type { Seen } from '../behaviour/tree.js';

/** The entries of a directory by their paths. */
export type Tree = Readonly<Record<string, Seen>>;

/** An entry that a copy must leave. Any mode and any time is right if it is missing here. */
export interface ExpectedEntry extends Pick<Seen, 'kind' | 'content'> {
  readonly mode?: number | undefined;
  readonly time?: string | undefined;
}

/** Expected entries by their paths. */
export type ExpectedTree = Readonly<Record<string, ExpectedEntry>>;

/** Patterns, each with a function that says whether it matches a path below the source. */
export const patterns: Readonly<Record<string, (path: string, isDirectory: boolean) => boolean>> = {
  f: (path) => basename(path) === 'f',
  '/f': (path) => path === 'f',
  '*': () => true,
  'd/': (path, isDirectory) => isDirectory && basename(path) === 'd',
  'd/*': (path) => dirname(path) === 'd',
  '**/g': (path) => basename(path) === 'g',
  '[!f]': (path) => basename(path).length === 1 && basename(path) !== 'f',
  'lo*e': (path) => basename(path) === 'loose',
  '[[]': () => false,
  '{f,d/g}': (path) => basename(path) === 'f' || path === 'd/g',
};

/** Whether a pattern, or a part of its braces, matches names. Such a pattern is also compared with the source's name. */
function matchesNames(pattern: string): boolean {
  return /^([^/]+\/?|\{.*)$/.test(pattern);
}

/** The predicted result of a copy. */
export interface Prediction {
  /** Whether the whole copy fails, and leaves everything unchanged. */
  readonly isRefused: boolean;
  /**
   * Every entry if the whole copy fails. The directories that it made on the way to the target are gone again, but their
   * parent has a new time.
   */
  readonly unchanged: ExpectedTree;
  /** Whether a pattern excludes the source itself. Then nothing is touched, and the target may be wrong. */
  readonly isExcluded: boolean;
  /** The targets of entries that fail, are copied, and are kept. */
  readonly failed: ReadonlySet<string>;
  readonly copied: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
  readonly bytes: number;
  /** Every entry after a complete copy. */
  readonly complete: ExpectedTree;
}

/** The runtime of a copy. */
export interface Runtime {
  /** Whether it carries permissions. If not, new entries may have any mode. */
  readonly hasModes: boolean;
}

const NODE: Runtime = { hasModes: true };

/**
 * Predicts a copy from one path of `before` to another.
 *
 * @param before all entries before the copy
 * @param options patterns must be of {@link patterns}. Shards are ignored. `symlinks: 'skip'` must not concern `source`
 */
export function predict(
  before: Tree,
  source: string,
  target: string,
  options: CopyOptions,
  runtime = NODE,
): Prediction {
  const oracle = new Oracle(before, options, runtime);
  oracle.copy(source, target);
  return oracle;
}

/**
 * Predicts a recursive copy of `a` in one directory to `to` in another.
 *
 * @param source the entries of the first directory
 * @param before the entries of the other directory before the copy
 * @returns the entries of the other directory after a complete copy
 */
export function predictTarget(
  source: Tree,
  before: Tree,
  options: CopyOptions,
  { to = 'b', ...runtime }: Runtime & { readonly to?: string } = NODE,
): ExpectedTree {
  const root: Seen = { kind: 'directory', content: '', mode: 0o777, time: '0', used: 0 };
  const all = { in: root, ...below('in', source), out: root, ...below('out', before) };
  const { complete } = predict(all, 'in/a', `out/${to}`, { ...options, recursive: true }, runtime);
  const entries = Object.entries(complete).filter(([path]) => path.startsWith('out/'));
  return Object.fromEntries(entries.map(([path, entry]) => [path.slice('out/'.length), entry]));
}

function below(directory: string, tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([path, seen]) => [join(directory, path), seen]));
}

class Oracle implements Prediction {
  isRefused = false;
  isExcluded = false;
  readonly failed = new Set<string>();
  readonly copied = new Set<string>();
  readonly skipped = new Set<string>();
  bytes = 0;
  unchanged: ExpectedTree;
  complete: Record<string, ExpectedEntry>;
  readonly #before: Tree;
  /** What the copy finds at its targets. */
  #existing: Tree;
  /** The directory that gets a new time because the target is made in it. */
  #renewed: string | undefined;
  readonly #options: CopyOptions;
  readonly #runtime: Runtime;

  constructor(before: Tree, options: CopyOptions, runtime: Runtime) {
    this.#before = before;
    this.#existing = before;
    this.unchanged = before;
    this.#options = options;
    this.#runtime = runtime;
    // A new entry changes the time of its directory.
    this.complete = withAnyTimes(before, ({ kind }) => kind === 'directory');
  }

  copy(source: string, target: string): void {
    const { recursive = false, makeParents = true, dryRun = false } = this.#options;
    const found = this.#sourceAt(source);
    if (this.#isSourceExcluded(source, found)) {
      this.isExcluded = true;
      return;
    }
    const parents = parentsOf(target);
    const isBlocked = parents.some(
      (parent) => (this.#before[parent]?.kind ?? (makeParents && 'directory')) !== 'directory',
    );
    const isDirectory = found?.kind === 'directory';
    const isInside =
      isDirectory && `${target}/`.startsWith(`${source}/`) && !this.#isLeftOut(relative(source, target));
    if (found === undefined || isBlocked || isInside || (isDirectory && !recursive)) {
      this.isRefused = true;
      return;
    }
    if (!dryRun) {
      const holder = parents.findLast((parent) => this.#before[parent] !== undefined);
      if (holder !== parents.at(-1)) {
        this.unchanged = withAnyTimes(this.#before, (_, path) => path === holder);
      }
      for (const parent of parents) {
        this.complete[parent] ??= this.#newDirectory();
      }
      if (this.#before[target] === undefined || this.#options.atomic === 'tree') {
        this.#renewed = holder;
      }
    }
    if (isDirectory && this.#options.atomic === 'tree') {
      this.#copyWhole(source, found, target);
    } else if (isDirectory) {
      this.#copyTree(source, found, target);
    } else {
      this.#copyEntry(source, found, target);
    }
    // If the target itself cannot be replaced, nothing is copied.
    if (this.failed.has(target)) {
      this.isRefused = true;
    }
  }

  /** Copies a tree as a whole, or not at all. */
  #copyWhole(source: string, found: Seen, target: string): void {
    const { overwrite = 'error' } = this.#options;
    const old = this.#before[target];
    const isInOld = `${source}/`.startsWith(`${target}/`);
    if (old?.kind === 'directory' && overwrite === 'never') {
      return;
    }
    const before = { ...this.complete };
    const isOfOld = (path: string) => path === target || path.startsWith(`${target}/`);
    if (old === undefined || (old.kind === 'directory' && overwrite === 'always' && !isInOld)) {
      const others = Object.entries(this.#before).filter(([path]) => !isOfOld(path));
      this.#existing = Object.fromEntries(others);
      for (const path of this.#options.dryRun ? [] : Object.keys(this.complete).filter(isOfOld)) {
        delete this.complete[path];
      }
      this.#copyTree(source, found, target);
    } else {
      this.failed.add(target);
    }
    if (this.failed.size > 0) {
      this.copied.clear();
      this.bytes = 0;
      this.complete = before;
    }
  }

  #copyTree(source: string, found: Seen, target: string, below = ''): void {
    const { symlinks, preserveTimestamps = false, dryRun = false } = this.#options;
    if ((this.#existing[target] ?? found).kind !== 'directory') {
      this.failed.add(target);
      return;
    }
    if (!dryRun) {
      const merged = this.complete[target] ?? { ...this.#newDirectory(), mode: this.#modeOf(found) };
      const time = source === this.#renewed ? undefined : found.time;
      const kept = preserveTimestamps && { time, ...this.#refreshed(found) };
      this.complete[target] = { ...merged, ...kept };
    }
    const directory = this.#resolved(source);
    for (const path of Object.keys(this.#before).filter((path) => dirname(path) === directory)) {
      const name = basename(path);
      const [to, rest] = [join(target, name), join(below, name)];
      const entry = this.#sourceAt(path);
      const isDirectory = entry?.kind === 'directory';
      // A dangling link could lead to a directory.
      const isExcluded =
        this.#isExcluded(rest, isDirectory) && (entry !== undefined || this.#isExcluded(rest, true));
      if (isExcluded || (symlinks === 'skip' && entry?.kind === 'link')) {
        continue;
      }
      if (entry === undefined) {
        this.failed.add(to);
      } else if (isDirectory) {
        this.#copyTree(path, entry, to, rest);
      } else {
        this.#copyEntry(path, entry, to, rest.split('/').length);
      }
    }
  }

  /** Copies a file or a link. `depth` is how many directories of the tree are above it; 0 without a tree. */
  #copyEntry(source: string, found: Seen, target: string, depth = 0): void {
    const { atomic, preserveTimestamps, dryRun, symlinks } = this.#options;
    const { overwrite = atomic === 'tree' ? 'error' : 'always' } = this.#options;
    const old = this.#existing[target];
    if (old !== undefined) {
      const isItself = this.#resolved(source) === target;
      const stays = overwrite === 'never' || (overwrite === 'newer' && isItself);
      const isError = overwrite === 'error' || (!stays && this.#isSame(source, target));
      if (old.kind === 'directory' || isError) {
        this.failed.add(target);
        return;
      }
      if (stays || (overwrite === 'newer' && Number(found.time) <= Number(old.time))) {
        this.skipped.add(target);
        return;
      }
    }
    if (symlinks === 'contained' && found.kind === 'link' && !isContained(found.content, depth)) {
      this.failed.add(target);
      return;
    }
    this.copied.add(target);
    this.bytes += found.kind === 'file' ? found.content.length : 0;
    if (!dryRun) {
      this.complete[target] = {
        kind: found.kind,
        content: found.content,
        // The system gives all links the same mode.
        ...(found.kind === 'file' && { mode: this.#modeOf(found) }),
        ...(preserveTimestamps && { time: found.time }),
      };
    }
  }

  /** The entry that is copied from a path, if there is one. */
  #sourceAt(path: string): Seen | undefined {
    return this.#before[this.#resolved(path)];
  }

  /** The path that the copy reads instead of a path: links are followed if the options say so. */
  #resolved(path: string): string {
    return this.#options.symlinks === 'follow' ? this.#linkTarget(path) : path;
  }

  #linkTarget(path: string): string {
    const seen = this.#before[path];
    return seen?.kind === 'link' ? this.#linkTarget(join(dirname(path), seen.content)) : path;
  }

  /** Whether a copy would replace its source. A link can replace another link, wherever both lead. */
  #isSame(source: string, target: string): boolean {
    const areLinks = [this.#resolved(source), target].every((path) => this.#before[path]?.kind === 'link');
    return areLinks ? source === target : this.#linkTarget(source) === this.#linkTarget(target);
  }

  /** Whether the patterns exclude the source itself by its name. A dangling link could be of any kind. */
  #isSourceExcluded(source: string, found: Seen | undefined): boolean {
    const kinds = found === undefined ? [false, true] : [found.kind === 'directory'];
    return (
      this.#options.filterSource === true &&
      this.#before[source] !== undefined &&
      kinds.every((isDirectory) => this.#isExcluded(basename(source), isDirectory, matchesNames))
    );
  }

  /** Whether a target in the source is never walked, because the patterns exclude it or a directory above it. */
  #isLeftOut(path: string): boolean {
    return path !== '' && [...parentsOf(path), path].some((part) => this.#isExcluded(part, true));
  }

  #isExcluded(path: string, isDirectory: boolean, isUsed = (_: string) => true): boolean {
    const { include = [], exclude = [] } = this.#options;
    const matches = (pattern: string) => isUsed(pattern) && (patterns[pattern]?.(path, isDirectory) ?? false);
    return exclude.some(matches) || (!isDirectory && include.length > 0 && !include.some(matches));
  }

  #newDirectory(): ExpectedEntry {
    return { kind: 'directory', content: '', mode: 0o777 & ~process.umask() };
  }

  /** The mode that an existing directory gets together with the times of its source, if it gets one. */
  #refreshed(found: Seen): Pick<ExpectedEntry, 'mode'> {
    const carries = this.#runtime.hasModes && (this.#options.preserveMode ?? true);
    return carries ? { mode: this.#modeOf(found) } : {};
  }

  /** The mode of a new entry; undefined if any mode is right. */
  #modeOf({ kind, mode }: Seen): number | undefined {
    if (!this.#runtime.hasModes) {
      return undefined;
    }
    if (this.#options.preserveMode ?? true) {
      return mode & (kind === 'directory' ? 0o1777 : 0o777);
    }
    return (kind === 'directory' ? 0o777 : 0o666) & ~process.umask();
  }
}

/** Whether the text of a link cannot lead out of a tree, if the link has `depth` directories of the tree above it. */
function isContained(text: string, depth: number): boolean {
  const [, up = '', names = ''] = /^((?:\.{0,2}(?:\/+|$))*)(.*)$/.exec(text) ?? [];
  const isRelative = text !== '' && !text.startsWith('/') && !/^[a-z]:|\\/i.test(text);
  const ups = up.split('/').filter((name) => name === '..').length;
  return isRelative && ups < depth && !names.split('/').some((name) => name !== '.' && /^[. ]+$/.test(name));
}

/** The directories on the way to a path, from the top. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

/** The same entries. Those that `isChosen` chooses, by default all, may have any time. */
export function withAnyTimes(
  tree: ExpectedTree,
  isChosen: (entry: ExpectedEntry, path: string) => boolean = () => true,
): Record<string, ExpectedEntry> {
  return Object.fromEntries(
    Object.entries(tree).map(([path, entry]) => [
      path,
      isChosen(entry, path) ? { ...entry, time: undefined } : entry,
    ]),
  );
}

/** Entries in a form that a failed comparison can print: only the properties that `expected` has. */
export function facts(found: ExpectedTree, expected = found): Record<string, object> {
  const fact = (
    { kind, content, mode, time }: ExpectedEntry,
    { mode: expectedMode, time: expectedTime }: Partial<ExpectedEntry> = {},
  ) => ({
    kind,
    // The contents are long, and each is of one letter.
    content: `${content.length} bytes of ${[...new Set(content)].join('')}`,
    ...(expectedMode !== undefined && { mode }),
    ...(expectedTime !== undefined && { time }),
  });
  return Object.fromEntries(
    Object.entries(found).map(([path, entry]) => [path, fact(entry, expected[path])]),
  );
}
