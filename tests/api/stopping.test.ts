// A copy that is aborted, left or closed, above all while its callbacks run.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { type CopyOptions, copy, openSandbox } from 'mapcp';
import { describe, expect, vi } from 'vitest';
import { NOTHING_YET } from '../../ts/jobs/component.js';
import { CopyTask as Task } from '../../ts/task/task.js';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';

const FILES = 6;
const mine = new Error('mine');
const reason = new Error('the reason');

/** Creates a tree `a` of six files and a broken link. */
function makeTree(directory: string): void {
  mkdirSync(join(directory, 'a'));
  for (let index = 0; index < FILES; index++) {
    writeFileSync(join(directory, 'a', `f${index}`), 'content');
  }
  symlinkSync('missing', join(directory, 'a/broken'));
}

const openIn = (directory: string) => openSandbox({ '/d': { path: directory, access: 'read-write' } });

/** The ways to stop a copy in a sandbox, with what it rejects with. */
const ways = {
  aborted: reason,
  closed: expect.objectContaining({ code: 'ERR_MAPCP_CLOSED' }) as unknown,
};
type Way = keyof typeof ways;

/** Copies the tree in a sandbox, and returns what that rejects with. The callbacks get a function that stops it. */
async function rejection(
  directory: string,
  way: Way,
  callbacksFor: (stop: () => void) => CopyOptions,
): Promise<unknown> {
  makeTree(directory);
  using box = await openIn(directory);
  const controller = new AbortController();
  const stop = way === 'aborted' ? () => controller.abort(reason) : () => box.close();
  const options = {
    recursive: true,
    keepGoing: true,
    symlinks: 'follow',
    signal: controller.signal,
  } as const;
  return await rejectionOf(box.copy('/d/a', '/d/b', { ...options, ...callbacksFor(stop) }));
}

describe.for(Object.keys(ways) as Way[])('a copy that is %s', (way) => {
  it('during a callback rejects, and calls no other', async ({ directory }) => {
    const listener = vi.fn();
    const found = await rejection(directory, way, (stop) => ({
      onEntry: listener.mockImplementation(stop),
      onProgress: listener,
    }));
    expect(found).toEqual(ways[way]);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('during onError rejects, although no entry is left to copy', async ({ directory }) => {
    const found = await rejection(directory, way, (stop) => ({ onError: stop, onEntry: () => {} }));
    expect(found).toEqual(ways[way]);
  });

  describe.for(['onEntry', 'onError', 'onProgress'] as const)('by %s', (name) => {
    it('while that waits for a promise rejects', async ({ directory }) => {
      const found = await rejection(directory, way, (stop) => ({
        [name]: () => {
          process.nextTick(stop);
          return new Promise(() => {});
        },
      }));
      expect(found).toEqual(ways[way]);
    });

    it.for([
      ['throws', (act: () => void) => act()],
      ['rejects', async (act: () => void) => act()],
      [
        'rejects later',
        async (act: () => void) => {
          await setImmediate();
          act();
        },
      ],
    ] as const)('rejects with its error if it then %s', async ([, call], { directory }) => {
      const found = await rejection(directory, way, (stop) => ({
        [name]: () =>
          call(() => {
            stop();
            throw mine;
          }),
      }));
      expect(found).toBe(mine);
    });
  });
});

it('a copy whose iteration is left while a callback never resolves rejects', async ({ directory }) => {
  // A step ends after 256 entries, and reports its progress.
  const most = 256;
  mkdirSync(join(directory, 'a'));
  for (let index = 0; index < 2 * most; index++) {
    writeFileSync(join(directory, 'a', `f${index}`), '');
  }
  let calls = 0;
  const onEntry = () => (++calls > most ? new Promise(() => {}) : undefined);
  const task = copy(join(directory, 'a'), join(directory, 'b'), { recursive: true, onEntry });
  for await (const _ of task) {
    await expect.poll(() => calls).toBe(most + 1);
    break;
  }
  await expect(task).rejects.toMatchObject({ name: 'AbortError' });
});

describe('many copies', () => {
  it('whose callbacks never resolve all reject if they are aborted', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const controller = new AbortController();
    const options = { signal: controller.signal, onEntry: () => new Promise(() => {}) };
    const copies = Array.from({ length: 40 }, (_, index) =>
      copy(join(directory, 'a'), join(directory, `b${index}`), options),
    );
    const all = Promise.allSettled(copies);
    await expect.poll(() => readdirSync(directory).length).toBeGreaterThan(20);
    controller.abort(reason);
    expect(await all).toEqual(copies.map(() => ({ status: 'rejected', reason })));
  });

  it('whose callbacks never resolve all reject if their sandbox is closed', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const box = await openIn(directory);
    const copies = Array.from({ length: 30 }, (_, index) =>
      box.copy('/d/a', `/d/b${index}`, { onEntry: () => new Promise(() => {}) }),
    );
    const all = Promise.allSettled(copies);
    await expect.poll(() => readdirSync(directory).length).toBeGreaterThan(16);
    box.close();
    for (const found of await all) {
      expect(found).toMatchObject({ status: 'rejected', reason: { code: 'ERR_MAPCP_CLOSED' } });
    }
  });
});

