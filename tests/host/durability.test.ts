import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, preopensOf, walkers } from './helpers.js';

describe.each(walkers)('by the %s walker,', (_kind, walker) => {
  /** How many directories a host opens to synchronise them, while a directory is created and a file renamed into it. */
  function synchronised(syncDirectories: boolean): number {
    let opened = 0;
    const watching = {
      ...walker,
      reopen(...args: Parameters<typeof walker.reopen>) {
        opened += 1;
        return walker.reopen(...args);
      },
    };
    const path = temporaryDirectory();
    mkdirSync(join(path, 'there'));
    writeFileSync(join(path, 'file'), '');
    const preopens = { '/': { path, access: 'read-write' } } as const;
    const root = preopensOf(hostWith(watching, { preopens, durability: { syncDirectories } }))('/');
    root.createDirectoryAt('there/new');
    root.renameAt('file', root, 'there/new/file');
    return opened;
  }

  it('a directory with a new name is synchronised if names must last', () => {
    expect(synchronised(true)).toBe(2);
  });

  it('no directory is synchronised if names need not last', () => {
    expect(synchronised(false)).toBe(0);
  });
});
