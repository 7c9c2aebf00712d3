import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpile } from '@bytecodealliance/jco';
import type { DescriptorStat } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createHost, ExitError } from '../../ts/host/index.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';
import { callsOn, hostWith, outcome, preopensOf, sandbox, walkers } from './helpers.js';

/** How many descriptors of this process are in `directory`. */
function heldBelow(directory: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      return false;
    }
  }).length;
}

describe.each(walkers)('a host with the %s walker', (_kind, walker) => {
  it('closes everything when it is closed, and then refuses every call', () => {
    const { box, host, root } = sandbox(walker);
    mkdirSync(join(box, 'dir'));
    // A small directory is listed at once.
    for (let index = 0; index < 1000; index++) {
      writeFileSync(join(box, `dir/${index}`), '');
    }
    const file = root.openAt({}, 'file', { create: true }, { read: true, write: true });
    const stream = file.writeViaStream(0n);
    root.openAt({}, 'dir', {}, { read: true }).readDirectory();
    expect(heldBelow(box)).toBeGreaterThan(3);
    host.close();
    expect(heldBelow(box)).toBe(0);
    expect(outcome(() => root.statAt({}, 'file'))).toBe('bad-descriptor');
    expect(outcome(() => file.read(1n, 0n))).toBe('bad-descriptor');
    expect(outcome(() => stream.write(new Uint8Array(1)))).toEqual({ tag: 'closed' });
    expect(preopenNames(host)).toEqual([]);
    host.close();
  });

  it("creates no stream over the caller's resources after it is closed", () => {
    const written: string[] = [];
    const stdout = (bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString());
    const host = hostWith(walker, { stdin: Buffer.from('given'), stdout, clocks: true });
    const before = host.imports['wasi:cli/stdout'].getStdout();
    before.write(Buffer.from('before'));
    host.close();
    expect(outcome(() => before.write(Buffer.from('after')))).toEqual({ tag: 'closed' });
    for (const act of [
      host.imports['wasi:cli/stdin'].getStdin,
      host.imports['wasi:cli/stdout'].getStdout,
      host.imports['wasi:cli/stderr'].getStderr,
      () => host.imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n),
    ]) {
      expect(act).toThrow('the host is closed');
    }
    expect(written).toEqual(['before']);
  });

  it('closes the descriptor of a dropped resource at once', () => {
    const { box, root } = sandbox(walker);
    const before = heldBelow(box);
    const file = root.openAt({}, 'file', { create: true }, { write: true });
    expect(heldBelow(box)).toBe(before + 1);
    (file as unknown as Disposable)[Symbol.dispose]();
    expect(heldBelow(box)).toBe(before);
    (file as unknown as Disposable)[Symbol.dispose]();
    expect(heldBelow(box)).toBe(before);
  });

  it('leaves no descriptor open, whatever fails', () => {
    const { box, root } = sandbox(walker);
    mkdirSync(join(box, 'a/b/c'), { recursive: true });
    const before = heldBelow(box);
    for (const path of [
      'a/b/c/missing',
      'a/b/../../..',
      'a/b/c/missing/x',
      'missing/x',
      'a/b/c/../../../../x',
    ]) {
      outcome(() => root.openAt({}, path, {}, { read: true }));
      outcome(() => root.statAt({}, path));
      outcome(() => root.renameAt(path, root, path));
    }
    expect(heldBelow(box)).toBe(before);
  });

  it('keeps a file open for its stream if the descriptor is dropped', () => {
    const { box, root } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'content');
    const file = root.openAt({}, 'file', {}, { read: true });
    const stream = file.readViaStream(3n);
    (file as unknown as Disposable)[Symbol.dispose]();
    expect(Buffer.from(stream.read(100n)).toString()).toBe('tent');
    expect(outcome(() => stream.read(100n))).toEqual({ tag: 'closed' });
  });

  it('gives new preopens at each call, so a dropped one can be had again', () => {
    const { host, root } = sandbox(walker);
    (root as unknown as Disposable)[Symbol.dispose]();
    expect(preopensOf(host)('/').getType()).toBe('directory');
  });

  it('shares nothing with another', () => {
    const one = sandbox(walker);
    const two = sandbox(walker);
    expect(two.root).not.toBeInstanceOf(one.host.imports['wasi:filesystem/types'].Descriptor);
    one.host.close();
    expect(two.root.getType()).toBe('directory');
  });

  it('refuses the descriptors of another', () => {
    const one = sandbox(walker);
    const two = sandbox(walker);
    writeFileSync(join(two.box, 'file'), 'content');
    expect(outcome(() => two.root.renameAt('file', one.root, 'moved'))).toBe('bad-descriptor');
    expect(outcome(() => two.root.linkAt({}, 'file', one.root, 'moved'))).toBe('bad-descriptor');
    // A function without an error code ends the component.
    expect(() => two.root.isSameObject(one.root)).toThrow('bad-descriptor');
    expect(readdirSync(two.box)).toEqual(['file']);
    expect(readdirSync(one.box)).toEqual([]);
  });

  it('has an error code for the errors of files, but not of standard streams', () => {
    const host = hostWith(walker, {
      preopens: { '/': { path: temporaryDirectory(), access: 'read-write' } },
      stdout: () => {
        throw Object.assign(new Error(), { code: 'EPIPE' });
      },
    });
    const { filesystemErrorCode } = host.imports['wasi:filesystem/types'];
    const file = preopensOf(host)('/').openAt({}, 'file', { create: true }, { write: true });
    const errorOf = (stream: { write(bytes: Uint8Array): void }) =>
      outcome(() => stream.write(Buffer.from('x'))) as {
        val: Parameters<typeof filesystemErrorCode>[0] & { toDebugString(): string };
      };
    const ofFile = errorOf(file.writeViaStream(1n << 62n)).val;
    const ofStream = errorOf(host.imports['wasi:cli/stdout'].getStdout()).val;
    expect([filesystemErrorCode(ofFile), ofFile.toDebugString()]).toEqual([
      'file-too-large',
      'file-too-large',
    ]);
    expect([filesystemErrorCode(ofStream), ofStream.toDebugString()]).toEqual([undefined, 'pipe']);
  });

  it('sets times at most a microsecond too early, and never too late', () => {
    const { box, root } = sandbox(walker);
    writeFileSync(join(box, 'file'), '');
    const set = (nanosecondsSince1970: bigint) => {
      const [seconds, nanoseconds] = [
        nanosecondsSince1970 / 1_000_000_000n,
        Number(nanosecondsSince1970 % 1_000_000_000n),
      ];
      const time = { tag: 'timestamp', val: { seconds, nanoseconds } } as const;
      root.setTimesAt({}, 'file', time, time);
      return statSync(join(box, 'file'), { bigint: true }).mtimeNs;
    };
    const starts = [0n, 1n, 1_000_000n, 536_870_911n, 1_700_000_000n, 4_102_444_800n, 8_000_000_000n];
    const parts = [0n, 1n, 999n, 1000n, 123_456_000n, 333_333_333n, 999_999_000n, 999_999_999n];
    const chosen = starts.flatMap((start) => parts.map((part) => start * 1_000_000_000n + part));
    const spread = Array.from({ length: 1000 }, (_, index) => BigInt(index) * 1_234_567_007_654_321n);
    for (const wanted of [...chosen, ...spread]) {
      const kept = set(wanted);
      expect([wanted, kept <= wanted && wanted - kept < 1000n]).toEqual([wanted, true]);
      // Copying the time again does not change it.
      expect([wanted, set(kept)]).toEqual([wanted, kept]);
    }
  });

  it('reports each time that a component set, until somebody else sets another', () => {
    const { box, root } = sandbox(walker);
    writeFileSync(join(box, 'file'), '');
    symlinkSync('file', join(box, 'link'));
    const file = root.openAt({}, 'file', {}, { write: true });
    const at = (seconds: bigint, nanoseconds: number) =>
      ({ tag: 'timestamp', val: { seconds, nanoseconds } }) as const;
    const timesOf = ({
      dataAccessTimestamp: accessed,
      dataModificationTimestamp: modified,
    }: DescriptorStat) => [accessed, modified];
    const [one, other, third] = [at(1_700_000_000n, 123_456_789), at(1_700_000_001n, 999), at(3n, 1)];
    root.setTimesAt({}, 'file', one, other);
    expect(timesOf(file.stat())).toEqual([one.val, other.val]);
    expect(timesOf(root.statAt({ symlinkFollow: true }, 'link'))).toEqual([one.val, other.val]);
    file.setTimes({ tag: 'no-change' }, third);
    expect(timesOf(root.statAt({}, 'file'))).toEqual([one.val, third.val]);
    root.setTimesAt({}, 'link', other, other);
    expect(timesOf(root.statAt({}, 'link'))).toEqual([other.val, other.val]);
    expect(timesOf(root.statAt({}, 'file'))).toEqual([one.val, third.val]);
    root.renameAt('file', root, 'new');
    expect(timesOf(root.statAt({}, 'new'))).toEqual([one.val, third.val]);
    utimesSync(join(box, 'new'), 5, 6);
    expect(timesOf(root.statAt({}, 'new'))).toEqual([
      { seconds: 5n, nanoseconds: 0 },
      { seconds: 6n, nanoseconds: 0 },
    ]);
  });

  it('keeps a time before 1970 if only the other time is set', () => {
    const { box, root } = sandbox(walker);
    const before = new Date('1960-01-01T00:00:00.123Z');
    writeFileSync(join(box, 'file'), '');
    utimesSync(join(box, 'file'), before, before);
    const second = { tag: 'timestamp', val: { seconds: 1n, nanoseconds: 0 } } as const;
    root.setTimesAt({}, 'file', second, { tag: 'no-change' });
    root.openAt({}, 'file', {}, { write: true }).setTimes(second, { tag: 'no-change' });
    const { atime, mtime } = statSync(join(box, 'file'));
    expect([atime, mtime]).toEqual([new Date(1000), before]);
  });

  it('lists a large directory in several parts', () => {
    const { box, root } = sandbox(walker);
    for (let index = 0; index < 1000; index++) {
      writeFileSync(join(box, `file-${index}`), '');
    }
    const names = new Set<string>();
    const listing = root.readDirectory();
    for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
      names.add(entry.name);
    }
    expect(names.size).toBe(1000);
  });

  it('gives listed entries their identities, unless the component does not use them', ({
    directory: box,
  }) => {
    writeFileSync(join(box, 'a'), '');
    writeFileSync(join(box, 'b'), '');
    /** The identity of each entry while it is listed, and afterwards. */
    const identities = (listIdentities?: boolean) => {
      const options = listIdentities === undefined ? {} : { listIdentities };
      const host = hostWith(walker, { preopens: { '/': { path: box, access: 'read' } }, ...options });
      const root = preopensOf(host)('/');
      const listing = root.readDirectory();
      const listed = new Map<string, unknown>();
      for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
        listed.set(entry.name, root.metadataHashAt({}, entry.name));
      }
      const later = ['a', 'b'].map((name) => root.metadataHashAt({}, name));
      return { listed: [listed.get('a'), listed.get('b')], later, directory: root.metadataHash() };
    };
    const usual = identities();
    expect(usual.listed).toEqual(usual.later);
    expect(usual.later[0]).not.toEqual(usual.later[1]);
    const bare = identities(false);
    expect(bare.listed).toEqual([bare.directory, bare.directory]);
    expect(bare.later).toEqual(usual.later);
  });

  it('appends at the current end', () => {
    const { box, root } = sandbox(walker);
    const file = root.openAt({}, 'log', { create: true }, { write: true });
    const one = file.appendViaStream();
    const two = file.appendViaStream();
    one.write(Buffer.from('a'));
    two.write(Buffer.from('b'));
    one.blockingWriteAndFlush(Buffer.from('c'));
    two.blockingWriteZeroesAndFlush(2n);
    expect(readFileSync(join(box, 'log'), 'latin1')).toBe('abc\0\0');
  });

  it('ends the component at exit, with its status', async () => {
    const preopens = { '/': { path: temporaryDirectory(), access: 'read' } } as const;
    const failure = await callsOn(walker, { preopens }, ['exit 1']).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ExitError);
    expect(failure).toMatchObject({ status: 1 });
  });
});

