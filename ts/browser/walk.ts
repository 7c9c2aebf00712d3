// The walk in a tree in memory.

import { fail } from '../host/error-code.js';
import { isLonger, Walk } from '../host/walk.js';
import type { DirectoryNode, Node } from './nodes.js';

/** Maximum number of bytes in a name, as in Linux. */
const MOST_NAME_BYTES = 255;

/** The result of a walk along a path. */
export interface ResolvedPath {
  /** The directory that has the name. */
  readonly parent: DirectoryNode;
  /** The name in it; `.` for the directory itself. */
  readonly name: string;
  /** What has the name; undefined if nothing has. */
  readonly node: Node | undefined;
  /** Whether the path ended in a slash, so that it must lead to a directory. */
  readonly mustBeDirectory: boolean;
}

/** When a symbolic link at the end of a path is followed: never, if a slash is behind it, or always. */
export type Follow = 'never' | 'slash' | 'always';

/** Returns what has this name. Fails with `name-too-long`. */
function find(directory: DirectoryNode, name: string): Node | undefined {
  return isLonger(name, MOST_NAME_BYTES) ? fail('name-too-long') : directory.entries.get(name);
}

class NodeWalk extends Walk<DirectoryNode> {
  constructor(base: DirectoryNode, path: string) {
    super(base);
    this.start(path);
  }

  /** What is at the position; undefined if nothing is. */
  get node(): Node | undefined {
    return this.name === '.' ? this.directory : find(this.directory, this.name);
  }

  protected override enter(directory: DirectoryNode, name: string): DirectoryNode | undefined {
    const node = find(directory, name) ?? fail('no-entry');
    return node.type === 'directory' ? node : undefined;
  }

  protected override readLink(directory: DirectoryNode, name: string): string | undefined {
    const node = directory.entries.get(name);
    return node?.type === 'symbolic-link' ? node.text : undefined;
  }

  protected override release(): void {}
}

/** Walks to `path` from `base`. Nothing needs to be there. Fails as `Walk.start` does. */
export function walk(base: DirectoryNode, path: string, follow: Follow): ResolvedPath {
  const reached = new NodeWalk(base, path);
  for (;;) {
    const { directory: parent, name, node, mustBeDirectory } = reached;
    if (node?.type !== 'symbolic-link' || follow === 'never' || (follow === 'slash' && !mustBeDirectory)) {
      return { parent, name, node, mustBeDirectory: mustBeDirectory || name === '.' };
    }
    reached.followLink();
  }
}
