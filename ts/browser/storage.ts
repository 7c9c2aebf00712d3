// A directory of the browser as a tree in memory. It is in the origin's private file system, or the visitor picked it.
//
// The component's calls are synchronous, and the browser's are not. So everything happens between two steps of a job:
// - Names and files are loaded when the component has opened their directory, before it looks at its entries.
// - A small file is written when the component has finished it, several at once and while the component continues.
// - A large file is written as the component writes it, under its temporary name, and then moved.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { fail } from '../host/error-code.js';
import { BlobContent, type Content, NoContent } from './content.js';
import { DirectoryNode, FileNode, milliseconds, type Node } from './nodes.js';
import { folded, inParallel, Tasks } from './parallel.js';
import { StorageError } from './storage-error.js';
import { isStored, type StoredContent, storeIn } from './stored-content.js';
import { readIn } from './synchronous-reading.js';
import { LARGE, type Volume } from './volume.js';

/** How many bytes of finished files wait to be written at most. */
const MOST_WAITING = 1 << 25;

/** A directory of the browser, with its entries as they were last loaded or saved. */
interface Kept {
  readonly handle: Promise<FileSystemDirectoryHandle>;
  readonly path: string;
  readonly entries: Map<string, Node>;
  /** The spellings that its names may have in the file system, if this copy made it in the private file system. */
  spellings?: Set<string> | undefined;
}

/** Something that a job has finished, and that the browser did not store. */
export interface Lost {
  /** The guest path. */
  readonly path: string;
  /** The size of a file; undefined for a directory. */
  readonly bytes: number | undefined;
}

/** How to save what a job has changed. */
export interface Saving {
  /** Whether a file need not be read while it is written. */
  readonly canStream: boolean;
  /** The guest path of the entry that the job makes, which errors name instead of a temporary file. */
  readonly entry: string | undefined;
  /** Gets what could not be stored, when it fails. */
  readonly lost: Lost[];
}

/** The content of a file that was listed and not loaded. Using it is a fault of the loader. */
const unloaded = new NoContent(() => fail('io'));

/** Keeps a volume and a directory of the browser equal. */
export class Storage {
  readonly #volume: Volume;
  readonly #handle: FileSystemDirectoryHandle;
  readonly #volumes: readonly Volume[];
  readonly #tasks = new Tasks();
  #kept = new Map<DirectoryNode, Kept>();
  /** The files that were listed and not loaded. */
  #unloaded = new WeakMap<FileNode, () => Promise<void>>();
  /** The handles of loaded files. */
  #handles = new WeakMap<FileNode, FileSystemFileHandle>();
  #isPrivate: boolean | undefined;
  #waiting = 0;
  #saving = Promise.resolve();

  /**
   * @param volume the tree
   * @param handle the directory
   * @param volumes all trees of the component
   */
  constructor(volume: Volume, handle: FileSystemDirectoryHandle, volumes: readonly Volume[]) {
    this.#volume = volume;
    this.#handle = handle;
    this.#volumes = volumes;
  }

  /** Forgets what was loaded, because others may have changed it, except what a job that waits has open. */
  async reset(): Promise<void> {
    const { root, name } = this.#volume;
    await this.#tasks.settle();
    if (!this.#kept.has(root)) {
      this.#keep(root, Promise.resolve(this.#handle), name === '/' ? '' : name);
    }
    const listed: DirectoryNode[] = [];
    this.#forget(root, new Set([...this.#volume.open].map(({ node }) => node)), listed);
    for (const directory of listed) {
      await this.list(directory);
      await this.loadFiles(directory);
    }
    this.#isPrivate ??= await isInPrivateStorage(this.#handle);
  }

