// Programs for preview 1 run without Node: ts/host/preview1 is bundled for browsers, and runs in a realm that has only
// what every JavaScript engine has.

import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import type { OpenDirectory } from '../../ts/host/directory.js';
import type { Program } from '../../ts/host/preview1/program.js';
import type { System } from '../../ts/host/preview1/system.js';
import type { Status } from '../../ts/host/status.js';
import { built } from '../helpers/runtimes.js';

/** What the bundle exports. */
interface Bundle {
  readonly Program: new (module: object) => Program;
  readonly compile: (bytes: Uint8Array) => Promise<object>;
  readonly fail: (code: string) => never;
}

/** Evaluates the bundle in a realm without Node's globals. */
async function load(): Promise<Bundle> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { Program } from './ts/host/preview1/program.ts';
        export { compile } from './ts/host/web-assembly.ts';
        export { fail } from './ts/host/error-code.ts';`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'room',
    // With this platform, an import of a module of Node is an error.
    platform: 'browser',
    logLevel: 'silent',
  });
  const realm = createContext({ TextDecoder, TextEncoder });
  return runInContext(`${outputFiles[0]?.text}; room`, realm);
}

it('a program runs without Node, on files in memory', async () => {
  const { Program, compile, fail } = await load();
  const files = new Map([['note', Buffer.from('a note')]]);
  const statusOf = (mode: number, size: number): Status => {
    const [dev, ino, nlink, uid] = [0n, 7n, 1n, 0n];
    const times = { atimeNs: 1n, mtimeNs: 2n, ctimeNs: 3n };
    return { dev, ino, nlink, uid, mode: BigInt(mode), size: BigInt(size), ...times };
  };
  const fileAt = (path: string) => ({
    type: 'regular-file',
    flags: { read: true, write: true },
    stat: () => statusOf(0o100644, files.get(path)?.length ?? 0),
    expectReadable: () => {},
    expectWritable: () => {},
    read(bytes: Uint8Array, start: number, length: number, position: bigint) {
      const read = (files.get(path) ?? Buffer.alloc(0)).subarray(Number(position)).subarray(0, length);
      bytes.set(read, start);
      return read.length;
    },
    readParts: (parts: Uint8Array[], position: bigint) =>
      parts.reduce((sum, part) => sum + fileAt(path).read(part, 0, part.length, position + BigInt(sum)), 0),
    write(bytes: Uint8Array, position: bigint) {
      expect(position).toBe(0n);
      files.set(path, Buffer.from(bytes));
      return bytes.length;
    },
    close: () => {},
  });
  const directory = {
    type: 'directory',
    stat: () => statusOf(0o040755, 0),
    openAt: (_follow: boolean, path: string, { create }: { create: boolean }) =>
      files.has(path) || create ? fileAt(path) : fail('no-entry'),
    share: () => directory,
    close: () => {},
  };
  const printed = { stdout: '', stderr: '' };
  const to = (name: keyof typeof printed) => ({
    sink: {
      isFile: false,
      write(bytes: Uint8Array) {
        printed[name] += Buffer.from(bytes);
        return bytes.length;
      },
      close: () => {},
    },
    isTerminal: false,
  });
  const system: System = {
    args: [
      'program',
      ...['read', '/in/note'],
      ...['write', '/in/new', 'text'],
      'time',
      'random',
      'read',
      '/in/no',
    ],
    env: {},
    stdin: { source: { isFile: false, read: () => new Uint8Array(0), close: () => {} }, isTerminal: false },
    stdout: to('stdout'),
    stderr: to('stderr'),
    directories: [['/in', directory as unknown as OpenDirectory]],
    mostDescriptors: 10,
    timesOf: ({ atimeNs, mtimeNs }) => ({ accessed: atimeNs, modified: mtimeNs }),
    wallNow: () => 1_700_000_000_000,
    monotonicNow: () => 0n,
    sleepUntil: () => {},
    fillRandom: (bytes) => bytes.fill(4),
  };
  const program = new Program(await compile(readFileSync(built('wasm/guests/program.wasm'))));
  expect(await program.run(system)).toBe(1);
  expect(printed).toEqual({ stdout: 'a note', stderr: '/in/no: No such file or directory\n' });
  expect(files.get('new')?.toString()).toBe('text');
});
