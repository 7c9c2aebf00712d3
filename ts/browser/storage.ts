// A directory of the browser's, in its private file system or picked by the visitor, as a tree: what is in it is read
// as the component asks for it, and what the component changes is put back between two steps.

import { BlobContent, type Content } from './content.js';
import { DirectoryNode, FileNode, milliseconds, type Node } from './nodes.js';
import { StorageError } from './storage-error.js';
import type { Volume } from './volume.js';

/** What is known to be in a directory of the browser's. */
interface Kept {
  readonly handle: FileSystemDirectoryHandle;
  readonly path: string;
  readonly entries: Map<string, { readonly node: Node; readonly content: Content | undefined }>;
}

/** Keeps a volume in step with a directory of the browser's. */
export class Storage {
  readonly #volume: Volume;
  readonly #handle: FileSystemDirectoryHandle;
  #kept = new Map<DirectoryNode, Kept>();

  constructor(volume: Volume, handle: FileSystemDirectoryHandle) {
    this.#volume = volume;
    this.#handle = handle;
  }

  /**
   * Fills the volume with what is in the directory now. No content is read.
   *
   * @throws {StorageError} when the directory cannot be read
   */
  async load(): Promise<void> {
    const { root, name, changed } = this.#volume;
    this.#kept = new Map();
    changed.clear();
    root.entries.clear();
    await this.#loadInto(root, this.#handle, name);
  }

  /**
   * Puts what has changed into the directory; files that are still being written wait for a later time.
   *
   * @throws {StorageError} when that fails. What was put there before stays, and the file that failed is as it was.
   */
  async save(): Promise<void> {
    const changed = [...this.#volume.changed];
    this.#volume.changed.clear();
    // A directory comes after the one that it was made in, since that has changed before.
    for (const directory of changed) {
      const kept = this.#kept.get(directory);
      if (kept !== undefined && directory.names > 0) {
        await this.#saveDirectory(directory, kept);
      }
    }
  }

  /** How many bytes more can be put there, as far as the browser tells; undefined where it does not. */
  async room(): Promise<number | undefined> {
    const privately = await navigator.storage.getDirectory();
    if ((await privately.resolve(this.#handle)) === null) {
      return undefined;
    }
    const { quota, usage = 0 } = await navigator.storage.estimate();
    return quota === undefined ? undefined : Math.max(0, quota - usage);
  }

  async #loadInto(directory: DirectoryNode, handle: FileSystemDirectoryHandle, path: string): Promise<void> {
    const kept: Kept = { handle, path, entries: new Map() };
    this.#kept.set(directory, kept);
    try {
      for await (const [name, child] of handle.entries()) {
        const node =
          child.kind === 'directory'
            ? new DirectoryNode()
            : fileFrom(await (child as FileSystemFileHandle).getFile());
        directory.entries.set(name, node);
        kept.entries.set(name, { node, content: contentOf(node) });
        if (node.type === 'directory') {
          await this.#loadInto(node, child as FileSystemDirectoryHandle, `${path}/${name}`);
        }
      }
    } catch (error) {
      throw StorageError.from(error, 'list', path);
    }
  }

  async #saveDirectory(directory: DirectoryNode, kept: Kept): Promise<void> {
    for (const [name, { node }] of kept.entries) {
      if (directory.entries.get(name)?.type !== node.type) {
        await attempt('remove', `${kept.path}/${name}`, () =>
          kept.handle.removeEntry(name, { recursive: true }),
        );
        kept.entries.delete(name);
      }
    }
    for (const [name, node] of directory.entries) {
      const last = kept.entries.get(name);
      if (last?.node === node && last.content === contentOf(node)) {
        continue;
      }
      if (node.type === 'directory') {
        await this.#makeDirectory(node, kept, name);
      } else if (node.type === 'regular-file' && node.writers === 0) {
        await this.#saveFile(node, kept, name);
      } else {
        this.#volume.changed.add(directory);
      }
    }
  }

  async #makeDirectory(node: DirectoryNode, { handle, path, entries }: Kept, name: string): Promise<void> {
    const place = `${path}/${name}`;
    const child = await attempt('create', place, () => handle.getDirectoryHandle(name, { create: true }));
    entries.set(name, { node, content: undefined });
    this.#kept.set(node, { handle: child, path: place, entries: new Map() });
  }

  async #saveFile(node: FileNode, { handle, path, entries }: Kept, name: string): Promise<void> {
    const place = `${path}/${name}`;
    const isNew = !entries.has(name);
    if (isNew) {
      await expectFree(handle, name, place);
    }
    const file = await attempt('create', place, () => handle.getFileHandle(name, { create: true }));
    try {
      await write(file, node.content);
      // From now on it is read from there, and takes no memory.
      node.content = new BlobContent(await file.getFile());
    } catch (error) {
      if (isNew && (await isEmpty(file))) {
        // Asking for the handle made it. What has something in it is somebody else's.
        await handle.removeEntry(name).catch(() => {});
      }
      throw StorageError.from(error, 'write', place);
    }
    entries.set(name, { node, content: node.content });
  }
}

/**
 * Refuses a name that was not there when the directory was listed, and is now: somebody has made it meanwhile, or the file
 * system takes two names for one. A browser has no call that takes a name only if it is free, so this is a look right before.
 */
async function expectFree(handle: FileSystemDirectoryHandle, name: string, place: string): Promise<void> {
  try {
    await handle.getFileHandle(name);
  } catch (error) {
    const failure = StorageError.from(error, 'create', place);
    if (failure.code.tag === 'not-found') {
      return;
    }
    throw failure;
  }
  const reason = 'it exists already; it was made meanwhile, or the file system takes two names for one';
  throw new StorageError({ tag: 'already-exists' }, 'create', place, reason);
}

async function isEmpty(file: FileSystemFileHandle): Promise<boolean> {
  try {
    return (await file.getFile()).size === 0;
  } catch {
    // It is gone, or not to be read: in doubt it stays.
    return false;
  }
}

/** Replaces what is in a file, in one step at the end. */
async function write(file: FileSystemFileHandle, content: Content): Promise<void> {
  const stream = await file.createWritable();
  try {
    // Not as one Blob, for which the browser would need all of it in memory once more.
    for (const part of content.parts()) {
      await stream.write(part);
    }
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
  await stream.close();
}

async function attempt<T>(operation: 'create' | 'remove', path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw StorageError.from(error, operation, path);
  }
}

function fileFrom(file: File): FileNode {
  return new FileNode(new BlobContent(file), milliseconds(file.lastModified));
}

function contentOf(node: Node): Content | undefined {
  return node.type === 'regular-file' ? node.content : undefined;
}
