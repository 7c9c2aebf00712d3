// The end of a copy whose tree must appear as a whole.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type CopyTask, openSandbox, type Sandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';

/** So many that removing them takes several steps. */
const MANY = 1500;

const replacing = { recursive: true, atomic: 'tree', overwrite: 'always' } as const;

function makeFiles(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true });
  for (let index = 0; index < count; index++) {
    writeFileSync(join(directory, `f${index}`), '');
  }
}

const openIn = (directory: string) => openSandbox({ '/d': { path: directory, access: 'read-write' } });

/** Waits until something exists. Fails if the copy ends before. */
async function untilExists(path: string, task: CopyTask): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  task.then(end, end);
  while (!existsSync(path)) {
    expect(isOver).toBe(false);
    await setImmediate();
  }
  expect(isOver).toBe(false);
}

describe('a copy of a whole tree', () => {
  const ends: [string, (stop: AbortController, box: Sandbox) => void][] = [
    ['its signal is aborted', (stop) => stop.abort()],
    ['its sandbox is closed', (_, box) => box.close()],
  ];

  it.for(ends)(
    'succeeds if %s when only the old tree is left to remove, which it removes',
    async ([, end], { inMemory: directory }) => {
      makeFiles(join(directory, 'old'), MANY);
      makeFiles(join(directory, 'a/new'), 1);
      using box = await openIn(directory);
      const stop = new AbortController();
      const task = box.copy('/d/a', '/d/old', { ...replacing, signal: stop.signal });
      await untilExists(join(directory, 'old/new'), task);
      end(stop, box);
      expect(await task).toMatchObject({ files: 1, directories: 2, warningCount: 0 });
      expect(readdirSync(directory)).toEqual(['a', 'old']);
      expect(readdirSync(join(directory, 'old'))).toEqual(['new']);
    },
  );

  it('rejects with the error of a listener, but first removes the old tree', async ({
    inMemory: directory,
  }) => {
    makeFiles(join(directory, 'old'), MANY);
    makeFiles(join(directory, 'a'), 1);
    using box = await openIn(directory);
    const reason = new Error('from the listener');
    const onProgress = () => {
      if (!existsSync(join(directory, 'old/f1'))) {
        throw reason;
      }
    };
    await expect(box.copy('/d/a', '/d/old', { ...replacing, onProgress })).rejects.toBe(reason);
    expect(readdirSync(directory)).toEqual(['a', 'old']);
    expect(readdirSync(join(directory, 'old'))).toEqual(['f0']);
  });

  it.for(ends)(
    'lets the event loop run while it removes what it has made if %s',
    async ([, end], { inMemory: directory }) => {
      makeFiles(join(directory, 'a'), 2 * MANY);
      using box = await openIn(directory);
      const stop = new AbortController();
      let entries = 0;
      const onEntry = () => {
        if (++entries === MANY) {
          end(stop, box);
        }
      };
      let isOver = false;
      const task = box.copy('/d/a', '/d/b', { ...replacing, signal: stop.signal, onEntry });
      const over = expect(
        task.finally(() => {
          isOver = true;
        }),
      ).rejects.toThrow(/aborted|closed/);
      let turns = 0;
      while (!isOver) {
        turns += entries < MANY ? 0 : 1;
        await setImmediate();
      }
      await over;
      expect(turns).toBeGreaterThan(4);
      expect(readdirSync(directory)).toEqual(['a']);
    },
  );
});
