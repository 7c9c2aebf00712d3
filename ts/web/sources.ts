import type { DirectoryEntry, Entry, Preopen } from 'mapcp/browser';

/** What a directory of a tree is made of until it is whole. */
type Growing = { dir: Record<string, Entry> };

/** Whether this browser lets visitors pick directories. */
export const canPick = 'showDirectoryPicker' in globalThis;

/** A directory that the visitor picks; undefined where that is called off. */
export async function pick(access: 'read' | 'read-write'): Promise<Preopen | undefined> {
  try {
    const mode = access === 'read' ? 'read' : 'readwrite';
    return { directory: await showDirectoryPicker({ mode }), access };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      return undefined;
    }
    throw error;
  }
}

/** The tree that some files make, by the paths that the browser has for them. */
export function treeOf(files: Iterable<File>): DirectoryEntry {
  const root: Growing = { dir: {} };
  for (const file of files) {
    const names = (file.webkitRelativePath || file.name).split('/');
    const name = names.pop() ?? file.name;
    let directory = root;
    for (const each of names) {
      const next = (directory.dir[each] ?? { dir: {} }) as Growing;
      directory.dir[each] = next;
      directory = next;
    }
    directory.dir[name] = { source: file };
  }
  return root;
}

/** The tree that was dropped. */
export async function dropped(items: DataTransferItemList): Promise<DirectoryEntry> {
  // All at once: the list is empty after the first turn.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return { dir: await contentOf(entries) };
}

async function contentOf(entries: readonly FileSystemEntry[]): Promise<Record<string, Entry>> {
  const dir: Record<string, Entry> = {};
  for (const entry of entries) {
    dir[entry.name] = entry.isDirectory
      ? { dir: await contentOf(await listed(entry as FileSystemDirectoryEntry)) }
      : {
          source: await new Promise<File>((resolve, reject) =>
            (entry as FileSystemFileEntry).file(resolve, reject),
          ),
        };
  }
  return dir;
}

async function listed(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // Some at a time; none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) {
      return all;
    }
    all.push(...some);
  }
}
