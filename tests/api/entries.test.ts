import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CopyEntry, CopyError, type CopyOptions, copy } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';

/** Copies the tree `a` to `b`, and returns the reported entries by their paths in the directory. */
async function entriesOf(directory: string, options: CopyOptions): Promise<CopyEntry[]> {
  const told: CopyEntry[] = [];
  const below = (path: string) => path.slice(directory.length + 1);
  await copy(join(directory, 'a'), join(directory, 'b'), {
    recursive: true,
    ...options,
    onEntry: (entry) => told.push({ ...entry, source: below(entry.source), target: below(entry.target) }),
  });
  return told;
}

function entry(kind: CopyEntry['kind'], name: string, bytes = 0, skipped = false): CopyEntry {
  return { kind, source: `a${name}`, target: `b${name}`, skipped, bytes };
}

function makeTree(directory: string): void {
  mkdirSync(join(directory, 'a/d'), { recursive: true });
  writeFileSync(join(directory, 'a/d/f'), 'content');
  symlinkSync('d', join(directory, 'a/l'));
}

describe('the reported entries of a copy', () => {
  it('are its files, links and new directories, each once it exists', async ({ directory }) => {
    makeTree(directory);
    expect(await entriesOf(directory, {})).toEqual([
      entry('directory', ''),
      entry('link', '/l'),
      entry('directory', '/d'),
      entry('file', '/d/f', 7),
    ]);
  });

  it('are the same in a dry run', async ({ directory }) => {
    makeTree(directory);
    const would = await entriesOf(directory, { dryRun: true });
    expect(would).toEqual(await entriesOf(directory, {}));
  });

  it('include skipped entries, but neither existing directories nor excluded entries', async ({
    directory,
  }) => {
    makeTree(directory);
    mkdirSync(join(directory, 'b/d'), { recursive: true });
    writeFileSync(join(directory, 'b/d/f'), 'old');
    const told = await entriesOf(directory, { overwrite: 'never', exclude: ['l'] });
    expect(told).toEqual([entry('file', '/d/f', 0, true)]);
  });

  it('are complete for a large tree', async ({ directory }) => {
    mkdirSync(join(directory, 'a'));
    const names = Array.from({ length: 1000 }, (_, index) => `/f${index}`);
    for (const name of names) {
      writeFileSync(join(directory, `a${name}`), '');
    }
    const told = await entriesOf(directory, {});
    expect(told.map(({ source }) => source).sort()).toEqual(['a', ...names.map((name) => `a${name}`)].sort());
  });

  it('end the copy if the listener throws', async ({ directory }) => {
    makeTree(directory);
    const why = new Error('enough');
    const onEntry = () => {
      throw why;
    };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { recursive: true, onEntry });
    expect(await rejectionOf(copying)).toBe(why);
  });
});

describe('a copy that fails', () => {
  it("has done what its error's report says, with all warnings and errors so far", async ({ directory }) => {
    makeTree(directory);
    writeFileSync(join(directory, 'a/g'), 'more');
    // A directory in place of a file is met after the entries beside it.
    mkdirSync(join(directory, 'b/d/f'), { recursive: true });
    const error = await rejectionOf(copy(join(directory, 'a'), join(directory, 'b'), { recursive: true }));
    expect(error).toBeInstanceOf(CopyError);
    expect((error as CopyError).report).toMatchObject({ bytes: 4, files: 2, warnings: [], errors: [] });
  });
});
