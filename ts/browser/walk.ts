// The walk along a component's path, from a directory that it holds, and never above it: the same rules as in
// ts/host/walk.ts, over a tree in memory.

import { fail } from '../host/error-code.js';
import type { DirectoryNode, Node } from './nodes.js';

/** As many symbolic links as Linux follows on one path. */
const MOST_LINKS = 40;

/** As many bytes as Linux takes for a path, without the NUL at its end, and for a name. */
const MOST_BYTES = 4095;
const MOST_NAME_BYTES = 255;

/** Where a path leads. */
export interface Place {
  /** The directory that holds the place. */
  readonly parent: DirectoryNode;
  /** The name in it; `.` for the directory itself. */
  readonly name: string;
  /** What is there, if anything. */
  readonly node: Node | undefined;
  /** Whether the path ended in a slash, so that nothing but a directory will do. */
  readonly mustBeDirectory: boolean;
}

/** Whether a symbolic link at the end of a path is followed: never, where a slash is behind it, or always. */
export type Follow = 'never' | 'slash' | 'always';

function bytesOf(text: string): number {
  // UTF-8 has at most three bytes for each of JavaScript's units.
  return text.length * 3 <= MOST_NAME_BYTES ? text.length : new TextEncoder().encode(text).length;
}

/**
 * Walks to `path` from `base`. There may be nothing at its end.
 *
 * Fails with `no-entry`, `not-directory`, `loop`, `name-too-long`, `invalid` (a NUL), and `not-permitted` where the
 * path, or a symbolic link on it, is absolute or leads above `base`.
 */
export function walk(base: DirectoryNode, path: string, follow: Follow): Place {
  const entered = [base];
  const ahead: string[] = [];
  let mustBeDirectory = false;
  let links = 0;
  const add = (part: string): void => {
    expectPath(part);
    mustBeDirectory ||= ahead.length === 0 && part.endsWith('/');
    ahead.push(
      ...part
        .split('/')
        .filter((name) => name !== '')
        .reverse(),
    );
  };
  add(path);
  for (;;) {
    const parent = entered.at(-1) ?? base;
    const name = ahead.pop();
    if (name === undefined) {
      return { parent, name: '.', node: parent, mustBeDirectory: true };
    }
    if (name === '.') {
      continue;
    }
    if (name === '..') {
      entered.pop();
      if (entered.length === 0) {
        fail('not-permitted');
      }
      continue;
    }
    if (bytesOf(name) > MOST_NAME_BYTES) {
      fail('name-too-long');
    }
    const node = parent.entries.get(name);
    const isLast = ahead.length === 0;
    const follows = !isLast || follow === 'always' || (follow === 'slash' && mustBeDirectory);
    if (node?.type === 'symbolic-link' && follows) {
      links += 1;
      if (links > MOST_LINKS) {
        fail('loop');
      }
      add(node.text);
    } else if (isLast) {
      return { parent, name, node, mustBeDirectory };
    } else if (node === undefined) {
      fail('no-entry');
    } else if (node.type !== 'directory') {
      fail('not-directory');
    } else {
      entered.push(node);
    }
  }
}

function expectPath(path: string): void {
  if (path === '') {
    fail('no-entry');
  }
  if (path.startsWith('/')) {
    fail('not-permitted');
  }
  if (path.includes('\0')) {
    fail('invalid');
  }
  if (bytesOf(path) > MOST_BYTES) {
    fail('name-too-long');
  }
}
