// Core modules for WASI preview 1 that no compiler makes, and what a program can rely on.

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco';
import { describe, expect, onTestFinished } from 'vitest';
import type { OpenDirectory } from '../../ts/host/directory.js';
import type { OpenFile } from '../../ts/host/file.js';
import { type HostOptions, RefusedError, runComponent, TrapError } from '../../ts/host/index.js';
import { Descriptors } from '../../ts/host/preview1/descriptors.js';
import { signatures } from '../../ts/host/preview1/functions.js';
import { Listing } from '../../ts/host/preview1/listing.js';
import { openFiles } from '../helpers/descriptors.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';
import { built } from '../helpers/runtimes.js';

const program = readFileSync(built('wasm/guests/program.wasm'));
const granting = { clocks: true, random: true } as const;

/** Standard streams, for descriptors of nothing else. */
const streams = {
  stdin: { source: { isFile: false, read: () => new Uint8Array(0), close: () => {} }, isTerminal: false },
  stdout: { sink: { isFile: false, write: () => 1, close: () => {} }, isTerminal: false },
  stderr: { sink: { isFile: false, write: () => 1, close: () => {} }, isTerminal: false },
  directories: [],
  mostDescriptors: 10,
};

/** Runs the program that does what its arguments say. */
async function run(args: readonly string[], options: HostOptions = {}) {
  const printed = { stdout: '', stderr: '' };
  const status = await runComponent(program, {
    args: ['program', ...args],
    stdout: (bytes) => {
      printed.stdout += Buffer.from(bytes).toString();
    },
    stderr: (bytes) => {
      printed.stderr += Buffer.from(bytes).toString();
    },
    ...granting,
    ...options,
  });
  return { status, ...printed };
}

