import { type Check, isRecord, optionsOf, requireThat, text } from '../common/check.js';
import { bytesIn, has } from './bytes.js';
import type { FileEntry, LinkEntry } from './entries.js';
import type { FlatTree } from './flat-tree.js';

const time: Check = (name, value) => {
  requireThat(typeof value === 'bigint', name, 'a bigint, in nanoseconds since 1970', value);
  requireThat(BigInt.asIntN(64, value) === value, name, 'a time that 64 bits can hold', value);
  return value;
};

/** Content of a file. Every buffer and every view of one counts by its bytes, which are copied. */
const source: Check = (name, value) => {
  if (typeof value === 'string' || has(() => Blob.prototype, 'size', value)) {
    return value;
  }
  const bytes = bytesIn(value);
  requireThat(bytes !== undefined, name, 'a string, a Blob, an ArrayBuffer or a view of one', value);
  return bytes;
};

const directory = optionsOf({ dir: (_, value) => value, mtimeNs: time });
const link = optionsOf({ symlink: text, mtimeNs: time });
const file = optionsOf({ source, mtimeNs: time });

/** An entry to check, or a directory whose entries are all checked. */
type Visit =
  | { readonly parent: number; readonly key: string; readonly name: string; readonly value: unknown }
  | { readonly left: unknown };

/** Checks a whole tree in memory: its names, and that each entry is a file, a link or a directory. Returns a list. */
export const tree: Check = (name, value) => {
  requireThat(isDirectory(value), name, 'a directory, such as { dir: {} }', value);
  const rows: FlatTree[number][] = [];
  const entered = new Set<unknown>();
  // Not recursive, because a tree can be deeper than the stack.
  const ahead: Visit[] = [{ parent: -1, key: '', name, value }];
  for (let visit = ahead.pop(); visit !== undefined; visit = ahead.pop()) {
    if ('left' in visit) {
      entered.delete(visit.left);
      continue;
    }
    const { parent, key, name: path, value: entry } = visit;
    const index = rows.length;
    if (!isDirectory(entry)) {
      rows.push([parent, key, entryOf(path, entry)]);
      continue;
    }
    requireThat(!entered.has(entry), path, 'a directory that does not contain itself', entry);
    entered.add(entry);
    const { dir = {}, mtimeNs } = directory(path, entry) as { dir?: object; mtimeNs?: bigint };
    rows.push([parent, key, { mtimeNs }]);
    ahead.push({ left: entry });
    // The last one pushed is the next.
    for (const [below, inner] of Object.entries(dir).reverse()) {
      entryNameIn(path, below);
      ahead.push({ parent: index, key: below, name: `${path}.dir['${below}']`, value: inner });
    }
  }
  return rows;
};

function isDirectory(value: unknown): boolean {
  return isRecord(value) && isRecord(value.dir);
}

function entryOf(name: string, value: unknown): FileEntry | LinkEntry {
  const entry = isRecord(value) ? value : {};
  if (entry.symlink !== undefined) {
    return link(name, entry) as LinkEntry;
  }
  requireThat('source' in entry, name, '{ source }, { symlink } or { dir }', value);
  if (entry.source === undefined) {
    // Otherwise it would count as missing.
    source(`${name}.source`, undefined);
  }
  return file(name, entry) as FileEntry;
}

function entryNameIn(name: string, key: string): void {
  text(`a name in ${name}`, key);
  const isName = !['', '.', '..'].includes(key) && !key.includes('/');
  requireThat(isName, `a name in ${name}`, 'the name of an entry', key);
}
