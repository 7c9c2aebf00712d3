import type { FoundDirectory, FoundEntry } from 'mapcp/browser';
import { make } from './elements.js';
import { bytes } from './format.js';

// A longer list helps no reader.
const MOST_ENTRIES = 100;

/** Shows the content of a directory. */
export function showTree(place: HTMLElement, directory: FoundDirectory): void {
  // It may need scrolling, and the keyboard scrolls only what has the focus.
  place.tabIndex = 0;
  const isEmpty = Object.keys(directory.dir).length === 0;
  place.replaceChildren(isEmpty ? make('p', 'hint', 'empty') : list(directory));
}

function list({ dir }: FoundDirectory): HTMLUListElement {
  const entries = Object.entries(dir).sort(([one], [other]) => one.localeCompare(other));
  const items = entries.slice(0, MOST_ENTRIES).map(([name, entry]) => item(name, entry));
  if (entries.length > MOST_ENTRIES) {
    items.push(make('li', 'hint', `and ${entries.length - MOST_ENTRIES} more`));
  }
  return make('ul', '', ...items);
}

function item(name: string, entry: FoundEntry): HTMLLIElement {
  if ('dir' in entry) {
    return make('li', 'directory', make('span', 'name', `${name}/`), list(entry));
  }
  if ('symlink' in entry) {
    return make('li', 'link', make('span', 'name', name), make('span', 'hint', ` → ${entry.symlink}`));
  }
  if (/^\.mapcp-[0-9a-f]+é?\.tmp$/.test(name)) {
    return make('li', 'file hint', make('em', '', 'unfinished file'), bytes(entry.source.size));
  }
  return make('li', 'file', make('span', 'name', name), make('span', 'size', bytes(entry.source.size)));
}

/** The sizes of all files below a directory, by path. */
export function sizesIn({ dir }: FoundDirectory, path: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [name, entry] of Object.entries(dir)) {
    const below = `${path}/${name}`;
    if ('source' in entry) {
      sizes.set(below, entry.source.size);
    } else if ('dir' in entry) {
      for (const [inner, size] of sizesIn(entry, below)) {
        sizes.set(inner, size);
      }
    }
  }
  return sizes;
}
