// build/component.mjs, which turns a core module into a component.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { it } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';

function componentFrom(core: string, component: string, cwd: string) {
  const script = resolve('build/component.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'command', core, component], {
    ...{ cwd, encoding: 'utf8' },
  });
  return { status, stdout, stderr };
}

it('build/component.mjs explains in one line why it makes no component', ({ directory }) => {
  writeFileSync(join(directory, 'text.wasm'), 'text');
  const program = built('wasm/guests/program.wasm');
  for (const [core, component, why] of [
    ['missing.wasm', 'new.wasm', "cannot read 'missing.wasm': ENOENT: no such file or directory"],
    ['text.wasm', 'new.wasm', "cannot make a component from 'text.wasm': "],
    [program, 'missing/new.wasm', "cannot write 'missing/new.wasm': ENOENT: no such file or directory"],
  ] as const) {
    const { status, stdout, stderr } = componentFrom(core, component, directory);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.startsWith(`mapcp: ${why}`)).toBe(true);
    expect(stderr.indexOf('\n')).toBe(stderr.length - 1);
  }
  expect(existsSync(join(directory, 'new.wasm'))).toBe(false);
});