describe('a copy of which everything is done', () => {
  it.for(['file', 'tree'] as const)(
    'resolves if it is aborted in its last callback: %s',
    async (atomic, { directory }) => {
      makeTree(directory);
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      const options = { recursive: true, signal: controller.signal, atomic, onProgress };
      const report = await copy(join(directory, 'a'), join(directory, 'b'), options);
      expect(report).toMatchObject({ files: FILES + 1 });
    },
  );

  it('resolves if its iteration is left at the last item', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const onProgress = () => setImmediate();
    const task = copy(join(directory, 'a'), join(directory, 'b'), { onProgress });
    for await (const { filesDone } of task) {
      expect(filesDone).toBe(1);
      break;
    }
    expect(await task).toMatchObject({ files: 1 });
  });
});

/** Ends a task with a job that has one step, and whose stop or drop fails. */
function taskOf(job: object, options: CopyOptions): Task {
  const work = {
    begin: () => ({
      step: () => NOTHING_YET,
      progress: () => NOTHING_YET,
      currentPath: () => '',
      takeErrors: () => [],
      takeEntries: () => [],
      addInput: () => {},
      endInput: () => {},
      stop: () => false,
      drop: () => {},
      ...job,
    }),
    requireOpen: () => {},
    prepareStep: () => {},
    rest: () => setImmediate(),
    unlessClosed: <T>(promise: Promise<T>) => promise,
    target: '',
    pathOf: (path: string) => path,
    end: () => {},
  };
  return new Task(() => ({ options, prepare: async () => work }));
}

it.for(['stop', 'drop'])('a copy rejects with its first error, even if its job fails to %s', async (name) => {
  const fail = () => {
    throw new Error('the second error');
  };
  const onProgress = () => {
    throw mine;
  };
  await expect(taskOf({ [name]: fail }, { onProgress })).rejects.toBe(mine);
});

describe('a copy of a whole tree', () => {
  const whole = { recursive: true, atomic: 'tree' } as const;

  it.for([
    ['throws', {}],
    ['throws, and the old tree would be replaced', { overwrite: 'always' }],
  ] as const)('leaves nothing new if onEntry %s', async ([, options], { directory }) => {
    makeTree(directory);
    if ('overwrite' in options) {
      mkdirSync(join(directory, 'b'));
      writeFileSync(join(directory, 'b/old'), 'old');
    }
    const before = readdirSync(directory);
    const onEntry = () => {
      throw mine;
    };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { ...whole, ...options, onEntry });
    await expect(copying).rejects.toBe(mine);
    expect(readdirSync(directory)).toEqual(before);
  });

  it('leaves nothing if it is aborted in the last onEntry', async ({ directory }) => {
    makeTree(directory);
    const controller = new AbortController();
    let calls = 0;
    const onEntry = () => {
      if (++calls === FILES + 2) {
        controller.abort(reason);
      }
    };
    const options = { ...whole, signal: controller.signal, onEntry };
    await expect(copy(join(directory, 'a'), join(directory, 'b'), options)).rejects.toBe(reason);
    expect(readdirSync(directory)).toEqual(['a']);
  });

  it('keeps its name if the last onProgress throws', async ({ directory }) => {
    makeTree(directory);
    const onProgress = () => {
      throw mine;
    };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { ...whole, onProgress });
    await expect(copying).rejects.toBe(mine);
    expect(readFileSync(join(directory, 'b/f0'), 'utf8')).toBe('content');
  });
});