  /**
   * Loads the entries on a path, and no others.
   *
   * @param names the path below the volume
   * @throws {StorageError} if one cannot be inspected
   */
  async loadPath(names: readonly string[]): Promise<void> {
    const way = [this.#volume.root];
    for (const name of names) {
      const directory = way.at(-1);
      if (name === '..') {
        way.pop();
      } else if (directory !== undefined) {
        await this.#loadEntry(directory, name);
        const node = directory.entries.get(name);
        if (node?.type !== 'directory') {
          return;
        }
        way.push(node);
      }
    }
  }

  /** Lists a directory. If that fails, listing it will fail for the component as well. */
  async list(directory: DirectoryNode): Promise<void> {
    const kept = this.#kept.get(directory);
    if (directory.isListed || kept === undefined) {
      return;
    }
    try {
      const handle = await kept.handle;
      for await (const [name, child] of handle.entries()) {
        if (!directory.entries.has(name)) {
          this.#put(directory, kept, name, child);
        }
      }
    } catch (error) {
      directory.errorCode = codeOf(StorageError.from(error, 'list', kept.path));
    }
    directory.isListed = true;
  }

  /** Loads files of a listed directory, so that the component can inspect and read them. */
  async loadFiles(directory: DirectoryNode, isWanted: (name: string) => boolean = () => true): Promise<void> {
    const loads: (() => Promise<void>)[] = [];
    for (const [name, node] of directory.entries) {
      const load = node.type === 'regular-file' && isWanted(name) ? this.#unloaded.get(node) : undefined;
      if (load !== undefined) {
        loads.push(load);
      }
    }
    await inParallel(loads, (load) => load());
  }

  /**
   * Loads the whole tree.
   *
   * @param isWanted whether a file with this name is needed
   */
  async loadAll(isWanted: (name: string) => boolean): Promise<void> {
    const ahead = [this.#volume.root];
    while (ahead.length > 0) {
      await inParallel(ahead.splice(0), async (directory) => {
        await this.list(directory);
        await this.loadFiles(directory, isWanted);
        for (const node of directory.entries.values()) {
          if (node.type === 'directory') {
            ahead.push(node);
          }
        }
      });
    }
  }

  /** Opens a large file for reading synchronously, which is several times as fast, if the browser can do that. */
  async openForReading(node: FileNode): Promise<void> {
    const handle = this.#handles.get(node);
    if (this.#isPrivate && handle !== undefined && node.content instanceof BlobContent && node.size > LARGE) {
      node.content = await readIn(handle, node.content);
    }
  }

  /** Whether there are changes to save. A small file is not saved before the component has finished it. */
  get isDue(): boolean {
    return [...this.#volume.changed].some(([directory, names]) =>
      [...names].some((name) => {
        const node = directory.entries.get(name);
        return node?.type !== 'regular-file' || node.writers === 0 || this.#isLarge(node);
      }),
    );
  }

  /**
   * Begins to save changes to the directory. Files that the component still writes are left for a later call.
   *
   * @throws {StorageError} if something could not be saved, now or since the last call. A file that failed is unchanged,
   * and the files saved before it stay. Then nothing is being saved any more
   */
  save(how: Saving): Promise<void> {
    // One after the other, because several jobs may do it.
    const saving = this.#saving.then(() => this.#save(how));
    this.#saving = saving.catch(() => {});
    return saving;
  }

  /**
   * Waits until everything is saved.
   *
   * @throws {StorageError} as `save` does
   */
  settle(): Promise<void> {
    return this.#tasks.settle();
  }

  /** Returns how many more bytes the browser lets the page store there; undefined if that is unknown. */
  async room(): Promise<number | undefined> {
    if (!this.#isPrivate) {
      return undefined;
    }
    const { quota, usage = 0 } = await navigator.storage.estimate();
    return quota === undefined ? undefined : Math.max(0, quota - usage);
  }

  async #save(how: Saving): Promise<void> {
    const { changed } = this.#volume;
    try {
      // A new directory comes after its parent, because making it changed the parent first.
      for (const [directory, names] of [...changed]) {
        const kept = this.#kept.get(directory);
        changed.delete(directory);
        const left = new Set(kept === undefined ? [] : names);
        try {
          for (const name of left) {
            left.delete(name);
            await this.#saveEntry(directory, kept as Kept, name, how);
          }
        } finally {
          // If one has failed, the others are saved later.
          for (const name of left) {
            this.#volume.touch(directory, name);
          }
        }
      }
    } catch (error) {
      // Throws an earlier error instead, if there is one.
      await this.settle();
      throw error;
    }
    await this.#tasks.makeRoom(this.#waiting > MOST_WAITING);
  }

  /**
   * Forgets the entries of a directory, except those that are open or lead to what is open.
   *
   * @param open what is open, except files that are written
   * @param listed gets the open directories that were listed
   */
  #forget(directory: DirectoryNode, open: ReadonlySet<Node>, listed: DirectoryNode[]): void {
    const kept = this.#kept.get(directory);
    const names = this.#volume.changed.get(directory);
    for (const [name, node] of directory.entries) {
      if (node.type === 'directory') {
        this.#forget(node, open, listed);
      }
      const isOpen = open.has(node) || (node.type === 'regular-file' && node.writers > 0);
      if (!isOpen && !(node.type === 'directory' && node.entries.size > 0)) {
        directory.entries.delete(name);
        if (node.type === 'directory') {
          this.#kept.delete(node);
          this.#volume.changed.delete(node);
        }
      }
    }
    for (const name of [...(kept?.entries.keys() ?? []), ...(names ?? [])]) {
      if (!directory.entries.has(name)) {
        kept?.entries.delete(name);
        names?.delete(name);
      }
    }
    if (kept !== undefined) {
      // Others can have used any name meanwhile.
      kept.spellings = undefined;
    }
    if (directory.isListed && open.has(directory)) {
      listed.push(directory);
    }
    directory.isListed = false;
    directory.errorCode = undefined;
  }

