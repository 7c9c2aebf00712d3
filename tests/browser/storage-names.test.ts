// Names that are taken after a directory of the browser was listed. The handles are fake: no browser here folds case,
// or has another tab at the right moment.

import { describe, expect, it } from 'vitest';
import { Open } from '../../ts/browser/descriptor.js';
import { Loader } from '../../ts/browser/loader.js';
import { DirectoryNode, FileNode } from '../../ts/browser/nodes.js';
import { Storage } from '../../ts/browser/storage.js';
import { Volume } from '../../ts/browser/volume.js';

/** The state behind a directory's handles: the content of each file by its name. */
interface Disk {
  readonly files: Map<string, string>;
  /** Returns the name that the file system looks for. */
  fold(name: string): string;
  /** Called when a file is opened. */
  beforeRead(name: string): void;
  /** Called before a file is written. If it throws, the write fails. */
  beforeWrite(name: string): void;
}

function fileHandle(disk: Disk, name: string): object {
  return {
    kind: 'file',
    getFile: async () => {
      disk.beforeRead(name);
      return new File([disk.files.get(name) ?? ''], name);
    },
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
    getDirectoryHandle: async (name: string) => {
      throw new DOMException(`there is no ${name}`, 'NotFoundError');
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
async function listed(files: Record<string, string>, behaviour: Partial<Disk> = {}, isListed = true) {
  const disk: Disk = {
    files: new Map(Object.entries(files)),
    fold: (name) => name,
    beforeRead: () => {},
    beforeWrite: () => {},
    ...behaviour,
  };
  const root = new DirectoryNode();
  const volume = new Volume('/out', root, 'read-write', false);
  const storage = new Storage(volume, directoryHandle(disk), [volume]);
  await storage.reset();
  await (isListed && storage.list(root));
  const put = (name: string, content: string) => {
    const node = new FileNode();
    node.writable().write(new TextEncoder().encode(content), 0);
    root.entries.set(name, node);
    volume.touch(root, name);
  };
  const save = async () => {
    await storage.save({ canStream: true, entry: undefined, lost: [] });
    await storage.settle();
  };
  return { volume, storage, root, save, put, disk, found: () => Object.fromEntries(disk.files) };
}

const foldCase = (name: string) => name.toLowerCase();

describe('a file that is written to a directory of the browser', () => {
  it('does not replace another file of the copy, whose name the file system folds to its own', async () => {
    const { save, put, found } = await listed({}, { fold: foldCase });
    put('README', 'first');
    put('readme', 'second');
    await expect(save()).rejects.toMatchObject({
      code: { tag: 'already-exists' },
      path: '/out/readme',
    });
    expect(found()).toEqual({ README: 'first' });
  });

  it('does not replace an existing file whose name differs in case', async () => {
    const { save, put, found } = await listed({ 'photo.jpg': 'old' }, { fold: foldCase });
    put('PHOTO.JPG', 'new');
    await expect(save()).rejects.toMatchObject({ code: { tag: 'already-exists' } });
    expect(found()).toEqual({ 'photo.jpg': 'old' });
  });

  it('does not replace a file that another program has made meanwhile', async () => {
    const { save, put, disk, found } = await listed({});
    put('a', 'ours');
    disk.files.set('a', 'theirs');
    await expect(save()).rejects.toMatchObject({ code: { tag: 'already-exists' } });
    expect(found()).toEqual({ a: 'theirs' });
  });

  it('is not removed after a failure if another program has written to it', async () => {
    const { save, put, disk, found } = await listed({});
    disk.beforeWrite = (name) => {
      disk.files.set(name, 'theirs');
      throw new DOMException('no room', 'QuotaExceededError');
    };
    put('a', 'ours');
    await expect(save()).rejects.toMatchObject({ code: { tag: 'quota-exceeded' } });
    expect(found()).toEqual({ a: 'theirs' });
  });

  it('is removed after a failure if this copy has made it', async () => {
    const { save, put, disk, found } = await listed({});
    disk.beforeWrite = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
    put('a', 'ours');
    await expect(save()).rejects.toMatchObject({ code: { tag: 'quota-exceeded' } });
    expect(found()).toEqual({});
  });

  it('replaces the file that was listed', async () => {
    const { save, put, found } = await listed({ a: 'old' }, { fold: foldCase });
    put('a', 'new');
    await save();
    expect(found()).toEqual({ a: 'new' });
  });
});

describe('a directory of the browser', () => {
  it('is read only at the names on a path', async () => {
    const seen: string[] = [];
    const { storage, root } = await listed(
      { a: 'x', b: 'y', 'vanished or unreadable': 'z' },
      { beforeRead: (name) => void seen.push(name) },
      false,
    );
    await storage.loadPath(['a']);
    await storage.loadPath(['missing']);
    expect(seen).toEqual(['a']);
    expect([...root.entries.keys()]).toEqual(['a']);
    expect(root.isListed).toBe(false);
  });

  it('is not listed if the component opens it only to reach an entry', async () => {
    const { volume, storage, root } = await listed({ a: 'x', b: 'y' }, {}, false);
    const loader = new Loader([volume], new Map([[volume, storage]]));
    const open = async (read: boolean) => {
      Open.root(volume).openAt(false, '.', { directory: true }, { read, mutateDirectory: true });
      await loader.prepare(true);
    };
    await storage.loadPath(['a']);
    await open(false);
    expect([root.isListed, [...root.entries.keys()]]).toEqual([false, ['a']]);
    await open(true);
    expect([root.isListed, [...root.entries.keys()]]).toEqual([true, ['a', 'b']]);
  });

  it('is listed as a target, and only its files with the names of sources are read', async () => {
    const seen: string[] = [];
    const source = await listed({ a: 'x' }, {}, false);
    const target = await listed({ a: 'y', b: 'z' }, { beforeRead: (name) => void seen.push(name) }, false);
    const loader = new Loader(
      [source.volume, target.volume],
      new Map([source, target].map(({ volume, storage }) => [volume, storage])),
    );
    Open.root(source.volume).openAt(false, '.', { directory: true }, { read: true });
    Open.root(target.volume).openAt(false, '.', { directory: true }, { mutateDirectory: true });
    await loader.prepare(true);
    expect([...target.root.entries.keys()]).toEqual(['a', 'b']);
    expect(seen).toEqual(['a']);
  });

  it('has no entry for a file that vanishes after it was listed', async () => {
    const { storage, root } = await listed(
      { a: 'x', gone: 'y' },
      {
        beforeRead: (name) => {
          if (name === 'gone') {
            throw new DOMException('it is gone', 'NotFoundError');
          }
        },
      },
    );
    await storage.loadFiles(root);
    expect([...root.entries.keys()]).toEqual(['a']);
  });

  it('gives the error of a file that cannot be read only to a copy that uses it', async () => {
    const { storage, root } = await listed(
      { a: 'x' },
      {
        beforeRead: () => {
          throw new DOMException('no', 'NotAllowedError');
        },
      },
    );
    await storage.loadFiles(root);
    expect(() => root.entries.get('a')?.size).toThrow('access');
  });
});
