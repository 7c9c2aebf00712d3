// Names in a directory of the browser's that are taken after it was listed, by handles that are made for it: no browser
// here has a directory that folds case, nor another tab at the right moment.

import { describe, expect, it } from 'vitest';
import { DirectoryNode, FileNode } from '../../ts/browser/nodes.js';
import { Storage } from '../../ts/browser/storage.js';

/** What the handles of a directory share: the content of each file by the name that it was made by. */
interface Disk {
  readonly files: Map<string, string>;
  /** What the file system makes of a name before it looks for it. */
  fold(name: string): string;
  /** Called when a file is about to be written; what it throws, writing fails with. */
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

/** A storage over a disk with these files, listed. */
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

describe("a file that is saved into a directory of the browser's", () => {
  it('does not replace another one of the copy, whose name the file system takes for its own', async () => {
    const { storage, put, found } = await listed({}, { fold: foldCase });
    put('README', 'first');
    put('readme', 'second');
    await expect(storage.save()).rejects.toMatchObject({
      code: { tag: 'already-exists' },
      path: '/out/readme',
    });
    expect(found()).toEqual({ README: 'first' });
  });

  it('does not replace one that is there by a name in the other case', async () => {
    const { storage, put, found } = await listed({ 'photo.jpg': 'old' }, { fold: foldCase });
    put('PHOTO.JPG', 'new');
    await expect(storage.save()).rejects.toMatchObject({ code: { tag: 'already-exists' } });
    expect(found()).toEqual({ 'photo.jpg': 'old' });
  });

  it('does not replace one that somebody else has made meanwhile', async () => {
    const { storage, put, disk, found } = await listed({});
    put('a', 'ours');
    disk.files.set('a', 'theirs');
    await expect(storage.save()).rejects.toMatchObject({ code: { tag: 'already-exists' } });
    expect(found()).toEqual({ a: 'theirs' });
  });

  it('is not removed after a failure if somebody else has written to it', async () => {
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

  it('replaces the one that was listed', async () => {
    const { storage, put, found } = await listed({ a: 'old' }, { fold: foldCase });
    put('a', 'new');
    await storage.save();
    expect(found()).toEqual({ a: 'new' });
  });
});
