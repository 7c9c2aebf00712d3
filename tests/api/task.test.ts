import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CopyError, type CopyProgress, copy } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';

const MiB = 1024 * 1024;

/** Creates a tree `a` of some files, 60 MiB in all. */
function makeTree(directory: string): void {
  mkdirSync(join(directory, 'a/d'), { recursive: true });
  for (let index = 0; index < 6; index++) {
    writeFileSync(join(directory, 'a/d', `f${index}`), Buffer.alloc(10 * MiB, index + 1));
  }
}

describe('a running copy', () => {
  it('reports progress that grows, has totals from the start, and ends', async ({ directory }) => {
    makeTree(directory);
    const told: CopyProgress[] = [];
    const source = join(directory, 'a');
    await copy(source, join(directory, 'b'), {
      recursive: true,
      onProgress: (progress) => told.push(progress),
    });
    expect(told.length).toBeGreaterThan(1);
    for (const [index, progress] of told.entries()) {
      const before = told[index - 1] ?? { bytesDone: 0, filesDone: 0 };
      expect(progress.bytesDone).toBeGreaterThanOrEqual(before.bytesDone);
      expect(progress.filesDone).toBeGreaterThanOrEqual(before.filesDone);
      expect(progress.bytesTotal).toBe(60 * MiB);
      expect(progress.currentPath.startsWith(source)).toBe(true);
    }
    expect(told.at(-1)).toMatchObject({ bytesDone: 60 * MiB, filesDone: 6, filesTotal: 6 });
  });

  it.for([false, true])(
    'reports progress while it compares, in a tree with skipped files: %s',
    async (skips, { directory }) => {
      makeTree(directory);
      if (skips) {
        mkdirSync(join(directory, 'b/d'), { recursive: true });
        writeFileSync(join(directory, 'b/d/f3'), '');
      }
      const bytes = (skips ? 50 : 60) * MiB;
      const told: CopyProgress[] = [];
      const report = await copy(join(directory, 'a'), join(directory, 'b'), {
        recursive: true,
        verify: true,
        overwrite: 'never',
        onProgress: (progress) => told.push(progress),
      });
      expect(report.bytes).toBe(bytes);
      expect(told[0]?.bytesTotal).toBe(120 * MiB);
      expect(told.at(-1)).toMatchObject({ bytesDone: 2 * bytes, bytesTotal: 2 * bytes });
      const isGrowing = told.every(({ bytesDone }, index) => bytesDone >= (told[index - 1]?.bytesDone ?? 0));
      expect(isGrowing).toBe(true);
    },
  );

  it('reports progress once for an empty file', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), '');
    const told: CopyProgress[] = [];
    await copy(join(directory, 'a'), join(directory, 'b'), {
      onProgress: (progress) => told.push(progress),
    });
    expect(told).toEqual([
      { bytesDone: 0, bytesTotal: 0, filesDone: 1, filesTotal: 1, currentPath: join(directory, 'a') },
    ]);
  });

  it('can be iterated over, to the end', async ({ directory }) => {
    makeTree(directory);
    let last: CopyProgress | undefined;
    for await (const progress of copy(join(directory, 'a'), join(directory, 'b'), { recursive: true })) {
      last = progress;
    }
    expect(last).toMatchObject({ bytesDone: 60 * MiB, bytesTotal: 60 * MiB });
    expect(readdirSync(join(directory, 'b/d'))).toHaveLength(6);
  });

  it('fails its iteration with its own error', async ({ directory }) => {
    const iterate = async () => {
      for await (const _ of copy(join(directory, 'missing'), join(directory, 'b'))) {
        // The iteration must fail first.
      }
    };
    await expect(iterate()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is a promise, and what follows it is an ordinary one', async ({ directory }) => {
    const task = copy(join(directory, 'missing'), join(directory, 'b'));
    expect(task).toBeInstanceOf(Promise);
    const next = task.catch(() => 'caught');
    expect(next.constructor).toBe(Promise);
    expect(await next).toBe('caught');
  });

  it('ends if its iteration is left, with only complete files', async ({ directory }) => {
    makeTree(directory);
    const task = copy(join(directory, 'a'), join(directory, 'b'), { recursive: true });
    for await (const _ of task) {
      break;
    }
    await expect(task).rejects.toMatchObject({ name: 'AbortError' });
    for (const name of existsSync(join(directory, 'b/d')) ? readdirSync(join(directory, 'b/d')) : []) {
      expect(statSync(join(directory, 'b/d', name)).size).toBe(10 * MiB);
    }
  });

  it('can be iterated over by several loops, each to the end', async ({ directory }) => {
    makeTree(directory);
    const task = copy(join(directory, 'a'), join(directory, 'b'), { recursive: true });
    const watch = async () => {
      const told: CopyProgress[] = [];
      for await (const progress of task) {
        told.push(progress);
      }
      return told;
    };
    const all = await Promise.all([watch(), watch(), watch()]);
    const late = await watch();
    for (const told of [...all, late]) {
      expect(told.at(-1)).toMatchObject({ bytesDone: 60 * MiB, bytesTotal: 60 * MiB, filesDone: 6 });
    }
    expect(late).toHaveLength(1);
  });

  it('goes on if one of two loops over it is left', async ({ directory }) => {
    makeTree(directory);
    const task = copy(join(directory, 'a'), join(directory, 'b'), { recursive: true });
    const leave = async () => {
      for await (const _ of task) {
        break;
      }
    };
    let last: CopyProgress | undefined;
    const stay = async () => {
      for await (const progress of task) {
        last = progress;
      }
    };
    await Promise.all([leave(), stay()]);
    expect(last).toMatchObject({ bytesDone: 60 * MiB });
    expect((await task).files).toBe(6);
  });

  it.for(['onProgress', 'onEntry'])(
    'ends with the rejection of a promise of %s',
    async (name, { directory }) => {
      writeFileSync(join(directory, 'a'), 'content');
      const reason = new Error('from the listener');
      const listener = async () => {
        throw reason;
      };
      const copying = copy(join(directory, 'a'), join(directory, 'b'), { [name]: listener });
      await expect(copying).rejects.toBe(reason);
    },
  );

  it('waits for the promise of a listener before it goes on', async ({ directory }) => {
    makeTree(directory);
    let listening = 0;
    const seen: number[] = [];
    const listener = async () => {
      seen.push(++listening);
      await new Promise((resolve) => setImmediate(resolve));
      listening--;
    };
    const options = { recursive: true, onEntry: listener, onProgress: listener };
    await copy(join(directory, 'a'), join(directory, 'b'), options);
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(listening).toBe(0);
  });

  it('ends if its signal is aborted while a listener never resolves', async ({ directory }) => {
    makeTree(directory);
    const controller = new AbortController();
    const onEntry = () => {
      setImmediate(() => controller.abort());
      return new Promise(() => {});
    };
    const options = { recursive: true, signal: controller.signal, onEntry };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), options);
    await expect(copying).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does nothing if its signal is already aborted, and rejects with the reason', async ({ directory }) => {
    makeTree(directory);
    const reason = new Error('changed my mind');
    const signal = AbortSignal.abort(reason);
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { recursive: true, signal });
    await expect(copying).rejects.toBe(reason);
    expect(existsSync(join(directory, 'b'))).toBe(false);
  });

  it.for(['b', 'made/on/the way/b'])(
    'ends if its signal is aborted, and leaves nothing of %s',
    async (target, { directory }) => {
      writeFileSync(join(directory, 'a'), Buffer.alloc(200 * MiB));
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      const copying = copy(join(directory, 'a'), join(directory, target), {
        signal: controller.signal,
        onProgress,
      });
      await expect(copying).rejects.toMatchObject({ name: 'AbortError' });
      expect(readdirSync(directory)).toEqual(['a']);
    },
  );

  it('ends with an error of onProgress, and leaves no partial file', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), Buffer.alloc(200 * MiB));
    const onProgress = () => {
      throw new Error('from the listener');
    };
    const copying = copy(join(directory, 'a'), join(directory, 'b'), { onProgress });
    await expect(copying).rejects.toThrow('from the listener');
    expect(readdirSync(directory)).toEqual(['a']);
  });

  it.for([1, 2])(
    'reports the first 100 warnings and errors, their number, and each to a listener, by %i jobs',
    async (concurrency, { directory }) => {
      const [source, target] = [join(directory, 'a'), join(directory, 'b')];
      const names = Array.from({ length: 150 }, (_, index) => `${index}`);
      mkdirSync(source);
      execFileSync(
        'mkfifo',
        names.map((name) => `fifo${name}`),
        { cwd: source },
      );
      for (const name of names) {
        writeFileSync(join(source, name), name);
        mkdirSync(join(target, name), { recursive: true });
      }
      const warnings: CopyError[] = [];
      const errors: CopyError[] = [];
      const report = await copy(source, target, {
        recursive: true,
        keepGoing: true,
        concurrency,
        onWarning: (warning) => warnings.push(warning),
        onError: (failure) => errors.push(failure),
      });
      expect(report).toMatchObject({ files: 0, warningCount: 150, errorCount: 150 });
      expect(report.warnings).toEqual(warnings.slice(0, 100));
      expect(report.errors).toEqual(errors.slice(0, 100));
      expect(new Set(warnings.map(({ path }) => path)).size).toBe(150);
      expect(new Set(errors.map(({ path }) => path)).size).toBe(150);
      expect(warnings[0]).toMatchObject({ code: 'ERR_MAPCP_NOT_REGULAR_FILE' });
      expect(errors[0]).toMatchObject({ code: 'EISDIR' });
    },
  );

  it.for(['onWarning', 'onError'])('ends with the rejection of %s', async (name, { directory }) => {
    mkdirSync(join(directory, 'a'));
    execFileSync('mkfifo', [join(directory, 'a/fifo')]);
    writeFileSync(join(directory, 'a/f'), 'content');
    mkdirSync(join(directory, 'b/f'), { recursive: true });
    const reason = new Error('from the listener');
    const options = { recursive: true, keepGoing: true, [name]: async () => Promise.reject(reason) };
    await expect(copy(join(directory, 'a'), join(directory, 'b'), options)).rejects.toBe(reason);
  });
});

it('never lets others read a copy before it is complete', async ({ directory }) => {
  mkdirSync(join(directory, 'out'));
  writeFileSync(join(directory, 'a'), Buffer.alloc(100 * MiB));
  const modes = new Set<number>();
  await copy(join(directory, 'a'), join(directory, 'out/b'), {
    onProgress: () => {
      for (const name of readdirSync(join(directory, 'out')).filter((name) => name.startsWith('.mapcp-'))) {
        modes.add(statSync(join(directory, 'out', name)).mode & 0o777);
      }
    },
  });
  expect([...modes]).toEqual([0o600]);
});