  #keep(
    directory: DirectoryNode,
    handle: Promise<FileSystemDirectoryHandle>,
    path: string,
    spellings?: Set<string>,
  ): Kept {
    const kept = { handle, path, entries: new Map<string, Node>(), spellings };
    // Each use of the handle reports the error.
    handle.catch(() => {});
    this.#kept.set(directory, kept);
    return kept;
  }

  #put(directory: DirectoryNode, kept: Kept, name: string, child: FileSystemHandle): void {
    const node = child.kind === 'directory' ? new DirectoryNode() : new FileNode(unloaded);
    if (node.type === 'directory') {
      node.isListed = false;
      this.#keep(node, Promise.resolve(child as FileSystemDirectoryHandle), `${kept.path}/${name}`);
    } else {
      const file = child as FileSystemFileHandle;
      this.#unloaded.set(node, () => this.#loadFile(directory, kept, name, node, file));
    }
    directory.entries.set(name, node);
    kept.entries.set(name, node);
  }

  async #loadFile(
    directory: DirectoryNode,
    kept: Kept,
    name: string,
    node: FileNode,
    handle: FileSystemFileHandle,
  ): Promise<void> {
    this.#unloaded.delete(node);
    try {
      const file = await handle.getFile();
      node.content = new BlobContent(file);
      this.#handles.set(node, handle);
      node.modified = milliseconds(file.lastModified);
    } catch (error) {
      const storageError = StorageError.from(error, 'inspect', `${kept.path}/${name}`);
      if (storageError.code.tag === 'not-found' && directory.entries.get(name) === node) {
        // It has vanished since it was listed.
        directory.entries.delete(name);
        kept.entries.delete(name);
        return;
      }
      const code = codeOf(storageError);
      node.content = new NoContent(() => fail(code));
    }
  }

  async #loadEntry(directory: DirectoryNode, name: string): Promise<void> {
    const kept = this.#kept.get(directory);
    if (kept === undefined || directory.isListed || directory.entries.has(name)) {
      return;
    }
    try {
      const child = await find(await kept.handle, name);
      if (child !== undefined) {
        this.#put(directory, kept, name, child);
      }
    } catch (error) {
      throw StorageError.from(error, 'inspect', `${kept.path}/${name}`);
    }
    await this.loadFiles(directory, (each) => each === name);
  }

  async #saveEntry(directory: DirectoryNode, kept: Kept, name: string, how: Saving): Promise<void> {
    const node = directory.entries.get(name);
    const last = kept.entries.get(name);
    const file = node ?? last;
    const isTemporary = file?.type === 'regular-file' && file.temporaryName === name;
    const path = (isTemporary ? how.entry : undefined) ?? `${kept.path}/${name}`;
    if (node === undefined) {
      await (last && this.#remove(kept, name, last, path));
    } else if (node.type === 'directory') {
      if (last === undefined) {
        this.#makeDirectory(kept, name, node, how);
      }
    } else if (node.type === 'regular-file') {
      await this.#saveFile(directory, kept, name, node, path, how);
    }
  }

  async #remove(kept: Kept, name: string, node: Node, path: string): Promise<void> {
    kept.entries.delete(name);
    if (node.type === 'regular-file' && node.names > 0) {
      // It has another name now, and the file is moved there.
      return;
    }
    if (node.type === 'directory') {
      // First its entries must be gone.
      await this.#tasks.settle();
    }
    this.#tasks.add(path, 'remove', async () => {
      if (node.type === 'regular-file' && isStored(node.content)) {
        await node.content.discard();
      }
      await (await kept.handle).removeEntry(name);
    });
  }

  #makeDirectory(kept: Kept, name: string, node: DirectoryNode, { lost }: Saving): void {
    const path = `${kept.path}/${name}`;
    const mayBeTaken = this.#mayBeTaken(kept, name);
    const made = kept.handle.then(async (handle) => {
      await (mayBeTaken && expectFree(handle, name, path));
      return making(handle, handle.getDirectoryHandle(name, { create: true }));
    });
    kept.entries.set(name, node);
    this.#keep(node, made, path, this.#isPrivate ? new Set() : undefined);
    const isLost = () => lost.push({ path, bytes: undefined });
    this.#tasks.add(path, 'create', () => made, isLost);
  }

  async #saveFile(
    directory: DirectoryNode,
    kept: Kept,
    name: string,
    node: FileNode,
    path: string,
    { canStream, lost }: Saving,
  ): Promise<void> {
    const { content, size } = node;
    if (node.writers > 0) {
      this.#volume.touch(directory, name);
      try {
        if (isStored(content)) {
          await content.drain();
        } else if (this.#isLarge(node) && (this.#isPrivate || canStream)) {
          await this.#store(await kept.handle, name, node);
          kept.entries.set(name, node);
        }
      } catch (error) {
        throw StorageError.from(error, 'write', path);
      }
      return;
    }
    if (kept.entries.get(name) === node && !('write' in content)) {
      return;
    }
    const isNew = !kept.entries.has(name);
    const mayBeTaken = isNew && this.#mayBeTaken(kept, name);
    kept.entries.set(name, node);
    const { held } = content;
    this.#waiting += held;
    const write = async () => {
      const handle = await kept.handle;
      try {
        await (mayBeTaken && expectFree(handle, name, path));
        if (!isStored(node.content) && lacksStreams()) {
          await this.#store(handle, node.temporaryName, node);
        }
        const file = isStored(node.content)
          ? await endFile(handle, name, node, node.content, isNew)
          : await writeFile(handle, name, node.content, isNew);
        // From now on, the file takes no memory, and is read from the storage.
        node.content = unloaded;
        this.#unloaded.set(node, () => this.#loadFile(directory, kept, name, node, file));
      } catch (error) {
        if (isStored(node.content)) {
          await node.content.discard();
          await handle.removeEntry(node.temporaryName).catch(() => {});
        }
        throw error;
      } finally {
        this.#waiting -= held;
      }
    };
    // The job counts a file when it gives it its name.
    const isLost = () => void (name === node.temporaryName || lost.push({ path, bytes: size }));
    this.#tasks.add(path, 'write', write, isLost);
  }

  /**
   * Whether a new name may be taken. In the private file system, only pages of this origin make files. So in a directory
   * that this copy made, only another file of the copy can have the name, if the file system takes two names for one.
   */
  #mayBeTaken({ spellings }: Kept, name: string): boolean {
    const spelling = folded(name);
    const mayBeTaken = spellings?.has(spelling) ?? true;
    spellings?.add(spelling);
    return mayBeTaken;
  }

  /** Whether a file that is still open is written while it is copied. */
  #isLarge({ content }: FileNode): boolean {
    return isStored(content) || content.held > LARGE || this.#volumes.some(({ readsLarge }) => readsLarge);
  }

  /** Writes what is in memory of a file to a new file of the browser. What follows is written there at once. */
  async #store(handle: FileSystemDirectoryHandle, name: string, node: FileNode): Promise<void> {
    const file = await making(handle, handle.getFileHandle(name, { create: true }));
    try {
      node.content = await storeIn(file, this.#isPrivate === true, node.content);
    } catch (error) {
      await handle.removeEntry(name).catch(() => {});
      throw error;
    }
  }
}

