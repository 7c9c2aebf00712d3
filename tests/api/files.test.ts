// The option `files`: the iterables that it takes, how they are read, and how they end.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { type CopyOptions, copy, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';

/** Creates `in` with the files 0 to 9, calls `use` with its path and a target, and returns the names of the copies. */
function copied(use: (source: string, target: string) => Promise<unknown>): Promise<readonly string[]> {
  return inTemporaryDirectory(async (directory) => {
    const [source, target] = [join(directory, 'in'), join(directory, 'out')];
    mkdirSync(source);
    for (let name = 0; name < 10; name++) {
      writeFileSync(join(source, String(name)), String(name));
    }
    await use(source, target);
    const names = readdirSync(target);
    for (const name of names) {
      expect(readFileSync(join(target, name), 'utf8')).toBe(name);
    }
    return names.sort();
  });
}

/** Yields values, and notes how often it was asked and whether it was left. */
class Watched {
  asked = 0;
  isLeft = false;

  async *of(values: Iterable<string>): AsyncGenerator<string> {
    try {
      for (const value of values) {
        this.asked++;
        yield value;
      }
    } finally {
      this.isLeft = true;
    }
  }
}

describe('the files of a copy', () => {
  it.each<[string, () => CopyOptions['files']]>([
    ['an array', () => ['1', '3']],
    ['a set', () => new Set(['1', '3'])],
    ['a generator', () => ['1', '3'].values()],
    ['an asynchronous generator', () => new Watched().of(['1', '3'])],
    ['a stream of Node', () => Readable.from(['1', '3'])],
    ['a stream of the web', () => Readable.toWeb(Readable.from(['1', '3'])) as ReadableStream<string>],
  ])('can be %s', async (_, files) => {
    expect(await copied((source, target) => copy(source, target, { files: files() }))).toEqual(['1', '3']);
  });

  it('are copied in a sandbox as well', async () => {
    const names = await copied(async (source, target) => {
      mkdirSync(target);
      using box = await openSandbox({
        '/in': { path: source, access: 'read' },
        '/out': { path: target, access: 'read-write' },
      });
      await box.copy('/in', '/out', { files: ['2'] });
    });
    expect(names).toEqual(['2']);
  });

  it('are those of the array at the call', async () => {
    const names = await copied((source, target) => {
      const files = ['1'];
      const copying = copy(source, target, { files });
      files.push('2');
      return copying;
    });
    expect(names).toEqual(['1']);
  });

  it('are copied as they come, so that the next one can wait for the copy of this one', async () => {
    const names = await copied(async (source, target) => {
      let finish = () => {};
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      async function* files() {
        yield '1';
        await finished;
        yield '2';
      }
      await copy(source, target, { files: files(), onEntry: ({ kind }) => kind === 'file' && finish() });
    });
    expect(names).toEqual(['1', '2']);
  });

  it('do not let a copy without them wait, however late they come', async ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    writeFileSync(join(directory, 'in/f'), 'f');
    const stop = new AbortController();
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const waiting = Array.from({ length: 40 }, (_, number) =>
      copy(join(directory, 'in'), join(directory, `w${number}`), { files: never, signal: stop.signal }),
    );
    const ends = Promise.allSettled(waiting);
    await copy(join(directory, 'in'), join(directory, 'out'), { recursive: true });
    stop.abort(new Error('enough'));
    expect((await ends).map((end) => end.status === 'rejected' && end.reason.message)).toEqual(
      Array(40).fill('enough'),
    );
  });

  it.for([
    ['error', 'other', { code: 'EEXIST' }],
    ['never', 'other', { skipped: 1 }],
    ['always', 'b', { files: 2 }],
  ] as const)(
    'treat a file that another process puts into a new directory as %s says',
    async ([overwrite, content, found], { directory }) => {
      mkdirSync(join(directory, 'in'));
      for (const name of ['a', 'b']) {
        writeFileSync(join(directory, 'in', name), name);
      }
      const files = async function* () {
        yield 'a';
        await expect.poll(() => existsSync(join(directory, 'out/a'))).toBe(true);
        writeFileSync(join(directory, 'out/b'), 'other');
        yield 'b';
      };
      const copying = copy(join(directory, 'in'), join(directory, 'out'), { files: files(), overwrite });
      expect(await copying.catch((error: unknown) => error)).toMatchObject(found);
      expect(readFileSync(join(directory, 'out/b'), 'utf8')).toBe(content);
    },
  );

  it('are no longer read when the copy has failed', async ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    const files = new Watched();
    const list = function* () {
      for (let number = 0; ; number++) {
        yield `missing-${number}`;
      }
    };
    const error = await rejectionOf(
      copy(join(directory, 'in'), join(directory, 'out'), { files: files.of(list()) }),
    );
    expect(error).toMatchObject({ code: 'ENOENT', path: join(directory, 'in/missing-0') });
    await expect.poll(() => files.isLeft).toBe(true);
  });

  it('are no longer waited for when the copy is aborted', async ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    const files = new Readable({ objectMode: true, read() {} });
    const stop = new AbortController();
    const copying = copy(join(directory, 'in'), join(directory, 'out'), { files, signal: stop.signal });
    stop.abort(new Error('enough'));
    expect(await rejectionOf(copying)).toEqual(new Error('enough'));
  });

  it('end the copy with their own error', async () => {
    const broken = new Error('the list is broken');
    const names = await copied(async (source, target) => {
      const files = async function* () {
        yield '1';
        await later(20);
        throw broken;
      };
      expect(await rejectionOf(copy(source, target, { files: files() }))).toBe(broken);
      expect(await rejectionOf(copy(source, target, { files: Readable.from(files()) }))).toBe(broken);
      const synchronous = function* () {
        yield '1';
        throw broken;
      };
      expect(await rejectionOf(copy(source, target, { files: synchronous() }))).toBe(broken);
    });
    expect(names).toEqual(['1']);
  });

  it.for<[string, unknown, string]>([
    ['a string', '1', "options.files must be an iterable of paths, not '1'"],
    ['bytes', new Uint8Array(1), 'options.files must be an iterable of paths, not a Uint8Array'],
    ['an object', {}, 'options.files must be an iterable of paths, not an object'],
    ['numbers', [1], 'a path of options.files must be a string, not 1'],
    ['buffers', [Buffer.from('1')], 'a path of options.files must be a string, not a Uint8Array'],
    ['a path with a NUL', ['a\0b'], 'a path of options.files must not contain a NUL character'],
    ['a lone surrogate', ['\ud800'], /^a path of options.files must be well-formed/ as unknown as string],
  ])('cannot be %s', async ([_, files, message], { directory }) => {
    const error = await rejectionOf(
      copy(directory, join(directory, 'out'), { files: files as string[], dryRun: true }),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  });

  it('cannot be divided among threads', async () => {
    const error = await rejectionOf(copy('in', 'out', { files: [], concurrency: 2 }));
    expect(error).toEqual(
      new TypeError(
        'options.concurrency must be 1 with options.files, because one job reads the list, not 2',
      ),
    );
  });
});
