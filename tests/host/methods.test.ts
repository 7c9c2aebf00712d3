// Methods that a copy does not need, but other components may call.

import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Error as IoError } from '@bytecodealliance/preview2-shim/interfaces/wasi-io-error';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CheckedHostOptions } from '../../ts/host/host-options.js';
import { ExitError } from '../../ts/host/index.js';
import { hostWith, outcome, sandbox, walkers } from './helpers.js';

const [[, anyWalker]] = walkers as [(typeof walkers)[number]];
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function importsWith(options: CheckedHostOptions) {
  return hostWith(anyWalker, options).imports;
}

/** A stream of each kind. The output appears in `written`. */
function streams(content: string) {
  const written: string[] = [];
  const imports = importsWith({
    stdin: Buffer.from(content),
    stdout: (bytes) => void written.push(text(bytes)),
  });
  const input = imports['wasi:cli/stdin'].getStdin();
  const output = imports['wasi:cli/stdout'].getStdout();
  return { input, output, written, poll: imports['wasi:io/poll'].poll };
}

describe('a stream', () => {
  it.each(['skip', 'blockingSkip'] as const)('skips with %s, up to its end', (skip) => {
    const { input } = streams('content');
    expect(input[skip](0n)).toBe(0n);
    expect(input[skip](3n)).toBe(3n);
    expect(text(input.read(1n))).toBe('t');
    expect(input[skip](10n)).toBe(3n);
    expect(outcome(() => input[skip](10n))).toEqual({ tag: 'closed' });
  });

  it.each(['splice', 'blockingSplice'] as const)(
    'splices from another stream by %s, up to its end',
    (splice) => {
      const { input, output, written } = streams('content');
      expect(output[splice](input, 3n)).toBe(3n);
      expect(output[splice](input, 10n)).toBe(4n);
      expect(outcome(() => output[splice](input, 10n))).toEqual({ tag: 'closed' });
      output.write(Buffer.from('!'));
      expect(written).toEqual(['con', 'tent', '!']);
    },
  );

  it.each(['flush', 'blockingFlush'] as const)('has nothing left for %s while it is open', (flush) => {
    const { root } = sandbox(anyWalker);
    const file = root.openAt({}, 'file', { create: true }, { read: true, write: true });
    const output = file.writeViaStream(0n);
    output.write(Buffer.from('content'));
    expect(outcome(() => output[flush]())).toBe('ok');
    expect(text(file.read(10n, 0n)[0])).toBe('content');
    (output as unknown as Disposable)[Symbol.dispose]();
    expect(outcome(() => output[flush]())).toEqual({ tag: 'closed' });
  });

  it('is always ready', () => {
    const { input, output, poll } = streams('');
    const pollables = [input.subscribe(), output.subscribe()];
    expect(pollables.map((pollable) => pollable.ready())).toEqual([true, true]);
    expect([...poll(pollables)]).toEqual([0, 1]);
    for (const pollable of pollables) {
      expect(outcome(() => pollable.block())).toBe('ok');
    }
  });

  it('fails with an error that has a message', () => {
    const { host, root } = sandbox(anyWalker);
    const output = root.openAt({}, 'file', { create: true }, { write: true }).writeViaStream(2n ** 63n);
    const failure = outcome(() => output.write(new Uint8Array(1)));
    expect(failure).toMatchObject({ tag: 'last-operation-failed' });
    const { val: error } = failure as { val: IoError };
    expect(error).toBeInstanceOf(host.imports['wasi:io/error'].Error);
    expect(error.toDebugString()).toContain('file-too-large');
    expect(host.imports['wasi:filesystem/types'].filesystemErrorCode(error)).toBe('file-too-large');
  });
});

it('a future moment is not ready, and a past one is', () => {
  const { now, subscribeInstant, subscribeDuration } = importsWith({ clocks: true })[
    'wasi:clocks/monotonic-clock'
  ];
  // A duration as long as the clock's whole time.
  expect(subscribeDuration(now()).ready()).toBe(false);
  expect(subscribeInstant(now() + 10n ** 18n).ready()).toBe(false);
  expect(subscribeDuration(0n).ready()).toBe(true);
  expect(subscribeInstant(now()).ready()).toBe(true);
});