function preopenNames(host: Awaited<ReturnType<typeof createHost>>): string[] {
  return host.imports['wasi:filesystem/preopens'].getDirectories().map(([, name]) => name);
}

describe('createHost', () => {
  it('gives nothing that was not granted', async () => {
    using host = await createHost({});
    const { imports } = host;
    expect(imports['wasi:cli/environment'].getEnvironment()).toEqual([]);
    expect(imports['wasi:cli/environment'].getArguments()).toEqual([]);
    expect(imports['wasi:cli/environment'].initialCwd()).toBeUndefined();
    expect(preopenNames(host)).toEqual([]);
    expect(outcome(() => imports['wasi:cli/stdin'].getStdin().read(1n))).toEqual({ tag: 'closed' });
    expect(imports['wasi:cli/terminal-stdout'].getTerminalStdout()).toBeUndefined();
    for (const name of [
      'wasi:clocks/wall-clock',
      'wasi:clocks/monotonic-clock@0.2.3',
      'wasi:random/random',
      'wasi:sockets/tcp@0.2.0',
      'wasi:http/types@0.2.12',
      'wasi:cli/environment@0.3.0',
    ]) {
      expect(() => Reflect.get(imports, name)).toThrow(`the component imports '${name}'`);
    }
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'does not give the %s that every JavaScript object has',
    async (name) => {
      using host = await createHost({});
      expect(() => Reflect.get(host.imports, name)).toThrow(`the component imports '${name}'`);
    },
  );

  it('writes at most the number of zeros that it has permitted', async () => {
    let written = 0;
    const stdout = (bytes: Uint8Array) => {
      written += bytes.length;
    };
    using host = await createHost({ stdout });
    const stream = host.imports['wasi:cli/stdout'].getStdout();
    const most = stream.checkWrite();
    stream.writeZeroes(most);
    expect(() => stream.writeZeroes(most + 1n)).toThrow('bytes at once; the maximum is');
    expect(BigInt(written)).toBe(most);
  });

  it('gives imports that a promise can resolve with', async () => {
    using host = await createHost({});
    expect(await Promise.resolve(host.imports)).toBe(host.imports);
  });

  it('gives everything that was granted, for any version of WASI 0.2', async () => {
    const written: string[] = [];
    using host = await createHost({
      args: ['program', 'argument'],
      env: { NAME: 'value' },
      stdin: Buffer.from('input'),
      stdout: (bytes) => void written.push(Buffer.from(bytes).toString()),
      clocks: true,
      random: true,
    });
    const { imports } = host;
    expect(imports['wasi:cli/environment@0.2.0'].getEnvironment()).toEqual([['NAME', 'value']]);
    expect(imports['wasi:cli/environment@0.2.12'].getArguments()).toEqual(['program', 'argument']);
    expect(Reflect.get(imports, 'wasi:cli/stdin@0.2.99')).toBe(imports['wasi:cli/stdin']);
    const stdin = imports['wasi:cli/stdin'].getStdin();
    expect(Buffer.from(stdin.blockingRead(3n)).toString()).toBe('inp');
    expect(Buffer.from(imports['wasi:cli/stdin'].getStdin().read(10n)).toString()).toBe('ut');
    imports['wasi:cli/stdout'].getStdout().blockingWriteAndFlush(Buffer.from('output'));
    expect(written).toEqual(['output']);
    const { now, subscribeDuration } = imports['wasi:clocks/monotonic-clock'];
    const before = now();
    subscribeDuration(1_000_000n).block();
    expect(now() - before).toBeGreaterThanOrEqual(1_000_000n);
    expect([...imports['wasi:io/poll'].poll([subscribeDuration(10n ** 18n), subscribeDuration(0n)])]).toEqual(
      [1],
    );
    const { getRandomBytes, getRandomU64 } = imports['wasi:random/random'];
    expect(getRandomBytes(10_000n).length).toBe(10_000);
    expect(getRandomBytes(8n)).not.toEqual(getRandomBytes(8n));
    expect(getRandomU64()).not.toBe(getRandomU64());
    expect(() => getRandomBytes(2n ** 64n - 1n)).toThrow('random bytes');
  });

  it('rejects and leaves nothing open if a preopen is no directory', async ({ directory }) => {
    writeFileSync(join(directory, 'file'), '');
    const fine = { path: directory, access: 'read' } as const;
    for (const name of ['missing', 'file']) {
      const preopens = { '/fine': fine, '/wrong': { path: join(directory, name), access: 'read' } } as const;
      await expect(createHost({ preopens })).rejects.toThrow(name);
    }
    expect(heldBelow(directory)).toBe(0);
  });
});

describe('bindings that pass lists', () => {
  const lists = mkdtempSync(join(built('tests'), 'lists-'));
  afterAll(() => rmSync(lists, { recursive: true }));

  beforeAll(async () => {
    const { files } = await transpile(readFileSync(built('guests', 'calls.wasm')), {
      name: 'calls',
      instantiation: 'async',
    });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(lists, name, '..'), { recursive: true });
      writeFileSync(join(lists, name), content);
    }
  });

  it.each(walkers)('work with the %s walker too', async (_kind, walker) => {
    const { box } = sandbox(walker);
    let output = '';
    const calls = [
      'open 0 - file rwcx',
      'pwrite 0 content 0',
      'pread 0',
      'fstat 0',
      'mkdir - dir',
      'rename - file - dir/file',
      'stat - dir/file',
      'link - dir/file - linked',
      'same - dir/file - linked',
      'open 1 - dir rd',
      'list 1',
      'symlink dir/file - link',
      'readlink - link',
      'utimes - link 1 2',
      'times - linked',
      'unlink - linked',
      'stat - ../outside',
    ];
    const host = hostWith(walker, {
      preopens: { '/': { path: box, access: 'read-write' } },
      args: ['calls', ...calls],
      stdout: (bytes) => {
        output += Buffer.from(bytes).toString();
      },
      clocks: true,
      random: true,
    });
    const { instantiate } = await import(pathToFileURL(join(lists, 'calls.js')).href);
    (await instantiate(undefined, host.imports)).run.run();
    expect(output.trimEnd().split('\n')).toEqual([
      'ok',
      'ok',
      'ok content',
      'ok file 7',
      'ok',
      'ok',
      'ok file 7',
      'ok',
      'ok yes',
      'ok',
      'ok file',
      'ok',
      'ok dir/file',
      'ok',
      'ok 1.000000 2.000000',
      'ok',
      'EPERM',
    ]);
  });
});
