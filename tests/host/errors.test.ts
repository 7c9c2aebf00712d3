// System errors as the guest gets them: real ones if this machine can cause them, otherwise from a table.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'vitest';
import { describe, expect, onTestFinished } from 'vitest';
import { errorCode, errorCodes, WasiError } from '../../ts/host/error-code.js';
import { isEnding } from '../../ts/host/trap.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';
import { rejectionOf } from '../helpers/rejection.js';
import { built } from '../helpers/runtimes.js';
import type { Descriptor } from './helpers.js';
import { hostWith, outcome, preopensOf, sandbox, walkers } from './helpers.js';

/** Mounts a file system for one test. Skips the test if mounting is not allowed. */
function mounted(skip: TestContext['skip'], options: string): string {
  const place = join(temporaryDirectory(), 'mount');
  mkdirSync(place);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]).status !== 0) {
    // CI can mount, so there it must.
    expect(process.env.CI).toBeUndefined();
    skip('mounting is not allowed here');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', place]));
  return place;
}

/** Runs the guest `calls` in a process with a shell's limits or another prefix, and returns its lines. */
function callsWithLimit(
  limit: string,
  directory: string,
  calls: string[],
  inFront: readonly string[] = [],
): string[] {
  const runner = join(import.meta.dirname, '../helpers/run-command.mjs');
  const args = [runner, 'mapcp', built('node', 'guests', 'calls.js'), directory, 'calls', ...calls];
  const { stdout, stderr, status } = spawnSync(
    'sh',
    ['-c', `${limit}; exec "$@"`, 'sh', ...inFront, process.execPath, ...args],
    {
      encoding: 'utf8',
    },
  );
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.trimEnd().split('\n');
}

const created = (root: Descriptor, name = 'file') =>
  root.openAt({}, name, { create: true }, { read: true, write: true });

