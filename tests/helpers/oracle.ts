// What a copy must come to, told by what is there and by the options alone.

import { lutimesSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CopyOptions } from 'mapcp';
import { putInto, type Seen } from '../behaviour/tree.js';
import type { Promised, PromisedTree, Tree } from '../faults/complete.js';

/** More than a page, so that a file can be two windows; each is of its own letter, so that a mixture is seen. */
const LENGTH = 70_000;

/** What {@link putFixture} makes a copy's source of. */
export const sources = [
  ...['in', 'in/f', 'in/d', 'in/d/g', 'in/link', 'in/loose', 'in/empty', 'in/missing'],
  ...['out', 'out/old', 'out/h'],
] as const;

/** What it can be copied to: what is missing, what is older or later, what is in the way, and the source itself. */
export const targets = [
  ...['out/x', 'out/x/y', 'out', 'out/h', 'out/h/x', 'out/old', 'out/old/f', 'out/odd', 'out/odd/f'],
  ...['in', 'in/x', 'in/f', 'in/link', 'in/d', 'in/d/g', 'in/d/e/x'],
] as const;

/** Makes files, directories and links, of whole seconds, in a directory. */
export function putFixture(directory: string): void {
  const put = putInto(directory);
  put.directory('in/d/e', 'out/old/d', 'out/odd/f');
  const letters = {
    'in/f': 'f',
    'in/d/g': 'g',
    'out/h': 'h',
    'out/old/f': 'i',
    'out/old/d/g': 'j',
    'out/odd/d': 'k',
  };
  for (const [path, letter] of Object.entries(letters)) {
    put.file(path, letter.repeat(LENGTH));
  }
  put.file('in/empty', '');
  put.symlink('in/link', 'd/g');
  put.symlink('in/loose', 'nowhere');
  put.symlink('out/old/link', 'elsewhere');
  const modes = { 'in/f': 0o640, 'in/d/g': 0o755, 'in/d': 0o750, 'in/d/e': 0o711 };
  for (const [path, mode] of Object.entries(modes)) {
    put.mode(path, mode);
  }
  // Of what is in out/old, one is older than what has its name in the source, and the others are later.
  const times: Readonly<Record<string, number>> = { 'in/f': 3000, 'in/d/g': 1000, 'in/link': 1000 };
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const time = times[path] ?? 2000;
    lutimesSync(join(directory, path), time, time);
  }
}

/** Patterns, and what each says of a path below the source. */
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

