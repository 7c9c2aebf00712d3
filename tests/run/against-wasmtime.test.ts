// A program's calls return the same with `mapcp-run` and with wasmtime.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { built } from '../helpers/runtimes.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { temporaryDirectory } from '../host/helpers.js';

const main = resolve('build/out/js/run/main.js');
const program = built('wasm/tests/run/calls.wasm');

/** Runs a case of the program in a directory of its own, and returns what it prints. */
function run(command: string, args: readonly string[], name: string) {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, 'box'));
  const { status, stdout, stderr } = spawnSync(command, [...args, '--dir', '.', program, name], {
    ...{ cwd, input: 'some text', encoding: 'utf8' },
  });
  return { status, stderr, lines: stdout.split('\n') };
}

describe.skipIf(wasmtime === undefined)('a program', () => {
  it.each(['paths', 'offsets', 'names', 'listing', 'times', 'streams', 'many'])(
    'gets the same answers about %s as in wasmtime',
    (name) => {
      const expected = run(wasmtime ?? '', ['run'], name);
      expect(expected).toMatchObject({ status: 0, stderr: '' });
      expect(run(process.execPath, [main], name)).toEqual(expected);
    },
  );
});
