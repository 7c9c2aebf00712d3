import { type Check, isRecord, requireThat } from '../common/check.js';
import { quoted } from '../common/errors.js';
import { access, preopenOf, preopensOf } from '../common/preopens.js';
import type { DirectoryEntry } from './entries.js';
import type { FlatTree } from './flat-tree.js';
import type { Grant } from './requests.js';
import { tree } from './tree-check.js';

/** A directory that a sandbox can reach. */
export type Preopen = {
  /** Whether the sandbox can change it; `read` allows no change. */
  readonly access: 'read' | 'read-write';
} & (
  | {
      /** A tree in memory. The sandbox works on a copy of it, which `Sandbox.tree` returns. */
      readonly tree: DirectoryEntry;
    }
  | {
      /** A directory of the origin's private file system, or one that the visitor picked. */
      readonly directory: FileSystemDirectoryHandle;
    }
);

/** The directories of a sandbox by their absolute guest paths. */
export type Preopens = Readonly<Record<string, Preopen>>;

const directory: Check = (name, value) => {
  const isDirectory = typeof value === 'object' && value !== null && 'getDirectoryHandle' in value;
  requireThat(isDirectory, name, 'a FileSystemDirectoryHandle', value);
  return value;
};

const takePreopens = preopensOf((name, value) => {
  const given = isRecord(value) ? { ...value } : value;
  const isOfBrowser = isRecord(given) && given.directory !== undefined;
  return preopenOf<object>(isOfBrowser ? { directory, access } : { tree, access })(name, given);
});

/** A checked preopen. */
type Taken = { readonly access: Preopen['access'] } & (
  | { readonly tree: FlatTree }
  | { readonly directory: FileSystemDirectoryHandle }
);

/**
 * Checks preopens, asks the visitor for access if needed, and returns what the worker gets.
 *
 * @param preopens the directories
 * @throws a TypeError if a preopen is invalid; an Error if the visitor does not grant access, or if two directories
 * overlap
 */
export async function grantsFor(preopens: Preopens): Promise<Grant[]> {
  const taken = takePreopens('preopens', preopens) as Readonly<Record<string, Taken>>;
  const grants: Grant[] = [];
  const handles: [string, FileSystemDirectoryHandle][] = [];
  for (const [name, preopen] of Object.entries(taken)) {
    if ('directory' in preopen) {
      await requireGranted(name, preopen.directory, preopen.access);
      handles.push([name, preopen.directory]);
    }
    const from = 'directory' in preopen ? preopen.directory : preopen.tree;
    grants.push({ name, access: preopen.access, from });
  }
  await refuseOverlap(handles);
  return grants;
}

/** Asks the visitor for access if needed. A browser allows that only just after a click or a key press. */
async function requireGranted(
  name: string,
  handle: FileSystemDirectoryHandle,
  access: Preopen['access'],
): Promise<void> {
  const mode = access === 'read' ? 'read' : 'readwrite';
  const isGranted =
    // Without this function, the browser cannot pick directories, so there is nothing to ask for.
    handle.queryPermission === undefined ||
    (await handle.queryPermission({ mode })) === 'granted' ||
    (await handle.requestPermission?.({ mode })) === 'granted';
  if (!isGranted) {
    const what = access === 'read' ? 'reading' : 'writing';
    const message = `cannot open ${quoted(name)}: ${what} ${quoted(handle.name)} was not granted; ask the visitor again`;
    throw Object.assign(new Error(message), { code: 'EACCES', path: name });
  }
}

/** Refuses a directory inside another one: the tree of each would miss the changes of the other. */
async function refuseOverlap(handles: readonly [string, FileSystemDirectoryHandle][]): Promise<void> {
  for (const [outerName, outer] of handles) {
    for (const [innerName, inner] of handles) {
      // Two names can have one handle.
      if (innerName !== outerName && (await outer.resolve(inner)) !== null) {
        throw new Error(`the preopen '${innerName}' lies in the preopen '${outerName}'`);
      }
    }
  }
}