describe.each(walkers)('by the %s walker,', (_kind, walker) => {
  it('a full file system is insufficient-space, and open files can be closed', ({ skip }) => {
    const place = mounted(skip, 'size=64k');
    const host = hostWith(walker, { preopens: { '/': { path: place, access: 'read-write' } } });
    const file = created(preopensOf(host)('/'));
    expect(file.write(new Uint8Array(64 * 1024), 0n)).toBe(65536n);
    expect(outcome(() => file.write(new Uint8Array(1), 65536n))).toBe('insufficient-space');
    const stream = file.writeViaStream(65536n);
    expect(outcome(() => stream.write(new Uint8Array(1)))).toMatchObject({ tag: 'last-operation-failed' });
    expect(outcome(() => stream.write(new Uint8Array(1)))).toEqual({ tag: 'closed' });
    expect(outcome(() => file.setSize(1n))).toBe('ok');
  });

  it('a file system without free inodes is insufficient-space', ({ skip }) => {
    const place = mounted(skip, 'nr_inodes=2');
    const host = hostWith(walker, { preopens: { '/': { path: place, access: 'read-write' } } });
    const root = preopensOf(host)('/');
    created(root);
    expect(outcome(() => created(root, 'second'))).toBe('insufficient-space');
    expect(outcome(() => root.createDirectoryAt('directory'))).toBe('insufficient-space');
  });

  it('a file system that is mounted read-only is read-only', ({ skip }) => {
    const place = mounted(skip, 'size=64k');
    writeFileSync(join(place, 'file'), 'content');
    mkdirSync(join(place, 'empty'));
    execFileSync('mount', ['-o', 'remount,ro', place]);
    const host = hostWith(walker, { preopens: { '/': { path: place, access: 'read-write' } } });
    const root = preopensOf(host)('/');
    const file = root.openAt({}, 'file', {}, { read: true });
    const now = { tag: 'now' } as const;
    const changes: [string, () => unknown][] = [
      ['create', () => created(root, 'new')],
      ['open to write', () => root.openAt({}, 'file', {}, { write: true })],
      ['truncate', () => root.openAt({}, 'file', { truncate: true }, { write: true })],
      ['set-times', () => file.setTimes(now, now)],
      ['set-times-at', () => root.setTimesAt({}, 'file', now, now)],
      ['create-directory-at', () => root.createDirectoryAt('directory')],
      ['remove-directory-at', () => root.removeDirectoryAt('empty')],
      ['unlink-file-at', () => root.unlinkFileAt('file')],
      ['rename-at', () => root.renameAt('file', root, 'moved')],
      ['link-at', () => root.linkAt({}, 'file', root, 'linked')],
      ['symlink-at', () => root.symlinkAt('file', 'symbolic')],
    ];
    expect(changes.map(([name, change]) => [name, outcome(change)])).toEqual(
      changes.map(([name]) => [name, 'read-only']),
    );
    expect(Buffer.from(file.read(100n, 0n)[0]).toString()).toBe('content');
  });

  it('a mount point is busy', ({ skip }) => {
    const place = mounted(skip, 'size=64k');
    const host = hostWith(walker, { preopens: { '/': { path: dirname(place), access: 'read-write' } } });
    const root = preopensOf(host)('/');
    expect(outcome(() => root.removeDirectoryAt('mount'))).toBe('busy');
    expect(outcome(() => root.renameAt('mount', root, 'moved'))).toBe('busy');
    expect(root.statAt({}, 'mount').type).toBe('directory');
  });

  it('writing to a running program is text-file-busy', ({ skip }) => {
    const { box, root } = sandbox(walker);
    copyFileSync('/bin/sleep', join(box, 'program'));
    const running = spawn(join(box, 'program'), ['1000'], { stdio: 'ignore' });
    onTestFinished(() => void running.kill('SIGKILL'));
    if (release().startsWith('6.11.')) {
      skip('Linux 6.11 allows writing to a running program');
    }
    for (const open of [{}, { create: true }, { truncate: true }]) {
      expect(outcome(() => root.openAt({}, 'program', open, { write: true }))).toBe('text-file-busy');
    }
    expect(outcome(() => root.openAt({}, 'program', {}, { read: true }))).toBe('ok');
  });

  it('an immutable file is not-permitted', ({ skip }) => {
    const { box, root } = sandbox(walker);
    const path = join(box, 'file');
    writeFileSync(path, 'content');
    if (spawnSync('chattr', ['+i', path]).status !== 0) {
      skip('this file system has no immutable files');
    }
    onTestFinished(() => void execFileSync('chattr', ['-i', path]));
    expect(outcome(() => root.openAt({}, 'file', {}, { write: true }))).toBe('not-permitted');
    expect(outcome(() => root.unlinkFileAt('file'))).toBe('not-permitted');
    expect(outcome(() => root.renameAt('file', root, 'moved'))).toBe('not-permitted');
    expect(outcome(() => root.linkAt({}, 'file', root, 'linked'))).toBe('not-permitted');
    expect(readdirSync(box)).toEqual(['file']);
    expect(outcome(() => root.openAt({}, 'file', {}, { read: true }))).toBe('ok');
  });

  it('a link or a rename to another file system is cross-device', ({ skip }) => {
    const place = mounted(skip, 'size=64k');
    const here = temporaryDirectory();
    writeFileSync(join(here, 'file'), '');
    const host = hostWith(walker, {
      preopens: {
        '/here': { path: here, access: 'read-write' },
        '/there': { path: place, access: 'read-write' },
      },
    });
    const at = preopensOf(host);
    expect(outcome(() => at('/here').renameAt('file', at('/there'), 'file'))).toBe('cross-device');
    expect(outcome(() => at('/here').linkAt({}, 'file', at('/there'), 'file'))).toBe('cross-device');
  });

  it('impossible offsets and sizes are refused', () => {
    const { root } = sandbox(walker);
    const file = created(root);
    const byte = new Uint8Array([1]);
    for (const offset of [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(outcome(() => file.write(byte, offset))).toBe('file-too-large');
      expect(outcome(() => file.setSize(offset))).toBe('file-too-large');
      expect(outcome(() => file.writeViaStream(offset).write(byte))).toMatchObject({
        tag: 'last-operation-failed',
      });
    }
    for (const offset of [2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(outcome(() => file.read(1n, offset))).toBe('invalid');
    }
    expect(file.stat().size).toBe(0n);
  });

  it('a length above all memory reads the available bytes', () => {
    const { root } = sandbox(walker);
    const file = created(root);
    file.write(new Uint8Array([1, 2, 3]), 0n);
    const before = process.memoryUsage().arrayBuffers;
    const [bytes, atEnd] = file.read(2n ** 64n - 1n, 0n);
    expect([...bytes]).toEqual([1, 2, 3]);
    expect(atEnd).toBe(false);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect(file.read(1n, 3n)).toEqual([new Uint8Array(), true]);
    expect(file.readViaStream(0n).read(2n ** 64n - 1n).length).toBe(3);
  });

  it('names that are not UTF-8 are reported one by one, and never changed', () => {
    const { box, root } = sandbox(walker);
    writeFileSync(join(box, 'fine'), '');
    writeFileSync(Buffer.concat([Buffer.from(`${box}/bad-`), Buffer.from([0xff])]), '');
    const listing = root.readDirectory();
    const seen = [1, 2, 3].map(() => {
      let name: string | undefined;
      const result = outcome(() => {
        name = listing.readDirectoryEntry()?.name;
      });
      return result === 'ok' ? (name ?? 'end') : result;
    });
    expect(seen.slice(0, 2).sort()).toEqual(['fine', 'illegal-byte-sequence']);
    expect(seen[2]).toBe('end');
  });
});

describe('in a process with limits', () => {
  it('a file above the size limit is EFBIG, and the program goes on', ({ directory }) => {
    const lines = callsWithLimit('ulimit -f 1', directory, [
      'open 0 - file rwc',
      'pwrite 0 x 5000',
      'stat - file',
    ]);
    expect(lines).toEqual(['ok', 'EFBIG', 'ok file 0']);
  });

  it('too many open files are ENOMEM, and the program goes on', ({ directory }) => {
    const opens = Array.from({ length: 60 }, () => 'open 0 - file rwc');
    const lines = callsWithLimit('ulimit -n 64', directory, [...opens, 'close 0', 'stat - .']);
    expect(lines[0]).toBe('ok');
    expect(lines).toContain('ENOMEM');
    expect(lines.slice(-2)[1]).toBe('ok directory');
  });
});

describe('an ordinary user', () => {
  it('gets EACCES, and nothing is changed', ({ directory }) => {
    mkdirSync(join(directory, 'closed'));
    mkdirSync(join(directory, 'fixed'));
    writeFileSync(join(directory, 'closed/file'), '');
    writeFileSync(join(directory, 'fixed/file'), 'content');
    writeFileSync(join(directory, 'secret'), 'secret');
    chmodSync(join(directory, 'secret'), 0);
    chmodSync(join(directory, 'fixed/file'), 0o400);
    chmodSync(join(directory, 'fixed'), 0o500);
    chmodSync(join(directory, 'closed'), 0);
    onTestFinished(() => {
      chmodSync(join(directory, 'closed'), 0o700);
      chmodSync(join(directory, 'fixed'), 0o700);
    });
    const allowed: [string, string][] = [
      ['stat - secret', 'ok file 6'],
      ['stat - closed', 'ok directory'],
      ['open 0 - fixed/file r', 'ok'],
      ['pread 0', 'ok content'],
    ];
    const refused = [
      'open 0 - secret r',
      'open 0 - secret w',
      'open 0 - secret wt',
      'open 0 - fixed/file w',
      'open 0 - fixed/new wc',
      'mkdir - fixed/new',
      'unlink - fixed/file',
      'rename - fixed/file - moved',
      'rename - secret - fixed/moved',
      'link - fixed/file - fixed/linked',
      'symlink file - fixed/new',
      'open 0 - closed rd',
      'open 0 - closed/file r',
      'stat - closed/file',
      'lstat - closed/file',
      'rmdir - closed/file',
    ];
    const calls = [...refused, ...allowed.map(([call]) => call)];
    const lines = callsWithLimit('true', directory, calls, asOrdinaryUser);
    expect(lines.map((line, index) => [calls[index], line])).toEqual([
      ...refused.map((call) => [call, 'EACCES']),
      ...allowed,
    ]);
    expect(readdirSync(join(directory, 'fixed'))).toEqual(['file']);
  });
});

describe('a file with the maximum number of links', () => {
  it('gets no further link: too-many-links', ({ skip }) => {
    const box = temporaryDirectory();
    writeFileSync(join(box, 'file'), '');
    // ext4's limit. Other file systems have one too high to reach, or none.
    const isLimited = [...Array(65_000).keys()].some((index) => {
      try {
        linkSync(join(box, 'file'), join(box, `link-${index}`));
        return false;
      } catch {
        return true;
      }
    });
    if (!isLimited) {
      skip('this file system allows too many links to reach its limit');
    }
    for (const [, walker] of walkers) {
      const host = hostWith(walker, { preopens: { '/': { path: box, access: 'read-write' } } });
      const root = preopensOf(host)('/');
      expect(outcome(() => root.linkAt({}, 'file', root, 'one-more'))).toBe('too-many-links');
    }
  });
});

describe('an error of Node', () => {
  it.each([
    ['EACCES', 'access'],
    ['EAGAIN', 'would-block'],
    ['EBADF', 'bad-descriptor'],
    ['EBUSY', 'busy'],
    ['EDQUOT', 'quota'],
    ['EFBIG', 'file-too-large'],
    ['EILSEQ', 'illegal-byte-sequence'],
    ['EINTR', 'interrupted'],
    ['EIO', 'io'],
    ['EMFILE', 'insufficient-memory'],
    ['EMLINK', 'too-many-links'],
    ['ENFILE', 'insufficient-memory'],
    ['ENODEV', 'no-device'],
    ['ENOMEM', 'insufficient-memory'],
    ['ENOTSUP', 'unsupported'],
    ['ENXIO', 'no-such-device'],
    ['EOVERFLOW', 'overflow'],
    ['ESPIPE', 'invalid-seek'],
    ['ESTALE', 'io'],
    ['ETXTBSY', 'text-file-busy'],
    ['ERR_OUT_OF_RANGE', 'invalid'],
    ['something new', 'io'],
  ])('%s is %s', (code, expected) => {
    expect(errorCode(Object.assign(new Error(), { code }))).toBe(expected);
  });

  it.each([
    [-122, 'quota'],
    [-116, 'io'],
    [-35, 'deadlock'],
    [-37, 'no-lock'],
    [-12345, 'io'],
  ])('%i, which Node cannot name, is %s', (errno, expected) => {
    const code = `Unknown system error ${errno}`;
    expect(errorCode(Object.assign(new Error(), { code, errno }))).toBe(expected);
  });

  it('is io if the stack has no room', () => {
    expect(errorCode(new RangeError('Maximum call stack size exceeded'))).toBe('io');
  });

  it.each([undefined, null, 'text', new TypeError('a mistake')])('%s ends the component', async (thrown) => {
    const ending = await rejectionOf((async () => errorCode(thrown))());
    expect(isEnding(ending)).toBe(true);
    expect(ending).toMatchObject(thrown instanceof Error ? { message: thrown.message } : { cause: thrown });
  });

  it("has one of WASI's error codes", () => {
    expect(errorCodes.length).toBe(37);
    expect(errorCode(new WasiError('pipe'))).toBe('pipe');
  });
});