describe.each(walkers)('a descriptor, by the %s walker,', (_kind, walker) => {
  it('accepts advice for a file', () => {
    const { box, root } = sandbox(walker);
    mkdirSync(join(box, 'dir'));
    writeFileSync(join(box, 'file'), 'content');
    const [file, directory] = ['file', 'dir'].map((name) => root.openAt({}, name, {}, { read: true }));
    for (const advice of ['normal', 'sequential', 'random', 'will-need', 'dont-need', 'no-reuse'] as const) {
      expect(outcome(() => file?.advise(0n, 7n, advice))).toBe('ok');
      expect(outcome(() => directory?.advise(0n, 7n, advice))).toBe('bad-descriptor');
    }
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('content');
  });

  it('is the same object as another one for the same file, under any name', () => {
    const { box, root } = sandbox(walker);
    writeFileSync(join(box, 'file'), 'content');
    writeFileSync(join(box, 'other'), 'content');
    linkSync(join(box, 'file'), join(box, 'linked'));
    const open = (name: string) => root.openAt({}, name, {}, { read: true });
    const file = open('file');
    expect(file.isSameObject(file)).toBe(true);
    expect(file.isSameObject(open('file'))).toBe(true);
    expect(file.isSameObject(open('linked'))).toBe(true);
    expect(file.isSameObject(open('other'))).toBe(false);
    expect(file.isSameObject(root)).toBe(false);
    expect(root.isSameObject(open('.'))).toBe(true);
  });

  const now = { tag: 'now' } as const;
  const stay = { tag: 'no-change' } as const;
  it.each([
    ['both times', now, now],
    ['the time of access', now, stay],
    ['the time of modification', stay, now],
    ['neither time', stay, stay],
  ])('sets %s to now, and keeps the other time', (_name, accessed, modified) => {
    const { box, root } = sandbox(walker);
    const path = join(box, 'file');
    writeFileSync(path, '');
    const file = root.openAt({}, 'file', {}, { read: true, write: true });
    for (const set of [
      () => file.setTimes(accessed, modified),
      () => root.setTimesAt({}, 'file', accessed, modified),
    ]) {
      utimesSync(path, 1000, 2000);
      const before = Date.now();
      set();
      const after = Date.now();
      const { atimeMs, mtimeMs } = statSync(path);
      const isNow = (time: number) => Math.round(time) >= before && Math.round(time) <= after;
      expect([isNow(atimeMs), isNow(mtimeMs)]).toEqual([accessed === now, modified === now]);
      const isSame = (time: number, seconds: number) => Math.floor(time * 1000) === seconds * 1_000_000;
      expect([isSame(atimeMs, 1000), isSame(mtimeMs, 2000)]).toEqual([accessed === stay, modified === stay]);
    }
  });

  /** The synchronising flags with which this process has `path` open. */
  function syncFlagsOf(path: string): number[] {
    return readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const [, flags = ''] = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
        return readlinkSync(`/proc/self/fd/${fd}`) === path
          ? [Number.parseInt(flags, 8) & (constants.O_SYNC | constants.O_DSYNC)]
          : [];
      } catch {
        // The descriptor of the listing itself.
        return [];
      }
    });
  }

  it.runIf(process.platform === 'linux').each([
    [{}, 0],
    [{ fileIntegritySync: true }, constants.O_SYNC],
    [{ dataIntegritySync: true }, constants.O_DSYNC],
    // Linux treats O_RSYNC as O_SYNC, and Node does not name it.
    [{ requestedWriteSync: true }, 0],
  ])('with the flags %o is opened with them, reports them, and works', (flags, expected) => {
    const { box, root } = sandbox(walker);
    const path = join(box, 'file');
    for (const create of [true, false]) {
      const file = root.openAt({}, 'file', { create }, { read: true, write: true, ...flags });
      expect(syncFlagsOf(path)).toEqual([expected]);
      expect(file.getFlags()).toMatchObject({ read: true, write: true, ...flags });
      expect(file.write(Buffer.from('content'), 0n)).toBe(7n);
      const stream = file.appendViaStream();
      expect(new Set(syncFlagsOf(path))).toEqual(new Set([expected]));
      (stream as unknown as Disposable)[Symbol.dispose]();
      (file as unknown as Disposable)[Symbol.dispose]();
    }
    expect(readFileSync(path, 'utf8')).toBe('content');
  });
});

describe('wasi:cli', () => {
  it('ends with any status by exit-with-code, and with 0 or 1 by exit', () => {
    const { exit, exitWithCode } = importsWith({})['wasi:cli/exit'];
    for (const [end, status] of [
      [() => exitWithCode(0), 0],
      [() => exitWithCode(7), 7],
      [() => exitWithCode(255), 255],
      [() => exit({ tag: 'ok', val: undefined }), 0],
      [() => exit({ tag: 'err', val: undefined }), 1],
    ] as const) {
      expect(end).toThrow(expect.objectContaining({ name: ExitError.name, status }));
    }
  });

  it.runIf(process.platform === 'linux')('has terminals if they were granted', () => {
    const terminal = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    const file = openSync('/dev/null', constants.O_RDWR);
    onTestFinished(() => {
      closeSync(terminal);
      closeSync(file);
    });
    const found = (stream: number) => {
      const imports = importsWith({ stdin: stream, stdout: stream, stderr: stream });
      const { TerminalInput } = imports['wasi:cli/terminal-input'];
      const { TerminalOutput } = imports['wasi:cli/terminal-output'];
      return [
        imports['wasi:cli/terminal-stdin'].getTerminalStdin() instanceof TerminalInput,
        imports['wasi:cli/terminal-stdout'].getTerminalStdout() instanceof TerminalOutput,
        imports['wasi:cli/terminal-stderr'].getTerminalStderr() instanceof TerminalOutput,
      ];
    };
    expect(found(terminal)).toEqual([true, true, true]);
    expect(found(file)).toEqual([false, false, false]);
    const mixed = importsWith({ stdin: file, stdout: terminal, stderr: file });
    expect(mixed['wasi:cli/terminal-stdin'].getTerminalStdin()).toBeUndefined();
    expect(mixed['wasi:cli/terminal-stdout'].getTerminalStdout()).toBeDefined();
    expect(mixed['wasi:cli/terminal-stderr'].getTerminalStderr()).toBeUndefined();
  });
});

it('insecure random values differ each time', () => {
  const imports = importsWith({ random: true });
  const { getInsecureRandomBytes, getInsecureRandomU64 } = imports['wasi:random/insecure'];
  const { insecureSeed } = imports['wasi:random/insecure-seed'];
  for (const length of [0, 1, 300, 10_000]) {
    expect(getInsecureRandomBytes(BigInt(length)).length).toBe(length);
  }
  const drawn = Array.from({ length: 100 }, () => [
    Buffer.from(getInsecureRandomBytes(16n)).toString('hex'),
    getInsecureRandomU64(),
    ...insecureSeed(),
  ]).flat();
  expect(new Set(drawn).size).toBe(400);
  expect(drawn.every((value) => typeof value === 'string' || BigInt.asUintN(64, value) === value)).toBe(true);
  expect(() => getInsecureRandomBytes(2n ** 64n - 1n)).toThrow('random bytes');
});
