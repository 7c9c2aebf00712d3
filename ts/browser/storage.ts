// A directory of the browser as a tree in memory. It is in the origin's private file system, or the visitor picked it.
// Names are listed before a copy, files are read when the component reads them, and changes are saved between two
// steps.

import { BlobContent, type Content } from './content.js';
import { DirectoryNode, FileNode, milliseconds, type Node } from './nodes.js';
import { StorageError } from './storage-error.js';
import type { Volume } from './volume.js';

/** The content of a directory of the browser, as it was last listed or saved. */
interface Kept {
  readonly handle: FileSystemDirectoryHandle;
  readonly path: string;
  readonly entries: Map<string, { readonly node: Node; readonly content: Content | undefined }>;
}

/** Keeps a volume and a directory of the browser equal. */
export class Storage {
  readonly #volume: Volume;
  readonly #handle: FileSystemDirectoryHandle;
  #kept = new Map<DirectoryNode, Kept>();

  constructor(volume: Volume, handle: FileSystemDirectoryHandle) {
    this.#volume = volume;
    this.#handle = handle;
  }

  /**
   * Fills the volume with the current entries of the directory. It reads no file's content.
   *
   * @throws {StorageError} if the directory cannot be read
   */
  async load(): Promise<void> {
    const { root, name, changed } = this.#volume;
    this.#kept = new Map();
    changed.clear();
    root.entries.clear();
    await this.#loadInto(root, this.#handle, name);
  }

  /**
   * Saves changes to the directory. Files that the component still writes are left for a later call.
   *
   * @throws {StorageError} if that fails. The file that failed is unchanged, and the files saved before it stay.
   */
  async save(): Promise<void> {
    const changed = [...this.#volume.changed];
    this.#volume.changed.clear();
    // A new directory comes after its parent, because making it changed the parent first.
    for (const directory of changed) {
      const kept = this.#kept.get(directory);
      if (kept !== undefined && directory.names > 0) {
        await this.#saveDirectory(directory, kept);
      }
    }
  }

  /** Returns how many more bytes the browser lets the page store there; undefined if that is unknown. */
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
      // From now on, the file is read from the storage and takes no memory.
      node.content = new BlobContent(await file.getFile());
    } catch (error) {
      if (isNew && (await isEmpty(file))) {
        // getFileHandle() made it. If it is not empty, somebody else has written it.
        await handle.removeEntry(name).catch(() => {});
      }
      throw StorageError.from(error, 'write', place);
    }
    entries.set(name, { node, content: node.content });
  }
}

/**
 * Refuses a name that was free when the directory was listed and is taken now: somebody has used it meanwhile, or the
 * file system takes two names for one. Browsers have no call that takes a name only if it is free, so this checks right
 * before.
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
    // It is gone or cannot be read. In doubt it stays.
    return false;
  }
}

/** Replaces the content of a file, in one step at the end. */
async function write(file: FileSystemFileHandle, content: Content): Promise<void> {
  const stream = await file.createWritable();
  try {
    // Not as one Blob, because for that the browser would need a second copy of it in memory.
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