/** Whether a pattern, or one that its braces stand for, is matched against names, and so against that of the source. */
function isAboutNames(pattern: string): boolean {
  return /^([^/]+\/?|\{.*)$/.test(pattern);
}

/** What a copy must come to. */
export interface Verdict {
  /** Whether it fails as a whole, before anything is touched. */
  readonly isRefused: boolean;
  /** Whether the source itself is left out, so that nothing is touched; whether the target is good is open then. */
  readonly isLeftOut: boolean;
  /** The targets of what fails by itself, and of what is copied and left alone. */
  readonly failed: ReadonlySet<string>;
  readonly copied: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
  readonly bytes: number;
  /** All that there is where it has gone through. */
  readonly complete: PromisedTree;
}

/**
 * Tells what becomes of a copy from one path of `before` to another.
 *
 * @param before all that there is
 * @param options options whose patterns are of {@link patterns}; shares are left aside. Not to skip `source` itself
 */
export function judge(before: Tree, source: string, target: string, options: CopyOptions): Verdict {
  const judgement = new Judgement(before, options);
  judgement.copy(source, target);
  return judgement;
}

class Judgement implements Verdict {
  isRefused = false;
  isLeftOut = false;
  readonly failed = new Set<string>();
  readonly copied = new Set<string>();
  readonly skipped = new Set<string>();
  bytes = 0;
  readonly complete: Record<string, Promised>;
  readonly #before: Tree;
  readonly #options: CopyOptions;

  constructor(before: Tree, options: CopyOptions) {
    this.#before = before;
    this.#options = options;
    this.complete = Object.fromEntries(
      // What is made in a directory changes its time.
      Object.entries(before).map(([path, seen]) => [path, seen.kind === 'directory' ? untimed(seen) : seen]),
    );
  }

  copy(source: string, target: string): void {
    const { recursive = false, makeParents = true, dryRun = false } = this.#options;
    const found = this.#sourceAt(source);
    if (this.#isSourceLeftOut(source, found)) {
      this.isLeftOut = true;
      return;
    }
    const parents = parentsOf(target);
    const isBlocked = parents.some(
      (parent) => (this.#before[parent]?.kind ?? (makeParents && 'directory')) !== 'directory',
    );
    const isDirectory = found?.kind === 'directory';
    const isInside = isDirectory && `${target}/`.startsWith(`${source}/`);
    if (found === undefined || isBlocked || isInside || (isDirectory && !recursive)) {
      this.isRefused = true;
      return;
    }
    if (!dryRun) {
      for (const parent of parents) {
        this.complete[parent] ??= this.#madeDirectory();
      }
    }
    if (isDirectory) {
      this.#copyTree(source, found, target);
    } else {
      this.#copyEntry(source, found, target);
    }
    // What is in the way of the target itself is in the way of everything.
    if (this.failed.has(target)) {
      this.isRefused = true;
    }
  }

  #copyTree(source: string, found: Seen, target: string, below = ''): void {
    const { symlinks, preserveTimestamps = false, preserveMode = true, dryRun = false } = this.#options;
    if ((this.#before[target] ?? found).kind !== 'directory') {
      this.failed.add(target);
      return;
    }
    if (!dryRun) {
      const made = { ...this.#madeDirectory(), ...(preserveMode && { mode: found.mode }) };
      const due = this.complete[target] ?? made;
      this.complete[target] = { ...due, ...(preserveTimestamps && { time: found.time }) };
    }
    for (const path of Object.keys(this.#before).filter((path) => dirname(path) === source)) {
      const name = basename(path);
      const [to, rest] = [join(target, name), join(below, name)];
      const entry = this.#sourceAt(path);
      const isDirectory = entry?.kind === 'directory';
      // What leads nowhere could be a directory.
      const isLeftOut =
        this.#isLeftOut(rest, isDirectory) && (entry !== undefined || this.#isLeftOut(rest, true));
      if (isLeftOut || (symlinks === 'skip' && entry?.kind === 'link')) {
        continue;
      }
      if (entry === undefined) {
        this.failed.add(to);
      } else if (isDirectory) {
        this.#copyTree(path, entry, to, rest);
      } else {
        this.#copyEntry(path, entry, to);
      }
    }
  }

  #copyEntry(source: string, found: Seen, target: string): void {
    const { overwrite = 'always', preserveTimestamps, preserveMode = true, dryRun } = this.#options;
    const old = this.#before[target];
    if (old !== undefined) {
      if (old.kind === 'directory' || this.#isSame(source, target) || overwrite === 'error') {
        this.failed.add(target);
        return;
      }
      if (overwrite === 'never' || (overwrite === 'newer' && Number(found.time) <= Number(old.time))) {
        this.skipped.add(target);
        return;
      }
    }
    this.copied.add(target);
    this.bytes += found.kind === 'file' ? found.content.length : 0;
    if (!dryRun) {
      this.complete[target] = {
        kind: found.kind,
        content: found.content,
        ...(found.kind === 'file' && { mode: preserveMode ? found.mode : this.#usual('out/h') }),
        ...(preserveTimestamps && { time: found.time }),
      };
    }
  }

  /** What the source is at a path; undefined where there is nothing to be copied. */
  #sourceAt(path: string): Seen | undefined {
    return this.#before[this.#options.symlinks === 'follow' ? this.#leadsTo(path) : path];
  }

  /** Where a path leads. */
  #leadsTo(path: string): string {
    const seen = this.#before[path];
    return seen?.kind === 'link' ? join(dirname(path), seen.content) : path;
  }

  #isSame(source: string, target: string): boolean {
    return this.#leadsTo(source) === this.#leadsTo(target);
  }

  /** Whether the patterns leave out the source itself, by its name. One that leads nowhere could be anything. */
  #isSourceLeftOut(source: string, found: Seen | undefined): boolean {
    const kinds = found === undefined ? [false, true] : [found.kind === 'directory'];
    return (
      this.#options.filterSource === true &&
      this.#before[source] !== undefined &&
      kinds.every((isDirectory) => this.#isLeftOut(basename(source), isDirectory, isAboutNames))
    );
  }

  #isLeftOut(path: string, isDirectory: boolean, heeds = (_: string) => true): boolean {
    const { include = [], exclude = [] } = this.#options;
    const matches = (pattern: string) => heeds(pattern) && (patterns[pattern]?.(path, isDirectory) ?? false);
    return exclude.some(matches) || (!isDirectory && include.length > 0 && !include.some(matches));
  }

  #madeDirectory(): Promised {
    return { kind: 'directory', content: '', mode: this.#usual('out') };
  }

  /** The mode that the system gives to what is made, as it has given it to the fixture. */
  #usual(path: string): number | undefined {
    return this.#before[path]?.mode;
  }
}

/** The directories on the way to a path, from the top. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

function untimed({ kind, content, mode }: Seen): Promised {
  return { kind, content, mode };
}

/** What is to be compared of entries: all of it, or as much as is due. */
export function facts(found: PromisedTree, due = found): Record<string, object> {
  const fact = (
    { kind, content, mode, time }: Promised,
    { mode: dueMode, time: dueTime }: Partial<Promised> = {},
  ) => ({
    kind,
    // What files hold is long, and of one letter.
    content: `${content.length} bytes of ${[...new Set(content)].join('')}`,
    ...(dueMode !== undefined && { mode }),
    ...(dueTime !== undefined && { time }),
  });
  return Object.fromEntries(Object.entries(found).map(([path, entry]) => [path, fact(entry, due[path])]));
}
