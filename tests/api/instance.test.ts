import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, vi } from 'vitest';
import { copy } from '../../ts/index.js';
import { openFilesIn } from '../helpers/descriptors.js';
import { it } from '../helpers/it.js';

interface CoreInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

// Node's types do not declare WebAssembly.
declare const WebAssembly: {
  instantiate: (module: object, imports?: object) => Promise<CoreInstance>;
  readonly Memory: new (...never: never) => { readonly buffer: ArrayBuffer };
  readonly Global: new (...never: never) => { readonly value: unknown };
};

/** Returns the instances of core modules that are made from now on. */
function watchInstances(): CoreInstance[] {
  const made: CoreInstance[] = [];
  const { instantiate } = WebAssembly;
  vi.spyOn(WebAssembly, 'instantiate').mockImplementation(async (module, imports) => {
    const instance = await instantiate.call(WebAssembly, module, imports);
    made.push(instance);
    return instance;
  });
  return made;
}

/** Copies the memories and variables of these instances. */
function stateOf(instances: readonly CoreInstance[]): unknown[] {
  return instances
    .flatMap(({ exports }) => Object.values(exports))
    .flatMap((each) => {
      if (each instanceof WebAssembly.Memory) {
        return [Buffer.from(each.buffer).toString('latin1')];
      }
      return each instanceof WebAssembly.Global ? [each.value] : [];
    });
}

/** Uses up the instances that other tests left. */
async function withoutIdleInstances(directory: string): Promise<void> {
  for (let number = 0; number < 4; number++) {
    await expect(copy(join(directory, 'missing'), join(directory, 'copy'))).rejects.toThrow();
  }
}

afterEach(() => vi.restoreAllMocks());

it('a copy uses the instance of the copy before', async ({ directory }) => {
  await withoutIdleInstances(directory);
  writeFileSync(join(directory, 'a'), 'content');
  const made = watchInstances();
  await copy(join(directory, 'a'), join(directory, 'b'));
  const { length } = made;
  expect(length).toBeGreaterThan(0);
  mkdirSync(join(directory, 'd'));
  await copy(join(directory, 'b'), join(directory, 'd/c'));
  expect(made).toHaveLength(length);
  expect(readFileSync(join(directory, 'd/c'), 'utf8')).toBe('content');
});

it('nothing of an ended copy stays in its instance', async ({ directory }) => {
  await withoutIdleInstances(directory);
  writeFileSync(join(directory, 'qqname'), 'qqcontent'.repeat(1000));
  writeFileSync(join(directory, 'other'), '');
  const made = watchInstances();
  await copy(join(directory, 'qqname'), join(directory, 'qqcopy'), { preserveTimestamps: true });
  const afterFirst = stateOf(made);
  await copy(join(directory, 'other'), join(directory, 'x'), { verify: true });
  expect(stateOf(made).join() === afterFirst.join()).toBe(true);
  expect(/qqname|qqcontent|qqcopy/.exec(afterFirst.join())?.[0]).toBeUndefined();
});

it('an instance is not used after a failure', async ({ directory }) => {
  await withoutIdleInstances(directory);
  writeFileSync(join(directory, 'a'), 'content');
  const made = watchInstances();
  await expect(copy(join(directory, 'missing'), join(directory, 'b'))).rejects.toThrow();
  const { length } = made;
  await copy(join(directory, 'a'), join(directory, 'b'));
  expect(made).toHaveLength(2 * length);
});

it('an instance whose memory grew is used again, and keeps nothing of the copy', async ({ directory }) => {
  await withoutIdleInstances(directory);
  writeFileSync(join(directory, 'a'), Buffer.alloc(1_000_000, 'qqcontent'));
  const made = watchInstances();
  await copy(join(directory, 'a'), join(directory, 'b'));
  const { length } = made;
  expect(stateOf(made).join()).not.toContain('qqcontent');
  await copy(join(directory, 'b'), join(directory, 'c'));
  expect(made).toHaveLength(length);
  expect(readFileSync(join(directory, 'c')).equals(readFileSync(join(directory, 'a')))).toBe(true);
  expect(stateOf(made).join()).not.toContain('qqcontent');
});

it('an instance whose memory grew by more than 4 MiB is not used again', async ({ directory }) => {
  await withoutIdleInstances(directory);
  writeFileSync(join(directory, 'a'), Buffer.alloc(8_000_000, 'x'));
  const made = watchInstances();
  await copy(join(directory, 'a'), join(directory, 'b'), { windowSize: 8_000_000 });
  const { length } = made;
  await copy(join(directory, 'b'), join(directory, 'c'));
  expect(made).toHaveLength(2 * length);
});

it('an idle instance holds no directory open', async ({ directory }) => {
  writeFileSync(join(directory, 'a'), 'content');
  await Promise.all(
    Array.from({ length: 40 }, (_, number) => copy(join(directory, 'a'), join(directory, `b${number}`))),
  );
  expect(openFilesIn(directory)).toEqual([]);
});
