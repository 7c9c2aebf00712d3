// A sandbox's preopens are checked before a worker is started. This needs no browser.

import { describe, expect, it } from 'vitest';
import { grantsFor } from '../../ts/browser/preopens.js';

const tree = { dir: {} };

const inner = { dir: {} as Record<string, unknown> };
inner.dir.d = inner;
const cyclic = { dir: { d: inner } };

async function outcome(preopens: unknown): Promise<string> {
  try {
    await grantsFor(preopens as never);
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}

describe('the preopens of a sandbox in a browser', () => {
  it.each([
    [{}],
    [{ '/in': { tree, access: 'read' }, '/': { tree, access: 'read-write' } }],
    [
      {
        '/in': {
          tree: {
            dir: { a: { source: '' }, b: { symlink: '../x' }, c: { dir: { d: { source: new Blob([]) } } } },
          },
          access: 'read',
        },
      },
    ],
    [{ '/in': { tree: { dir: Object.assign(Object.create(null), { a: { source: '' } }) }, access: 'read' } }],
  ])('are accepted: %o', async (preopens) => {
    expect(await outcome(preopens)).toBe('accepted');
  });

  it.each<[unknown, string]>([
    [undefined, 'preopens must be an object with a directory for each guest path, not undefined'],
    [{ '/o': 'w' }, "preopens['/o'] must be an object, not 'w'"],
    [
      { '/o': { tree, access: 'readonly' } },
      "preopens['/o'].access must be 'read' or 'read-write', not 'readonly'",
    ],
    [{ '/o': { tree, access: 'READ' } }, "preopens['/o'].access must be 'read' or 'read-write', not 'READ'"],
    [{ '/o': { tree } }, "preopens['/o'].access must be 'read' or 'read-write', not undefined"],
    [{ '/o': { tree, readonly: true } }, "preopens['/o'] has no option 'readonly': use access: 'read'"],
    [
      { '/o': { access: 'read' } },
      "preopens['/o'].tree must be a directory, such as { dir: {} }, not undefined",
    ],
    [
      { '/o': { directory: '/', access: 'read' } },
      "preopens['/o'].directory must be a FileSystemDirectoryHandle, not '/'",
    ],
    [{ o: { tree, access: 'read' } }, "a name in preopens must be an absolute path such as '/in', not 'o'"],
    [
      { '/o/../in': { tree, access: 'read' } },
      "a name in preopens must be a path such as '/in', without '.', '..' and a slash at its end, not '/o/../in'",
    ],
    [
      { '/o': { tree: { dir: { '..': tree } }, access: 'read' } },
      "a name in preopens['/o'].tree must be the name of an entry, not '..'",
    ],
    [
      { '/o': { tree: { dir: { d: { dir: { 'l\ud800x': tree } } } }, access: 'read' } },
      "a name in preopens['/o'].tree.dir['d'] must be well-formed, but has a lone surrogate: 'l\\ud800x'",
    ],
    [
      { '/o': { tree: { dir: { a: { symlink: 'a\0' } } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'].symlink must not contain a NUL character",
    ],
    [
      { '/o': { tree: { dir: { a: { source: 1 } } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'].source must be a string, a Blob, an ArrayBuffer or a view of one, not 1",
    ],
    [
      { '/o': { tree: { dir: { a: { source: undefined } } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'].source must be a string, a Blob, an ArrayBuffer or a view of one, not undefined",
    ],
    [
      { '/o': { tree: { dir: { a: {} } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'] must be { source }, { symlink } or { dir }, not an object",
    ],
    [
      { '/o': { tree: { dir: { a: { source: { [Symbol.toStringTag]: 'Blob' } } } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'].source must be a string, a Blob, an ArrayBuffer or a view of one, not a Blob",
    ],
    [
      { '/o': { tree: cyclic, access: 'read' } },
      "preopens['/o'].tree.dir['d'].dir['d'] must be a directory that does not contain itself, not an object",
    ],
    [
      { '/o': { tree: { dir: new Map() }, access: 'read' } },
      "preopens['/o'].tree must be a directory, such as { dir: {} }, not an object",
    ],
    [
      { '/o': { tree: { dir: { a: { source: '', mtimeNs: 5 } } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'].mtimeNs must be a bigint, in nanoseconds since 1970, not 5",
    ],
    [
      { '/o': { tree: { dir: { a: { source: '', mtime: 5n } } }, access: 'read' } },
      "preopens['/o'].tree.dir['a'] has no option 'mtime': did you mean 'mtimeNs'?",
    ],
    [
      { '': { tree, access: 'read' } },
      "a name in preopens must be a path such as '/in', without '.', '..' and a slash at its end, not ''",
    ],
    [
      { '/o/': { tree, access: 'read' } },
      "a name in preopens must be a path such as '/in', without '.', '..' and a slash at its end, not '/o/'",
    ],
  ])('are refused by name: %o', async (preopens, message) => {
    expect(await outcome(preopens)).toBe(`TypeError: ${message}`);
  });

  it('are taken as they are at the call', async () => {
    const bytes = new Uint8Array([1]);
    const dir: Record<string, object> = {
      a: { source: bytes },
      b: { dir: { c: { symlink: 'a' } }, mtimeNs: 5n },
    };
    const preopens = { '/in': { tree: { dir }, access: 'read' } };
    const granting = grantsFor(preopens as never);
    bytes[0] = 2;
    dir.d = { source: 'x' };
    preopens['/in'].access = 'read-write';
    expect(await granting).toEqual([
      {
        name: '/in',
        access: 'read',
        from: [
          [-1, '', { mtimeNs: undefined }],
          [0, 'a', { source: new Uint8Array([1]) }],
          [0, 'b', { mtimeNs: 5n }],
          [2, 'c', { symlink: 'a' }],
        ],
      },
    ]);
  });

  it('take every buffer and every view by its bytes', async () => {
    const words = new Uint16Array([1000, 2000, 3000]);
    const sources = [words.buffer, words.subarray(1), new DataView(words.buffer, 2, 2)];
    const dir = Object.fromEntries(sources.map((source, index) => [index, { source }]));
    const [grant] = await grantsFor({ '/in': { tree: { dir }, access: 'read' } });
    expect(grant?.from).toEqual([
      [-1, '', { mtimeNs: undefined }],
      ...[
        [0xe8, 3, 0xd0, 7, 0xb8, 0xb],
        [0xd0, 7, 0xb8, 0xb],
        [0xd0, 7],
      ].map((bytes, index) => [0, `${index}`, { source: new Uint8Array(bytes) }]),
    ]);
  });
});
