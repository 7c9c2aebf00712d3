// Trees as lists, for messages: a browser cannot send an object that is nested thousands of levels deep.

import type { FileEntry, FoundDirectory, FoundFile, FoundLink, LinkEntry } from './entries.js';

/** An entry of a listed tree: the index of its directory in the list, its name, and itself without its entries. */
export type Row<Item> = readonly [directory: number, name: string, item: Item];

/** A tree as a list. The root comes first, and each directory precedes its entries. */
export type FlatTree = readonly Row<FileEntry | LinkEntry | { readonly mtimeNs?: bigint | undefined }>[];

/** A tree that a sandbox returns, as a list. */
export type FoundTree = readonly Row<FoundFile | FoundLink | Omit<FoundDirectory, 'dir'>>[];

/** Makes the tree that a page gets from a list. */
export function treeFrom(rows: FoundTree): FoundDirectory {
  const entries = rows.map(([, , item]) =>
    // Without a prototype, because an entry may have the name `__proto__`.
    'source' in item || 'symlink' in item ? item : { dir: Object.create(null), mtimeNs: item.mtimeNs },
  );
  for (const [index, [directory, name]] of rows.entries()) {
    const parent = entries[directory];
    if (index > 0 && parent !== undefined && 'dir' in parent) {
      parent.dir[name] = entries[index];
    }
  }
  return entries[0] as FoundDirectory;
}
