import { type Check, isBytes, isRecord, requireThat, text } from '../check.js';

/** A tree in memory, all of it: names that a component can take, and entries of one of the three kinds. */
export const tree: Check = (name, value) => {
  requireThat(isRecord(value) && isRecord(value.dir), name, 'a directory, such as { dir: {} }', value);
  for (const [key, entry] of Object.entries(value.dir)) {
    text(`a name in ${name}`, key);
    requireThat(
      !['', '.', '..'].includes(key) && !key.includes('/'),
      `a name in ${name}`,
      'the name of an entry',
      key,
    );
    entryOf(`${name}.dir['${key}']`, entry);
  }
};

function entryOf(name: string, value: unknown): void {
  if (isRecord(value) && value.dir !== undefined) {
    tree(name, value);
  } else if (isRecord(value) && value.symlink !== undefined) {
    text(`${name}.symlink`, value.symlink);
  } else {
    const source = isRecord(value) ? value.source : undefined;
    const isContent = typeof source === 'string' || isBytes(source) || isBlob(source);
    requireThat(isContent, name, '{ source }, { symlink } or { dir }', value);
  }
}

function isBlob(value: unknown): boolean {
  return ['[object Blob]', '[object File]'].includes(Object.prototype.toString.call(value));
}
