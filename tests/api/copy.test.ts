import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CopyError, copy, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';

describe('copy', () => {
  it('copies a file and reports it', async ({ directory }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    writeFileSync(source, 'content');

    const report = await copy(source, target);

    expect(readFileSync(target, 'utf8')).toBe('content');
    expect(report).toEqual({
      bytes: 7,
      files: 1,
      directories: 0,
      skipped: 0,
      warnings: [],
      warningCount: 0,
      errors: [],
      errorCount: 0,
      milliseconds: expect.any(Number),
    });
    expect(report.milliseconds).toBeGreaterThan(0);
  });

  it('ends if links lead to the copies of each other', async ({ directory }) => {
    for (const [name, other] of ['xy', 'yx']) {
      mkdirSync(join(directory, `a/${name}`), { recursive: true });
      mkdirSync(join(directory, `b/${name}`), { recursive: true });
      symlinkSync(`../../b/${other}`, join(directory, `a/${name}/link`));
    }
    await copy(join(directory, 'a'), join(directory, 'b'), { recursive: true, symlinks: 'follow' });
    // The first one is in the copy of the other.
    const [last, first] = existsSync(join(directory, 'b/x/link/link')) ? 'xy' : 'yx';
    expect(readdirSync(join(directory, 'b'), { recursive: true }).sort()).toEqual(
      [`${first}`, `${first}/link`, `${last}`, `${last}/link`, `${last}/link/link`].sort(),
    );
  });

  it('takes file: URLs', async ({ directory }) => {
    const [source, target] = [join(directory, 'ü %41 #'), join(directory, 'b')];
    writeFileSync(source, 'content');
    await copy(pathToFileURL(source), pathToFileURL(target));
    expect(readFileSync(target, 'utf8')).toBe('content');
  });

  it('gives a file from the year 3000 the latest time of WASI, with a warning', async ({
    inMemory: directory,
  }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    writeFileSync(source, 'content');
    spawnSync('touch', ['--date=3000-01-01', source]);
    const { warnings } = await copy(source, target, { preserveTimestamps: true });
    expect(statSync(target).mtime.getUTCFullYear()).toBe(2554);
    expect(warnings).toMatchObject([{ code: 'ENOTSUP', operation: 'set-times', path: target }]);
    expect(warnings[0]?.message).toMatch(/^copied '/);
  });

  it('counts more bytes than a number of 64 bits can hold as the largest such number', async ({
    inMemory: directory,
  }) => {
    mkdirSync(join(directory, 'a'));
    for (const name of ['f', 'g', 'h']) {
      spawnSync('truncate', ['--size', '9223372036854771712', join(directory, 'a', name)]);
    }
    let total: number | undefined;
    const { bytes } = await copy(join(directory, 'a'), join(directory, 'b'), {
      recursive: true,
      dryRun: true,
      onProgress: ({ bytesTotal }) => {
        total = bytesTotal;
      },
    });
    expect([bytes, total]).toEqual([2 ** 64, 2 ** 64]);
  });

  it('runs many copies at once without mixing them up', async ({ directory }) => {
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    for (const number of numbers) {
      writeFileSync(join(directory, `a${number}`), Buffer.alloc(100_000, number));
    }
    await Promise.all(numbers.map((n) => copy(join(directory, `a${n}`), join(directory, `b${n}`))));
    for (const number of numbers) {
      expect(readFileSync(join(directory, `b${number}`)).every((byte) => byte === number)).toBe(true);
    }
    expect(readdirSync(directory)).toHaveLength(40);
  });

  it("fails with a CopyError that has the code, the operation and the caller's paths", async ({
    directory,
  }) => {
    const [source, target] = [join(directory, 'missing'), join(directory, 'b')];
    const error = await rejectionOf(copy(source, target));
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({
      name: 'CopyError',
      code: 'ENOENT',
      operation: 'inspect',
      path: source,
      source,
      target,
      message: `cannot copy '${source}' to '${target}': cannot inspect '${source}': no such file or directory`,
    });
  });

  it('names the source if its directory is missing, and the target if its directory is missing', async ({
    directory,
  }) => {
    const [source, missing] = [join(directory, 'a'), join(directory, 'missing/x')];
    writeFileSync(source, 'content');
    expect(await rejectionOf(copy(missing, source))).toMatchObject({ code: 'ENOENT', path: missing });
    expect(await rejectionOf(copy(source, missing, { makeParents: false }))).toMatchObject({
      code: 'ENOENT',
      path: missing,
    });
    expect(readdirSync(directory)).toEqual(['a']);
  });

  it.runIf(process.platform === 'linux')(
    'does not blame the directory of the target if it exists',
    async ({ directory }) => {
      const source = join(directory, 'a');
      writeFileSync(source, 'content');

      expect(await rejectionOf(copy(source, '/proc/mapcp'))).toMatchObject({
        code: 'ENOENT',
        operation: 'create',
        reason: 'its directory exists, but no file can be created there',
      });
    },
  );

  it('creates missing directories on the way to the target', async ({ directory }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'x/y/z')];
    writeFileSync(source, 'content');
    await copy(source, target);
    expect(readFileSync(target, 'utf8')).toBe('content');
  });

  it('refuses a directory as source or as target', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    mkdirSync(join(directory, 'd'));
    const refusals = [
      copy(join(directory, 'd'), join(directory, 'b')),
      copy(directory, join(directory, 'b')),
      copy(join(directory, 'd/.'), join(directory, 'b')),
      copy(join(directory, 'd/..'), join(directory, 'b')),
      copy('/', join(directory, 'b')),
      copy(join(directory, 'a'), join(directory, 'd')),
    ];
    for (const failure of await Promise.all(refusals.map(rejectionOf))) {
      expect(failure).toMatchObject({ code: 'EISDIR' });
    }
    expect(readdirSync(directory).sort()).toEqual(['a', 'd']);
  });

  it("refuses a file whose name ends like a directory's", async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    expect(await rejectionOf(copy(join(directory, 'a/'), join(directory, 'b')))).toMatchObject({
      code: 'ENOTDIR',
    });
    expect(await rejectionOf(copy(join(directory, 'a'), join(directory, 'b/')))).toBeInstanceOf(CopyError);
    expect(readdirSync(directory)).toEqual(['a']);
  });

  it('refuses an empty path', async () => {
    expect(await rejectionOf(copy('', 'b'))).toMatchObject({
      code: 'EINVAL',
      reason: 'the path is empty',
      path: '',
      source: '',
      target: 'b',
    });
    expect(await rejectionOf(copy('package.json', ''))).toMatchObject({
      code: 'EINVAL',
      reason: 'the path is empty',
      path: '',
      source: 'package.json',
      target: '',
    });
  });

  it('refuses arguments of wrong types with a TypeError that names them', async () => {
    const anyCopy = copy as (...args: unknown[]) => Promise<unknown>;
    expect(await rejectionOf(anyCopy(1, 'b'))).toEqual(
      new TypeError('source must be a path, a Uint8Array, a Blob or a stream, not 1'),
    );
    expect(await rejectionOf(anyCopy('a', null))).toEqual(new TypeError('target must be a string, not null'));
    expect(await rejectionOf(anyCopy('a\0', 'b'))).toEqual(
      new TypeError('source must not contain a NUL character'),
    );
    for (const windowSize of [-1, 0, 1.5, 2 ** 30 + 1, Number.NaN]) {
      expect(await rejectionOf(anyCopy('a', 'b', { windowSize }))).toEqual(
        new RangeError(`options.windowSize must be a whole number from 1 to 1073741824, not ${windowSize}`),
      );
    }
  });

  it('refuses a path that would change, and a URL without a path on the disk', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const [good, half] = [join(directory, 'a'), join(directory, 'l\ud800x')];
    const reason = 'must be well-formed, but has a lone surrogate';
    expect(await rejectionOf(copy(half, good))).toMatchObject({
      message: expect.stringMatching(`source ${reason}`),
    });
    expect(await rejectionOf(copy(good, half))).toMatchObject({
      message: expect.stringMatching(`target ${reason}`),
    });
    expect(await rejectionOf(copy(good, new URL('https://example.com/b')))).toEqual(
      new TypeError("target must be a path or a file: URL, not 'https://example.com/b'"),
    );
    expect(readdirSync(directory)).toEqual(['a']);
  });

  it.for<[string, unknown, RegExp]>([
    ['force', false, /overwrite: 'never' for force: false/],
    ['errorOnExist', true, /overwrite: 'error'/],
    ['filter', () => false, /include and exclude/],
    ['dereference', true, /symlinks: 'follow'/],
    ['verbatimSymlinks', true, /symlinks: 'preserve'/],
    ['preserve', true, /did you mean|it has recursive/],
    ['overWrite', 'never', /did you mean 'overwrite'/],
  ])(
    "refuses the unknown option '%s', and names the right one",
    async ([name, value, advice], { directory }) => {
      const [source, target] = [join(directory, 'a'), join(directory, 'b')];
      writeFileSync(source, 'new');
      writeFileSync(target, 'precious');
      const error = await rejectionOf(copy(source, target, { [name]: value }));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ message: expect.stringContaining(`options has no option '${name}': `) });
      expect(error).toMatchObject({ message: expect.stringMatching(advice) });
      expect(readFileSync(target, 'utf8')).toBe('precious');
    },
  );

  it('refuses options of wrong types with a TypeError that names them, and changes no option', async () => {
    const anyCopy = copy as (...args: unknown[]) => Promise<unknown>;
    for (const [name, value] of Object.entries({
      recursive: 1,
      symlinks: 'never',
      overwrite: true,
      exclude: '*.o',
      include: [1],
      onProgress: {},
      onEntry: true,
      signal: {},
      shard: '0/4',
    })) {
      const options = Object.freeze({ [name]: value });
      const error = await rejectionOf(anyCopy('a', 'b', options));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(new RegExp(`options.${name}(\\[0\\])? must be`));
    }
    expect(await rejectionOf(anyCopy('a', 'b', null))).toBeInstanceOf(TypeError);
  });

  it('refuses an invalid shard, and says what is wrong', async () => {
    const anyCopy = copy as (...args: unknown[]) => Promise<unknown>;
    for (const [shard, error] of [
      [{ index: '0', count: 4 }, new TypeError("options.shard.index must be a number, not '0'")],
      [{ index: 0 }, new TypeError('options.shard.count must be a number, not undefined')],
      [
        { index: 4, count: 4 },
        new RangeError('options.shard.index must be a whole number from 0 to 3, not 4'),
      ],
      [
        { index: -1, count: 4 },
        new RangeError('options.shard.index must be a whole number from 0 to 3, not -1'),
      ],
      [
        { index: 0.5, count: 4 },
        new RangeError('options.shard.index must be a whole number from 0 to 3, not 0.5'),
      ],
      [
        { index: 0, count: 0 },
        new RangeError('options.shard.count must be a whole number from 1 to 4294967295, not 0'),
      ],
    ] as const) {
      expect(await rejectionOf(anyCopy('a', 'b', { shard }))).toEqual(error);
    }
  });

  it('a series of small copies lets timers run', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    using box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    let fired = false;
    setTimeout(() => {
      fired = true;
    });
    for (let number = 0; number < 2000 && !fired; number++) {
      await box.copy('/d/a', '/d/b');
    }
    expect(fired).toBe(true);
  });

  it('many copies at once can be aborted by a timer', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    using box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    const controller = new AbortController();
    setTimeout(() => controller.abort());
    const copies = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, number) =>
        box.copy('/d/a', `/d/b${number}`, { signal: controller.signal }),
      ),
    );
    expect(copies.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  });

  it('keeps the event loop running while it copies', async ({ directory }) => {
    const [source, target] = [join(directory, 'a'), join(directory, 'b')];
    writeFileSync(source, Buffer.alloc(100 * 1024 * 1024));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await copy(source, target);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
});
