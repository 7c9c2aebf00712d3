import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CopyError, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';

/** Opens a sandbox with `/in`, read-only, and `/out`. */
function open(directory: string) {
  mkdirSync(join(directory, 'in'));
  mkdirSync(join(directory, 'out'));
  writeFileSync(join(directory, 'in/a'), 'content');
  return openSandbox({
    '/in': { path: join(directory, 'in'), access: 'read' },
    '/out': { path: join(directory, 'out'), access: 'read-write' },
  });
}

describe('a sandbox', () => {
  it('copies between its directories, any number of times', async ({ directory }) => {
    using box = await open(directory);
    await box.copy('/in/a', '/out/b');
    await box.copy('/out/b', '/out/c');
    expect(readFileSync(join(directory, 'out/c'), 'utf8')).toBe('content');
  });

  it('accepts the file: URL of a directory', async ({ directory }) => {
    (await open(directory)).close();
    using box = await openSandbox({
      '/in': { path: pathToFileURL(join(directory, 'in')), access: 'read' },
      '/out': { path: pathToFileURL(join(directory, 'out')), access: 'read-write' },
    });
    await box.copy('/in/a', '/out/b');
    expect(readFileSync(join(directory, 'out/b'), 'utf8')).toBe('content');
  });

  it.for(['/in/sub', 'in/sub', 'in/sub/', '/in/*.txt'])(
    'warns of the pattern %s if its source is /in',
    async (pattern, { directory }) => {
      using box = await open(directory);
      for (const name of ['include', 'exclude']) {
        const options = { recursive: true, [name]: [pattern] };
        const { warnings } = await box.copy('/in', `/out/${name}`, options);
        expect(warnings.map(({ path, reason }) => [path, reason])).toEqual([
          [
            pattern,
            'a pattern is matched against paths below the source, so leave out the path of the source',
          ],
        ]);
      }
    },
  );

  it('lets the event loop run while it makes many directories, and removes them after an abort', async ({
    directory,
  }) => {
    using box = await open(directory);
    const way = 'd/'.repeat(1500);
    const abort = new AbortController();
    const copied = box.copy('/in/a', `/out/${way}b`, { signal: abort.signal });
    const first = join(directory, 'out/d');
    while (!existsSync(first)) {
      await setImmediate();
    }
    const isComplete = existsSync(join(directory, 'out', way));
    abort.abort();
    await expect(copied).rejects.toThrow('aborted');
    expect(isComplete).toBe(false);
    expect(existsSync(first)).toBe(false);
  });

  it('makes no directory on the way to a target whose path is too long', async ({ directory }) => {
    using box = await open(directory);
    const error = await rejectionOf(box.copy('/in/a', `/out/${'d/'.repeat(4000)}b`));
    expect(error).toMatchObject({ code: 'ENAMETOOLONG' });
    expect(readdirSync(join(directory, 'out'))).toEqual([]);
  });

  it.for(['/in/../../outside', '/outside', '/in/../outside', '../outside', '/../outside'])(
    'does not reach %s',
    async (path, { directory }) => {
      writeFileSync(join(directory, 'outside'), 'secret');
      using box = await open(directory);
      await expect(box.copy(path, '/out/b')).rejects.toBeInstanceOf(CopyError);
      await expect(box.copy('/in/a', path)).rejects.toBeInstanceOf(CopyError);
      expect(readFileSync(join(directory, 'outside'), 'utf8')).toBe('secret');
      expect(readdirSync(directory).sort()).toEqual(['in', 'out', 'outside']);
      expect(readdirSync(join(directory, 'out'))).toEqual([]);
    },
  );

  it('copies into a preopen whose path has several names', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    using box = await openSandbox({ '/srv/data': { path: directory, access: 'read-write' } });
    for (const path of ['/srv/data/b', '/srv/data/c/d']) {
      await box.copy('/srv/data/a', path, { dryRun: true });
      await box.copy('/srv/data/a', path);
    }
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('content');
    expect(readFileSync(join(directory, 'c/d'), 'utf8')).toBe('content');
    await expect(box.copy('/srv/data/a', '/srv/b')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps no directory that was made on a path that leads outside', async ({ directory }) => {
    using box = await open(directory);
    await expect(box.copy('/in/a', '/out/x/y/../../../outside/b')).rejects.toMatchObject({ code: 'EPERM' });
    expect(readdirSync(join(directory, 'out'))).toEqual([]);
  });

  it('is not opened if the access to a directory is missing', async ({ directory }) => {
    const preopens = { '/out': { path: directory } } as never;
    await expect(openSandbox(preopens)).rejects.toThrow(
      new TypeError("preopens['/out'].access must be 'read' or 'read-write', not undefined"),
    );
  });

  it.each<[string, unknown, RegExp]>([
    [
      'nothing',
      undefined,
      /^preopens must be an object with a directory for each guest path, not undefined$/,
    ],
    ['a list', [], /^preopens must be an object with a directory/],
    ['a Map', new Map(), /^preopens must be an object with a directory/],
    ['a word', { '/o': 'w' }, /^preopens\['\/o'\] must be an object, not 'w'$/],
    [
      'a URL of the web',
      { '/o': { path: new URL('https://host/'), access: 'read' } },
      /\.path must be a path or a file: URL, not 'https:\/\/host\/'$/,
    ],
    ['no path', { '/o': { access: 'read' } }, /\.path must be a string, not undefined$/],
    ['a lone surrogate', { '/o': { path: '\udc00', access: 'read' } }, /\.path must be well-formed/],
    ['another option', { '/o': { path: '/', access: 'read', readonly: true } }, /has no option 'readonly'/],
    ['a relative guest path', { o: { path: '/', access: 'read' } }, /must be an absolute path .*, not 'o'$/],
    [
      'an empty guest path',
      { '': { path: '/', access: 'read' } },
      /must be a path such as '\/in', .*, not ''$/,
    ],
    ['a guest path with ..', { '/a/../b': { path: '/', access: 'read' } }, /must be a path such as/],
    ['a guest path with half a pair', { '/\ud800': { path: '/', access: 'read' } }, /must be well-formed/],
  ])('is not opened over %s', async (_, preopens, message) => {
    const error = await rejectionOf(openSandbox(preopens as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });

  it.each([
    [{ confinment: 'strict' }, "options has no option 'confinment': did you mean 'confinement'?"],
    [{ confinement: 'none' }, "options.confinement must be 'strict' or 'best-effort', not 'none'"],
    [null, 'options must be an object, not null'],
  ])('is not opened with unknown options: %o', async (options, message) => {
    expect(await rejectionOf(openSandbox({}, options as never))).toEqual(new TypeError(message));
  });

  it.each([5, {}, undefined])('is not opened with a host that is none: %o', async (host) => {
    expect(await rejectionOf(openSandbox({}, { host: () => host as never }))).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^the result of options.host must be a host, such as { imports }, not /),
    });
  });

  it('refuses options that only copy has, and paths that would change', async ({ directory }) => {
    using box = await open(directory);
    const options = { host: () => ({ imports: {} }) };
    expect(await rejectionOf(box.copy('/in/a', '/out/b', options as never))).toMatchObject({
      message: expect.stringMatching("options has no option 'host'"),
    });
    expect(await rejectionOf(box.copy('/in/a', '/out/\ud800'))).toMatchObject({
      message: expect.stringMatching('target must be well-formed'),
    });
    expect(() => box.clean('/out\ud800')).toThrow('directory must be well-formed');
    expect(readdirSync(join(directory, 'out'))).toEqual([]);
  });

  it('fails with guest paths', async ({ directory }) => {
    using box = await open(directory);
    await expect(box.copy('/in/missing', '/out/b')).rejects.toThrow(
      "cannot copy '/in/missing' to '/out/b': cannot inspect '/in/missing': no such file or directory",
    );
  });

  it('writes nothing to a read-only directory', async ({ directory }) => {
    using box = await open(directory);
    await expect(box.copy('/in/a', '/in/b')).rejects.toMatchObject({ code: 'EPERM', path: '/in/b' });
    expect(readdirSync(join(directory, 'in'))).toEqual(['a']);
  });

  it('says which directories it has if a path is in none of them', async ({ directory }) => {
    using box = await open(directory);
    const reason = "it is in no directory of the sandbox, which has '/in' and '/out'";
    for (const path of ['input/a', '/input/a', join(directory, 'in/a')]) {
      expect(await rejectionOf(box.copy(path, '/out/b'))).toMatchObject({
        code: 'ENOENT',
        path,
        reason,
      });
      expect(await rejectionOf(box.copy('/in/a', path))).toMatchObject({
        code: 'ENOENT',
        path,
        reason,
      });
    }
    for (const path of ['/in/missing', './in/missing']) {
      expect(await rejectionOf(box.copy(path, '/out/b'))).toMatchObject({
        reason: 'no such file or directory',
      });
    }
  });

  it('says that a directory is open for reading only', async ({ directory }) => {
    using box = await open(directory);
    mkdirSync(join(directory, 'in/d'));
    const reason = "'/in' is open for reading only; open it with access: 'read-write'";
    expect(await rejectionOf(box.copy('/in/a', '/in/b'))).toMatchObject({ code: 'EPERM', reason });
    const dry = box.copy('/in/a', '/in/b', { dryRun: true });
    expect(await rejectionOf(dry)).toMatchObject({ code: 'EPERM', reason });
    const tree = box.copy('/out', '/in/d/e', { recursive: true });
    expect(await rejectionOf(tree)).toMatchObject({ code: 'EPERM', reason });
  });

  it('has errors whose JSON has the message', async ({ directory }) => {
    using box = await open(directory);
    const error = await rejectionOf(box.copy('/in/missing', '/out/b'));
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: 'ENOENT',
      path: '/in/missing',
      message: (error as Error).message,
    });
  });

  it('cannot be used once it is closed, and leaves no unfinished copy', async ({ directory }) => {
    const box = await open(directory);
    writeFileSync(join(directory, 'in/big'), Buffer.alloc(100 * 1024 * 1024));
    const copying = box.copy('/in/big', '/out/big');
    box.close();
    const closed = { code: 'ERR_MAPCP_CLOSED', message: 'the sandbox is closed' };
    await expect(copying).rejects.toMatchObject(closed);
    await expect(box.copy('/in/a', '/out/b')).rejects.toMatchObject(closed);
    expect(() => box.clean('/out')).toThrow(expect.objectContaining(closed));
    expect(readdirSync(join(directory, 'out'))).toEqual([]);
  });

  it('cannot be opened over a missing directory', async ({ directory }) => {
    const path = join(directory, 'missing');
    await expect(openSandbox({ '/in': { path, access: 'read' } })).rejects.toMatchObject({
      code: 'ENOENT',
      path,
    });
  });
});
