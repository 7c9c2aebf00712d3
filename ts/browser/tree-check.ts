import { type Check, isBytes, isRecord, requireThat, text } from '../check.js';

/** Checks a whole tree in memory: its names, and that each entry is a file, a link or a directory. */
export const tree: Check = (name, value) => {
  const { dir, ...others } = isRecord(value) ? value : {};
  requireThat(isRecord(dir), name, 'a directory, such as { dir: {} }', value);
  const entries = Object.entries(dir).map(([key, entry]) => {
    text(`a name in ${name}`, key);
    requireThat(
      !['', '.', '..'].includes(key) && !key.includes('/'),
      `a name in ${name}`,
      'the name of an entry',
      key,
    );
    return [key, entryOf(`${name}.dir['${key}']`, entry)];
  });
  return { ...others, dir: Object.fromEntries(entries) };
};

const entryOf: Check = (name, value) => {
  const entry = isRecord(value) ? { ...value } : {};
  const { dir, symlink, source } = entry;
  if (dir !== undefined) {
    return tree(name, entry);
  }
  if (symlink !== undefined) {
    text(`${name}.symlink`, symlink);
    return entry;
  }
  const isContent = typeof source === 'string' || isBytes(source) || isBlob(source);
  requireThat(isContent, name, '{ source }, { symlink } or { dir }', value);
  return isBytes(source) ? { ...entry, source: new Uint8Array(source) } : entry;
};

function isBlob(value: unknown): boolean {
  return ['[object Blob]', '[object File]'].includes(Object.prototype.toString.call(value));
}