/** Completes a file that was written under its temporary name, and gives it its own. */
async function endFile(
  handle: FileSystemDirectoryHandle,
  name: string,
  { temporaryName }: FileNode,
  content: StoredContent,
  isNew: boolean,
): Promise<FileSystemFileHandle> {
  await content.finish();
  const { file } = content;
  if (await move(file, name)) {
    return handle.getFileHandle(name);
  }
  // Before the target is made, because the file may be gone.
  const blob = await file.getFile();
  const target = await writeParts(handle, name, [blob], isNew);
  await handle.removeEntry(temporaryName);
  return target;
}

/** Writes a whole file under its name. */
async function writeFile(
  handle: FileSystemDirectoryHandle,
  name: string,
  content: Content,
  isNew: boolean,
): Promise<FileSystemFileHandle> {
  return isNew && content.size === 0
    ? making(handle, handle.getFileHandle(name, { create: true }))
    : writeParts(handle, name, content.parts(), isNew);
}

/** Gives a file this content. If that fails, the file is as it was. */
async function writeParts(
  handle: FileSystemDirectoryHandle,
  name: string,
  parts: Iterable<Blob | Uint8Array<ArrayBuffer>>,
  isNew: boolean,
): Promise<FileSystemFileHandle> {
  const file = await making(handle, handle.getFileHandle(name, { create: true }));
  try {
    await replace(file, parts);
  } catch (error) {
    if (isNew && (await isEmpty(file))) {
      // getFileHandle() made it. If it is not empty, somebody else has written it.
      await handle.removeEntry(name).catch(() => {});
    }
    throw error;
  }
  return file;
}

