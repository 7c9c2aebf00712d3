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

/** Without a prototype, because `constructor` and `__proto__` are names like others. */
const emptyDirectory = (): Growing => ({ dir: Object.create(null) });

/** Builds a tree from files, by the paths that the browser gives them. Two files of one name get different names. */
export function treeOf(files: Iterable<File>): DirectoryEntry {
  const root = emptyDirectory();
  for (const file of files) {
    const names = (file.webkitRelativePath || file.name).split('/');
    const name = names.pop() ?? file.name;
    let directory = root;
    for (const each of names) {
      const next = (directory.dir[each] ?? emptyDirectory()) as Growing;
      directory.dir[each] = next;
      directory = next;
    }
    directory.dir[freeName(directory, name)] = { source: file };
  }
  return root;
}

/** The tree of the entries that were dropped. */
export async function dropped(items: DataTransferItemList): Promise<DirectoryEntry> {
  // All at once, because the list is empty after the first turn of the event loop.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) {
    throw new Error('nothing that was dropped is a file or a directory');
  }
  return contentOf(entries);
}

async function contentOf(entries: readonly FileSystemEntry[]): Promise<Growing> {
  const directory = emptyDirectory();
  await Promise.all(
    entries.map(async (entry) => {
      const name = freeName(directory, entry.name);
      directory.dir[name] = { dir: {} };
      directory.dir[name] = entry.isDirectory
        ? await contentOf(await listed(entry as FileSystemDirectoryEntry))
        : { source: await fileOf(entry as FileSystemFileEntry) };
    }),
  );
  return directory;
}

/** Returns a name that nothing has. Phones give all photos of the camera one name. */
function freeName({ dir }: Growing, name: string): string {
  const [, stem = name, extension = ''] = /^(.+?)(\.[^.]*)?$/.exec(name) ?? [];
  for (let number = 2, free = name; ; number++) {
    if (dir[free] === undefined) {
      return free;
    }
    free = `${stem} (${number})${extension}`;
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
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
