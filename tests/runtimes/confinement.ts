// Strict confinement on systems that vitest does not run on. tests/host shows more of it, on Linux.

import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createHost, type Host } from 'mapcp/host';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

/** A descriptor in a component's bindings. */
type Descriptor = ReturnType<Host['imports']['wasi:filesystem/preopens']['getDirectories']>[number][0];

/** Calls `act` with a component's root, the directory `box`, and with what is around it. */
async function inBox(act: (root: Descriptor, box: string, top: string) => void): Promise<void> {
  await inTemporaryDirectory(async (top) => {
    const box = join(top, 'box');
    mkdirSync(join(box, 'dir'), { recursive: true });
    writeFileSync(join(box, 'file'), 'inside');
    writeFileSync(join(top, 'secret'), 'outside');
    const preopens = { '/': { path: box, access: 'read-write' } } as const;
    using host = await createHost({ preopens, confinement: 'strict' });
    const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories() as [[Descriptor, string]];
    act(root, box, top);
  });
}

/** The error-code that `act` fails with, or 'ok'. */
function outcome(act: () => unknown): unknown {
  try {
    act();
    return 'ok';
  } catch (error) {
    return (error as { payload: unknown }).payload;
  }
}

const drop = (descriptor: object): void => (descriptor as Disposable)[Symbol.dispose]();

function create(directory: Descriptor, name: string, content: string): void {
  const file = directory.openAt({}, name, { create: true, exclusive: true }, { write: true });
  file.write(Buffer.from(content), 0n);
  drop(file);
}

const strange = [
  '..\\secret',
  '\\secret',
  'C:\\secret',
  'C:secret',
  'file:stream',
  'file::$DATA',
  'NUL',
  'CONIN$',
  'file.',
];

/** Defines the tests. */
export function testConfinement(): void {
  describe('strict confinement:', () => {
    it('a directory that another one replaces is still the one that was opened', () =>
      inBox((root, box, top) => {
        const directory = root.openAt({}, 'dir', { directory: true }, { read: true });
        renameSync(join(box, 'dir'), join(top, 'aside'));
        mkdirSync(join(box, 'dir'));
        writeFileSync(join(box, 'dir/old'), 'other');
        create(directory, 'new', 'content');
        directory.createDirectoryAt('made');
        expect(outcome(() => directory.unlinkFileAt('old'))).toBe('no-entry');
        expect(outcome(() => directory.statAt({}, 'old'))).toBe('no-entry');
        drop(directory);
        expect(readdirSync(join(top, 'aside')).sort()).toEqual(['made', 'new']);
        expect(readdirSync(join(box, 'dir'))).toEqual(['old']);
      }));

    it('a file gets its new name in the directory that is open, even if another one has replaced it', () =>
      inBox((root, box, top) => {
        const directory = root.openAt({}, 'dir', { directory: true }, { read: true });
        renameSync(join(box, 'dir'), join(top, 'aside'));
        mkdirSync(join(box, 'dir'));
        root.linkAt({}, 'file', directory, 'linked');
        root.renameAt('file', directory, 'moved');
        drop(directory);
        expect(readdirSync(join(top, 'aside')).sort()).toEqual(['linked', 'moved']);
        expect(readdirSync(join(box, 'dir'))).toEqual([]);
      }));

    it('no path leads out', () =>
      inBox((root, _, top) => {
        for (const path of ['../secret', 'dir/../../secret', '/secret', '..']) {
          expect([path, outcome(() => root.statAt({}, path))]).toEqual([path, 'not-permitted']);
          expect([path, outcome(() => root.createDirectoryAt(path))]).toEqual([path, 'not-permitted']);
        }
        expect(readdirSync(top).sort()).toEqual(['box', 'secret']);
        expect(readFileSync(join(top, 'secret'), 'utf8')).toBe('outside');
      }));

    for (const name of process.platform === 'win32' ? strange : []) {
      it(`the name ${name}, which stands for something else, is no name`, () =>
        inBox((root, box, top) => {
          const acts = [
            () => root.statAt({}, name),
            () => root.openAt({}, name, {}, { read: true }),
            () => create(root, name, 'content'),
            () => root.createDirectoryAt(name),
            () => root.unlinkFileAt(name),
            () => root.renameAt('file', root, name),
            () => root.linkAt({}, 'file', root, name),
          ];
          expect(acts.map(outcome)).toEqual(acts.map(() => 'invalid'));
          expect(readdirSync(box).sort()).toEqual(['dir', 'file']);
          expect(readdirSync(top).sort()).toEqual(['box', 'secret']);
        }));
    }

    it('each call acts in the open directory, with the usual errors', () =>
      inBox((root, box) => {
        const directory = root.openAt({}, 'dir', { directory: true }, { read: true });
        create(directory, 'a', 'content');
        expect(outcome(() => create(directory, 'a', 'other'))).toBe('exist');
        expect(outcome(() => directory.createDirectoryAt('a'))).toBe('exist');
        expect(outcome(() => directory.openAt({}, 'missing', {}, { read: true }))).toBe('no-entry');
        expect(outcome(() => directory.statAt({}, 'a/b'))).toBe('not-directory');
        expect(outcome(() => root.removeDirectoryAt('dir'))).toBe('not-empty');
        directory.linkAt({}, 'a', directory, 'b');
        expect(outcome(() => directory.linkAt({}, 'a', directory, 'b'))).toBe('exist');
        directory.setTimesAt(
          {},
          'a',
          { tag: 'no-change' },
          { tag: 'timestamp', val: { seconds: 1_000_000_000n, nanoseconds: 0 } },
        );
        expect(statSync(join(box, 'dir/b')).mtimeMs).toBe(1e12);
        directory.renameAt('b', directory, 'a');
        directory.createDirectoryAt('c');
        const listing = directory.readDirectory();
        const entries = [];
        for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
          entries.push(`${entry.name} ${entry.type}`);
        }
        drop(listing);
        expect(entries.sort()).toContain('a regular-file');
        expect(entries).toContain('c directory');
        expect(readFileSync(join(box, 'dir/a'), 'utf8')).toBe('content');
        for (const name of readdirSync(join(box, 'dir')).filter((each) => each !== 'c')) {
          directory.unlinkFileAt(name);
        }
        directory.removeDirectoryAt('c');
        drop(directory);
        root.removeDirectoryAt('dir');
        expect(readdirSync(box)).toEqual(['file']);
      }));
  });
}