/** Moves a file in its directory, over a file that is there. False if the browser cannot do it. */
async function move(file: FileSystemFileHandle, name: string): Promise<boolean> {
  try {
    await file.move?.(name);
    return file.move !== undefined;
  } catch (error) {
    if (lacksStreams()) {
      throw error;
    }
    // Replacing the other file will show whether that can be written.
    return false;
  }
}

/** Replaces the content of a file, in one step at the end. */
async function replace(
  file: FileSystemFileHandle,
  parts: Iterable<Blob | Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const stream = await file.createWritable();
  try {
    // Not as one Blob, because for that the browser would need a second copy of it in memory.
    for (const part of parts) {
      await stream.write(part);
    }
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
  await stream.close();
}

/**
 * Refuses a name that was free when it was looked for and is taken now: somebody has used it meanwhile, or the file
 * system takes two names for one. Browsers have no call that takes a name only if it is free, so this checks right
 * before.
 */
async function expectFree(handle: FileSystemDirectoryHandle, name: string, path: string): Promise<void> {
  if ((await find(handle, name)) !== undefined) {
    const reason = 'it exists already; it was made meanwhile, or the file system takes two names for one';
    throw new StorageError({ tag: 'already-exists' }, 'create', path, reason);
  }
}

/** Returns what has this name; undefined if nothing has. */
async function find(
  handle: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemFileHandle | FileSystemDirectoryHandle | undefined> {
  try {
    return await named(handle.getFileHandle(name));
  } catch (error) {
    const kind = error instanceof Error ? error.name : '';
    if (kind === 'TypeMismatchError') {
      return handle.getDirectoryHandle(name);
    }
    if (kind === 'NotFoundError') {
      return undefined;
    }
    throw error;
  }
}

/** Waits for a call with a name. Its only TypeError is about the name. */
async function named<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof TypeError ? new DOMException(error.message, 'InvalidNameError') : error;
  }
}

/** Waits for a call that makes something in a directory. If the directory is gone, Firefox does not say so. */
async function making<T>(directory: FileSystemDirectoryHandle, call: Promise<T>): Promise<T> {
  try {
    return await named(call);
  } catch (error) {
    if (error instanceof Error && error.name === 'UnknownError') {
      // Throws a NotFoundError then.
      await directory.keys().next();
    }
    throw error;
  }
}

async function isEmpty(file: FileSystemFileHandle): Promise<boolean> {
  try {
    return (await file.getFile()).size === 0;
  } catch {
    // It is gone or cannot be read. In doubt it stays.
    return false;
  }
}

async function isInPrivateStorage(handle: FileSystemDirectoryHandle): Promise<boolean> {
  const root = await globalThis.navigator?.storage?.getDirectory();
  return root !== undefined && (await root.resolve(handle)) !== null;
}

/** Whether files can be written only by synchronous access, as in Safari before 26. */
function lacksStreams(): boolean {
  return 'FileSystemFileHandle' in globalThis && !('createWritable' in FileSystemFileHandle.prototype);
}

/** The error for a component. */
function codeOf({ code: { tag } }: StorageError): ErrorCode {
  switch (tag) {
    case 'access-denied':
      return 'access';
    case 'not-found':
      return 'no-entry';
    case 'not-permitted':
    case 'busy':
      return tag;
    default:
      return 'io';
  }
}
