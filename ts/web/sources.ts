import type { DirectoryEntry, Entry, Preopen } from 'mapcp/browser';

/** A directory of a tree while it is built. */
type Growing = { dir: Record<string, Entry> };

/** Whether this browser lets visitors pick directories. */
export const canPick = 'showDirectoryPicker' in globalThis;

/** A directory that the visitor picks; undefined if the visitor cancels. */
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

/** Builds a tree from files, by the paths that the browser gives them. */
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

/** The tree of the entries that were dropped. */
export async function dropped(items: DataTransferItemList): Promise<DirectoryEntry> {
  // All at once, because the list is empty after the first turn of the event loop.
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
    // Returns a few at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) {
      return all;
    }
    all.push(...some);
  }
}