/** Runs a core module in WebAssembly's text format. Its function `$exit` ends it with a status. */
const runText = async (text: string, options: HostOptions = {}) =>
  runComponent(
    await parse(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) ${text})`),
    { ...granting, ...options },
  );

const memory = '(memory (export "memory") 1)';

/** The declaration of a function by other types. */
const imported = (name: string, types: string) =>
  `(import "wasi_snapshot_preview1" "${name}" (func $f ${types}))`;

describe('a program for preview 1', () => {
  it('may grow its memory between calls', async () => {
    const status = await runText(
      `${imported('args_get', '(param i32 i32) (result i32)')} ${memory}
       (func (export "_start")
         (drop (call $f (i32.const 0) (i32.const 8)))
         (drop (memory.grow (i32.const 1)))
         (drop (call $f (i32.const 65536) (i32.const 65544)))
         (call $exit (i32.load8_u (i32.load (i32.const 65536)))))`,
      { args: ['a'] },
    );
    expect(status).toBe('a'.charCodeAt(0));
  });

  it('may exit before its memory is known, and cannot call anything else then', async () => {
    const start = '(start $start) (func (export "_start"))';
    expect(await runText(`${memory} (func $start (call $exit (i32.const 9))) ${start}`)).toBe(9);
    const calling = `${imported('fd_tell', '(param i32 i32) (result i32)')} (memory (export "memory") 1)
      (func $start (drop (call $f (i32.const 3) (i32.const 0)))) ${start}`;
    expect(await runText(calling, { devices: ['null'] })).toBe(0);
    const args = `${imported('args_sizes_get', '(param i32 i32) (result i32)')} ${memory}
      (func $start (drop (call $f (i32.const 0) (i32.const 4)))) ${start}`;
    const error = await rejectionOf(runText(args));
    expect(error).toBeInstanceOf(TrapError);
    expect(error).toMatchObject({ message: expect.stringContaining('before it has started') });
  });

  it('reads at most 1 MiB of its input at once, so that the host needs no more memory', async () => {
    const file = join(temporaryDirectory(), 'input');
    writeFileSync(file, Buffer.alloc(3 << 20));
    const stdin = openSync(file, 'r');
    onTestFinished(() => closeSync(stdin));
    const text = `${imported('fd_read', '(param i32 i32 i32 i32) (result i32)')}
      (memory (export "memory") 64)
      (data (i32.const 0) "\\00\\00\\10\\00\\00\\00\\20\\00")
      (func (export "_start")
        (drop (call $f (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $exit (i32.load (i32.const 8))))`;
    expect(await runText(text, { stdin })).toBe(1 << 20);
  });

  it('opens as many files as the host allows, and then gets an error', async ({ directory }) => {
    writeFileSync(join(directory, 'file'), '');
    const preopens = { '/in': { path: directory, access: 'read' } } as const;
    expect(await run(['open', '500', '/in/file'], { preopens })).toEqual({
      ...{ status: 0, stdout: '500\n', stderr: '' },
    });
    // Three standard streams, the preopen and six files.
    expect(await run(['open', '500', '/in/file'], { preopens, maxResources: 10 })).toEqual({
      ...{ status: 0, stdout: '6\n', stderr: '/in/file: No file descriptors available\n' },
    });
  });

  it('can remove all entries of a directory while it lists them', async ({ directory }) => {
    mkdirSync(join(directory, 'full'));
    for (let index = 0; index < 1000; index++) {
      writeFileSync(join(directory, 'full', `entry-${index}`), '');
    }
    const preopens = { '/box': { path: directory, access: 'read-write' } } as const;
    expect(await run(['empty', '/box/full'], { preopens })).toEqual({
      status: 0,
      stdout: '1000\n',
      stderr: '',
    });
    expect(readdirSync(join(directory, 'full'))).toEqual([]);
  });

  it('leaves nothing open, even if it ends by a trap', async ({ directory }) => {
    writeFileSync(join(directory, 'file'), '');
    const preopens = { '/in': { path: directory, access: 'read' } } as const;
    const before = openFiles();
    await run(['open', '20', '/in/file', 'exit', '3'], { preopens });
    await rejectionOf(run(['open', '20', '/in/file', 'abort'], { preopens }));
    expect(openFiles()).toEqual(before);
  });
});

it('a new descriptor gets the lowest free number, as in POSIX', () => {
  const descriptors = new Descriptors(streams);
  const add = () => descriptors.add({ type: 'regular-file', close: () => {} } as OpenFile, 0);
  expect([add(), add(), add()]).toEqual([3, 4, 5]);
  for (const number of [4, 0, 3]) {
    descriptors.close(number);
  }
  expect([add(), add(), add(), add()]).toEqual([0, 3, 4, 6]);
  descriptors.closeAll();
});

it('a listing keeps the latest entries, and starts again for earlier ones', () => {
  let started = 0;
  const listing = new Listing({
    identity: () => ({ lower: 1n, upper: 1n }),
    identityAt: () => ({ lower: 2n, upper: 1n }),
    entries() {
      started += 1;
      let next = 2;
      return { next: () => ({ name: `${next++}`, type: 'regular-file' }), close: () => {} };
    },
  } as unknown as OpenDirectory);
  const nameAt = (cookie: number) => {
    listing.start(cookie);
    return Buffer.from(listing.at(cookie)?.name ?? []).toString();
  };
  expect(Buffer.from(listing.at(3000)?.name ?? []).toString()).toBe('3000');
  expect([nameAt(2950), nameAt(2999), started]).toEqual(['2950', '2999', 1]);
  expect([nameAt(2800), started]).toEqual(['2800', 2]);
});

describe('if there is no room on the stack to close something,', () => {
  /** Throws at the first call, as at the end of the stack. */
  function closesAtSecondTry() {
    let tries = 0;
    const close = () => {
      tries += 1;
      if (tries === 1) {
        throw new RangeError('Maximum call stack size exceeded');
      }
    };
    return { close, tries: () => tries };
  }

  const none = () => new Descriptors(streams);

  it('a descriptor stays open, and is closed with the others', () => {
    const { close, tries } = closesAtSecondTry();
    const descriptors = none();
    const number = descriptors.add({ type: 'regular-file', close } as OpenFile, 0);
    expect(() => descriptors.close(number)).toThrow(RangeError);
    expect(descriptors.file(number)).toBeDefined();
    descriptors.closeAll();
    expect(tries()).toBe(2);
  });

  it('a descriptor is not replaced', () => {
    const { close, tries } = closesAtSecondTry();
    const descriptors = none();
    const replaced = descriptors.add({ type: 'regular-file', close } as OpenFile, 0);
    const other = descriptors.add({ type: 'regular-file', close: () => {} } as OpenFile, 0);
    const file = descriptors.file(replaced);
    expect(() => descriptors.renumber(other, replaced)).toThrow(RangeError);
    expect(descriptors.file(replaced)).toBe(file);
    descriptors.renumber(other, replaced);
    expect(tries()).toBe(2);
  });

  it.each(['at its end', 'with its directory'])('a listing is closed again later: %s', (when) => {
    const { close, tries } = closesAtSecondTry();
    const listing = new Listing({
      identity: () => ({ lower: 1n, upper: 1n }),
      entries: () => ({ next: () => undefined, close }),
    } as unknown as OpenDirectory);
    expect(() => listing.at(2)).toThrow(RangeError);
    if (when === 'at its end') {
      expect(listing.at(2)).toBeUndefined();
    }
    listing.close();
    expect(tries()).toBe(2);
  });
});

describe('a core module that breaks a rule', () => {
  it.each([
    ['a float', 'fd_close', '(param f64) (result i32)', '(f64.const 0.5)'],
    ['64 bits for 32', 'fd_close', '(param i64) (result i32)', '(i64.const 0)'],
    ['32 bits for 64', 'fd_seek', '(param i32 i32 i32 i32) (result i32)', '(i32.const 0) '.repeat(4)],
    ['too few parameters', 'fd_close', '(result i32)', ''],
    ['too many parameters', 'sched_yield', '(param i32) (result i32)', '(i32.const 0)'],
    ['an object', 'fd_close', '(param externref) (result i32)', '(ref.null extern)'],
  ])('ends if it passes %s', async (_, name, types, parameters) => {
    const text = `${imported(name, types)} ${memory} (func (export "_start") (drop (call $f ${parameters})))`;
    const error = await rejectionOf(runText(text));
    expect(error).toBeInstanceOf(TrapError);
    expect(error).toMatchObject({ message: expect.stringContaining("other types than WASI's") });
  });

  it('ends if it expects another result', async () => {
    const text = `${imported('sched_yield', '(result i64)')} ${memory} (func (export "_start") (drop (call $f)))`;
    expect(await rejectionOf(runText(text))).toBeInstanceOf(TrapError);
  });

  const outside = ['(i32.const -1)', '(i32.const 65533)', '(i32.const 65536)'];
  it.each([
    ...outside.map((at) => ['args_sizes_get', '(param i32 i32) (result i32)', `${at} (i32.const 0)`]),
    ['args_sizes_get', '(param i32 i32) (result i32)', '(i32.const 2) (i32.const 0)'],
    ...outside.map((at) => ['random_get', '(param i32 i32) (result i32)', `(i32.const 8) ${at}`]),
    [
      'fd_write',
      '(param i32 i32 i32 i32) (result i32)',
      '(i32.const 1) (i32.const 0) (i32.const -1) (i32.const 0)',
    ],
    [
      'poll_oneoff',
      '(param i32 i32 i32 i32) (result i32)',
      '(i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0)',
    ],
    ['fd_prestat_get', '(param i32 i32) (result i32)', '(i32.const 3) (i32.const 65532)'],
    ['fd_filestat_get', '(param i32 i32) (result i32)', '(i32.const 3) (i32.const 65480)'],
    [
      'fd_readdir',
      '(param i32 i32 i32 i64 i32) (result i32)',
      '(i32.const 3) (i32.const 0) (i32.const -1) (i64.const 0) (i32.const 0)',
    ],
  ])(
    'ends if a pointer leads out of its memory, or is not aligned: %s%s %s',
    async (name, types, parameters) => {
      const text = `${imported(name ?? '', types ?? '')} ${memory}
      (func (export "_start") (drop (call $f ${parameters})) (call $exit (i32.const 0)))`;
      const error = await rejectionOf(runText(text, { args: ['a'], devices: ['null'] }));
      expect(error).toBeInstanceOf(TrapError);
      expect(error).toMatchObject({ message: expect.stringMatching(/pointer of the program/) });
    },
  );

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'is refused if it imports %s, which objects of JavaScript have',
    async (name) => {
      const error = await rejectionOf(runText(`${imported(name, '')} (func (export "_start"))`));
      expect(error).toBeInstanceOf(RefusedError);
    },
  );

  it('gets an errno or ends if it calls any function with zeros or ones only', async () => {
    const names = Object.entries(signatures).filter(([name]) => name !== 'proc_exit');
    for (const [name, signature] of names) {
      for (const value of [0, -1]) {
        const types = [...signature].map((letter) => `(param ${letter === 'l' ? 'i64' : 'i32'})`).join(' ');
        const values = [...signature]
          .map((letter) => `(${letter === 'l' ? 'i64' : 'i32'}.const ${value})`)
          .join(' ');
        const text = `${imported(name, `${types} (result i32)`)} ${memory}
          (func (export "_start") (call $exit (call $f ${values})))`;
        const status = await runText(text).catch((error: unknown) => error);
        if (status instanceof TrapError) {
          expect(status.message).toMatch(/pointer of the program/);
        } else {
          expect([name, status]).toEqual([name, expect.any(Number)]);
        }
      }
    }
  });
});
