// The faults of preview2-shim's file system, which are why mapcp/browser has its own. If a test fails after an update
// of preview2-shim, its file system may have become good enough.

import { describe, expect, it } from 'vitest';
// In Node, the package exports its other half.
import { InMemoryFilesystemAdapter } from '../../node_modules/@bytecodealliance/preview2-shim/dist/browser/in-memory-filesystem.js';

/** A root with two files. */
function root() {
  const files = { a: { source: new Uint8Array(5) }, b: { source: new Uint8Array(5) } };
  return new InMemoryFilesystemAdapter().getRoot({ dir: files });
}

const follow = { symlinkFollow: true };
const create = { create: true, exclusive: true };

describe("preview2-shim's file system in memory", () => {
  it('gives two files one inode number, so a copy of one over the other is refused', () => {
    const hashes = ['a', 'b'].map((name) => root().metadataHashAt(follow, name).lower);
    expect(hashes).toEqual([0n, 0n]);
  });

  it('gives a file another inode number at each write', () => {
    const file = root().openAt(follow, 'a', {}, { read: true, write: true });
    const before = file.metadataHash().lower;
    file.write(new Uint8Array(1), 0n);
    expect(file.metadataHash().lower).not.toBe(before);
  });

  it('keeps no times', () => {
    const file = root().openAt(follow, 'a', {}, { read: true, write: true });
    const time = { tag: 'timestamp', val: { seconds: 5n, nanoseconds: 0 } } as const;
    file.setTimes(time, time);
    expect(file.stat().dataModificationTimestamp).toEqual({ seconds: 0n, nanoseconds: 0 });
  });

  it('lets a descriptor that was opened for reading write', () => {
    const file = root().openAt(follow, 'a', {}, { read: true });
    expect(file.write(new Uint8Array(9), 0n)).toBe(9n);
  });

  it('has files that no one created', () => {
    expect(() => root().openAt(follow, 'constructor', create, { write: true })).toThrow();
  });
});
