// A program's calls return the same with `mapcp-run` and with wasmtime.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';
import { wasmtime } from '../helpers/wasmtime.js';

const main = resolve('build/out/js/run/main.js');

/** Runs a case of the program in a directory of its own, and returns what it prints. */
function run(command: string, args: readonly string[], program: string, name: string) {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, 'box'));
  const { status, stdout, stderr } = spawnSync(
    command,
    [...args, '--dir', '.', built(`wasm/tests/run/${program}.wasm`), name],
    {
      ...{ cwd, input: 'some text', encoding: 'utf8' },
    },
  );
  return { status, stderr, lines: stdout.split('\n') };
}

describe.skipIf(wasmtime === undefined)('a program', () => {
  it.each([
    ...['paths', 'offsets', 'names', 'listing', 'times', 'streams', 'many'].map((name) => ['calls', name]),
    ...['descriptors', 'positions', 'directories', 'wrong', 'times', 'polling'].map((name) => [
      'preview1',
      name,
    ]),
  ])('gets the same answers from %s about %s as in wasmtime', (...which) => {
    const expected = run(wasmtime ?? '', ['run'], ...(which as [string, string]));
    expect(expected).toMatchObject({ status: 0, stderr: '' });
    expect(run(process.execPath, [main], ...(which as [string, string]))).toEqual(expected);
  });
});
