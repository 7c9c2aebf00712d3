// What a copy comes to, from what there was and what was asked for: by the documentation, and without mapcp.

import { join, posix } from 'node:path';
import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { look, type Seen } from '../behaviour/tree.js';

/** What a directory holds, by the paths in it. */
export type Tree = Readonly<Record<string, Seen>>;

/** What is promised of an entry. A mode or a time that is not here may be any. */
export interface Promised extends Pick<Seen, 'kind' | 'content'> {
  readonly mode?: number | undefined;
  readonly time?: string | undefined;
}

/** What is promised of a directory, by the paths in it. */
export type PromisedTree = Readonly<Record<string, Promised>>;

/** A copy of `a` in one directory to `to` in another. */
export interface Request {
  /** What there is in the one. */
  readonly source: Tree;
  /** What there is in the other before. */
  readonly before: Tree;
  readonly to: string;
  readonly options: CopyOptions;
}

/** What is in the other directory once such a copy is done. */
export function completed(request: Request): PromisedTree {
  const { before, to } = request;
  const stays = Object.entries(before).map(([path, seen]) => [path, unchanged(seen)]);
  return { ...Object.fromEntries(stays), ...parents(request), ...copies(request, 'a', to) };
}

/** What is in `out` of a directory, where that is before, once `in/a` beside it has been copied to `out/b`. */
export function completedIn(directory: string, before: Tree, options: CopyOptions): PromisedTree {
  return completed({ source: look(join(directory, 'in')), before, to: 'b', options });
}

/** An entry that nobody has to do with; a directory in which something was made has another time. */
function unchanged({ kind, content, mode, time }: Seen): Promised {
  return { kind, content, mode, ...(kind !== 'directory' && { time }) };
}

/** The directories that are made on the way. */
function parents({ before, to }: Request): PromisedTree {
  const made: Record<string, Promised> = {};
  for (let path = posix.dirname(to); path !== '.'; path = posix.dirname(path)) {
    if (before[path] === undefined) {
      made[path] = { kind: 'directory', content: '', mode: 0o777 & ~process.umask() };
    }
  }
  return made;
}

/** An entry of the source, and all that is in it, as it is at the target. */
function copies(request: Request, from: string, to: string): PromisedTree {
  const { source, before, options } = request;
  const [path, seen] = found(request, from);
  const old = before[to];
  if (seen.kind === 'link' && options.symlinks === 'skip') {
    return {};
  }
  if (seen.kind !== 'directory') {
    return old !== undefined && isKept(seen, old, options) ? {} : { [to]: copy(seen, options) };
  }
  const merged = { ...copy(seen, options), ...(old !== undefined && { mode: old.mode }) };
  const below = Object.keys(source).filter((each) => posix.dirname(each) === path);
  return Object.assign(
    { [to]: merged },
    ...below.map((each) => copies(request, each, posix.join(to, posix.basename(each)))),
  );
}

/** Whether an old file is not to be overwritten. */
function isKept(seen: Seen, old: Seen, { overwrite }: CopyOptions): boolean {
  return overwrite === 'never' || (overwrite === 'newer' && Number(seen.time) <= Number(old.time));
}

/** What is copied for a path of the source, and where that is. */
function found(request: Request, path: string): [string, Seen] {
  const { source, options } = request;
  const seen = source[path];
  if (seen === undefined) {
    throw new Error(`there is no '${path}' to be copied`);
  }
  return seen.kind === 'link' && options.symlinks === 'follow'
    ? found(request, posix.join(posix.dirname(path), seen.content))
    : [path, seen];
}

function copy({ kind, content, mode, time }: Seen, options: CopyOptions): Promised {
  const { preserveMode = true, preserveTimestamps = false } = options;
  // A link has the mode that the system gives to all of them.
  const carried = kind === 'directory' ? mode & 0o1777 : mode & 0o777;
  return {
    kind,
    content,
    ...(preserveMode && kind !== 'link' && { mode: carried }),
    ...(preserveTimestamps && { time }),
  };
}
