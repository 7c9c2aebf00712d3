// Names that are taken after a directory of the browser was listed. The handles are fake: no browser here folds case,
// or has another tab at the right moment.

import { describe, expect, it } from 'vitest';
import { DirectoryNode, FileNode } from '../../ts/browser/nodes.js';
import { Storage } from '../../ts/browser/storage.js';

/** The state behind a directory's handles: the content of each file by its name. */
interface Disk {
  readonly files: Map<string, string>;
  /** Returns the name that the file system looks for. */
  fold(name: string): string;
  /** Called before a file is written. If it throws, the write fails. */
  beforeWrite(name: string): void;
}

function fileHandle(disk: Disk, name: string): object {
  return {
    kind: 'file',
    getFile: async () => new File([disk.files.get(name) ?? ''], name),
    createWritable: async () => {
      disk.beforeWrite(name);
      const parts: BlobPart[] = [];
      return {
        write: async (part: BlobPart) => void parts.push(part),
        abort: async () => {},
        close: async () => void disk.files.set(name, await new Blob(parts).text()),
      };
    },
  };
}

function directoryHandle(disk: Disk): FileSystemDirectoryHandle {
  const existing = (name: string) =>
    [...disk.files.keys()].find((each) => disk.fold(each) === disk.fold(name));
  const handle = {
    kind: 'directory',
    async *entries() {
      for (const name of disk.files.keys()) {
        yield [name, fileHandle(disk, name)];
      }
    },
    getFileHandle: async (name: string, { create = false } = {}) => {
      const found = existing(name);
      if (found === undefined && !create) {
        throw new DOMException('there is none', 'NotFoundError');
      }
      if (found === undefined) {
        disk.files.set(name, '');
      }
      return fileHandle(disk, found ?? name);
    },
    removeEntry: async (name: string) => void disk.files.delete(existing(name) ?? ''),
  };
  return handle as unknown as FileSystemDirectoryHandle;
}

/** A listed storage on a disk with these files. */
async function listed(files: Record<string, string>, behaviour: Partial<Disk> = {}) {
  const disk: Disk = {
    files: new Map(Object.entries(files)),
    fold: (name) => name,
    beforeWrite: () => {},
    ...behaviour,
  };
  const root = new DirectoryNode();
  const volume = {
    name: '/out',
    root,
    access: 'read-write',
    isMemory: false,
    changed: new Set<DirectoryNode>(),
    watch: undefined,
  } as const;
  const storage = new Storage(volume, directoryHandle(disk));
  await storage.load();
  const put = (name: string, content: string) => {
    const node = new FileNode();
    node.writable().write(new TextEncoder().encode(content), 0);
    root.entries.set(name, node);
    volume.changed.add(root);
  };
  return { storage, put, disk, found: () => Object.fromEntries(disk.files) };
}

const foldCase = (name: string) => name.toLowerCase();

describe('a file that is written to a directory of the browser', () => {
  it('does not replace another file of the copy, whose name the file system folds to its own', async () => {
    const { storage, put, found } = await listed({}, { fold: foldCase });
    put('README', 'first');
    put('readme', 'second');
    await expect(storage.save()).rejects.toMatchObject({
      code: { tag: 'already-exists' },
      path: '/out/readme',
    });
    expect(found()).toEqual({ README: 'first' });
  });

  it('does not replace an existing file whose name differs in case', async () => {
    const { storage, put, found } = await listed({ 'photo.jpg': 'old' }, { fold: foldCase });
    put('PHOTO.JPG', 'new');
    await expect(storage.save()).rejects.toMatchObject({ code: { tag: 'already-exists' } });
    expect(found()).toEqual({ 'photo.jpg': 'old' });
  });

  it('does not replace a file that another program has made meanwhile', async () => {
    const { storage, put, disk, found } = await listed({});
    put('a', 'ours');
    disk.files.set('a', 'theirs');
    await expect(storage.save()).rejects.toMatchObject({ code: { tag: 'already-exists' } });
    expect(found()).toEqual({ a: 'theirs' });
  });

  it('is not removed after a failure if another program has written to it', async () => {
    const { storage, put, disk, found } = await listed({});
    disk.beforeWrite = (name) => {
      disk.files.set(name, 'theirs');
      throw new DOMException('no room', 'QuotaExceededError');
    };
    put('a', 'ours');
    await expect(storage.save()).rejects.toMatchObject({ code: { tag: 'quota-exceeded' } });
    expect(found()).toEqual({ a: 'theirs' });
  });

  it('is removed after a failure if this copy has made it', async () => {
    const { storage, put, disk, found } = await listed({});
    disk.beforeWrite = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
    put('a', 'ours');
    await expect(storage.save()).rejects.toMatchObject({ code: { tag: 'quota-exceeded' } });
    expect(found()).toEqual({});
  });

  it('replaces the file that was listed', async () => {
    const { storage, put, found } = await listed({ a: 'old' }, { fold: foldCase });
    put('a', 'new');
    await storage.save();
    expect(found()).toEqual({ a: 'new' });
  });
});
