// An exit or a trap ends a component even if it catches every exception.

import { describe, expect, it } from 'vitest';
import { createHost, ExitError } from '../../ts/host/index.js';
import { uncatchable } from '../../ts/host/trap.js';
import { outcome, sandbox, walkers } from './helpers.js';

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Readonly<Record<string, unknown>> };
};

const [[, walker]] = walkers as [(typeof walkers)[number]];

/**
 * Calls a function from a WebAssembly module that catches everything: `(try (do (call $function)) (catch_all))`, in
 * Node 20's notation. Returns 'went on', or throws what the module could not catch.
 */
function callFromCatcher(act: () => void): 'went on' {
  const bytes = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
    ...[0x02, 0x07, 0x01, 0x01, 0x61, 0x01, 0x62, 0x00, 0x00],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x07, 0x06, 0x01, 0x02, 0x67, 0x6f, 0x00, 0x01],
    ...[0x0a, 0x0a, 0x01, 0x08, 0x00, 0x06, 0x40, 0x10, 0x00, 0x19, 0x0b, 0x0b],
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { a: { b: act } });
  (exports.go as () => void)();
  return 'went on';
}

const allowing = () => createHost({ clocks: true, random: true });

describe('a component that catches everything', () => {
  it('goes on after a JavaScript exception', () => {
    expect(
      callFromCatcher(() => {
        throw new Error('to be caught');
      }),
    ).toBe('went on');
  });

  it('ends at exit, with its status', async () => {
    using host = await allowing();
    const { exit, exitWithCode } = host.imports['wasi:cli/exit'];
    for (const [act, status] of [
      [() => exit({ tag: 'ok', val: undefined }), 0],
      [() => exit({ tag: 'err', val: undefined }), 1],
      [() => exitWithCode(7), 7],
    ] as const) {
      const thrown = catchFrom(() => callFromCatcher(act));
      expect(thrown).toBeInstanceOf(ExitError);
      expect(thrown).toMatchObject({
        name: 'ExitError',
        status,
        message: `the component exited with status ${status}`,
      });
    }
  });

  it('ends if the function for its output throws, with what was thrown', async () => {
    for (const thrown of [new RangeError('mine'), Object.assign(new Error('mine'), { code: 'EMINE' })]) {
      using host = await createHost({
        stderr: () => {
          throw thrown;
        },
      });
      const stream = host.imports['wasi:cli/stderr'].getStderr();
      const error = catchFrom(() => callFromCatcher(() => stream.write(new Uint8Array(1))));
      expect(error).toMatchObject({ message: 'the function for the output threw: mine' });
      expect((error as Error).cause).toBe(thrown);
    }
  });

  it('ends if it violates WASI', async () => {
    using host = await allowing();
    const random = host.imports['wasi:random/random'];
    const { poll } = host.imports['wasi:io/poll'];
    const clock = host.imports['wasi:clocks/monotonic-clock'];
    const { root } = sandbox(walker);
    const file = root.openAt({}, 'file', { create: true }, { write: true });
    const stream = file.writeViaStream(0n);
    const ready = clock.subscribeDuration(0n);
    const mebibyte = 1 << 20;
    const forbidden: [string, () => void][] = [
      ['random bytes', () => random.getRandomBytes(1n << 62n)],
      ['pollables', () => poll([])],
      ['pollables', () => poll(new Array(65537).fill(ready))],
      ['bytes', () => stream.write(new Uint8Array(mebibyte + 1))],
      ['bytes', () => stream.blockingWriteAndFlush(new Uint8Array(4097))],
      ['bytes', () => stream.writeZeroes(BigInt(mebibyte + 1))],
      ['bytes', () => stream.blockingWriteZeroesAndFlush(4097n)],
    ];
    for (const [what, act] of forbidden) {
      expect(catchFrom(() => callFromCatcher(act))).toMatchObject({ message: expect.stringContaining(what) });
    }
    expect(file.stat().size).toBe(0n);
    expect([...poll(new Array(65536).fill(ready))].length).toBe(65536);
    stream.write(new Uint8Array(mebibyte));
    expect(outcome(() => stream.blockingWriteAndFlush(new Uint8Array(4096)))).toBe('ok');
    expect(root.statAt({}, 'file').size).toBe(BigInt(mebibyte + 4096));
  });
});

describe('an error that no component can catch', () => {
  it('looks like its original to JavaScript', () => {
    const cause = new Error('why');
    const error = Object.assign(new RangeError('too much', { cause }), { code: 'E' });
    const made = uncatchable(error);
    expect(made).toBeInstanceOf(RangeError);
    expect(made).toMatchObject({ message: 'too much', code: 'E', cause });
    expect(made.stack).toBe(error.stack);
    expect(String(made)).toBe('RangeError: too much');
  });
});

function catchFrom(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
