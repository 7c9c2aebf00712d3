// A project that uses libshared-mman as `make install` installs it, and nothing of this checkout.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasmtime } from '../helpers/wasmtime.js';

const clang = resolve('build/clang.mjs');
const place = mkdtempSync(join(tmpdir(), 'mapcp-install-'));
const prefix = join(place, 'prefix');
const project = join(place, 'project');
const env = { ...process.env, PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig') };
const isPkgConfigMissing =
  process.env.CI === undefined && spawnSync('pkg-config', ['--version']).error !== undefined;

beforeAll(() => {
  cpSync('tests/mman/project', project, { recursive: true });
  const { status, stderr } = spawnSync('make', ['install', `PREFIX=${prefix}`], {
    // Without the flags of the make that runs the tests.
    env: { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

function run(command: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('a project that finds libshared-mman by pkg-config', () => {
  it.skipIf(isPkgConfigMissing || wasmtime === undefined)('writes to the file through its mappings', () => {
    writeFileSync(join(project, 'note'), 'hello\n');
    expect(run('make', `CC=${process.execPath} ${clang}`)).toMatchObject({ status: 0 });
    expect(run(wasmtime ?? '', 'run', '--dir', '.', 'shout.wasm', 'note')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(join(project, 'note'), 'utf8')).toBe('HELLO\n');
  });
});

describe('a program that is linked with libshared-mman', () => {
  const library = join(prefix, 'lib/libshared-mman.a');
  const include = `-I${join(prefix, 'include')}`;
  const link = (...args: readonly string[]) =>
    run(process.execPath, clang, '-D_WASI_EMULATED_MMAN', ...args, '-o', 'other.wasm');

  it.each([
    { without: 'any --wrap', args: ['shout.c', library] },
    { without: 'any --wrap, beside the emulation', args: ['shout.c', library, '-lwasi-emulated-mman'] },
    { without: '--wrap of munmap and close', args: ['shout.c', library, '-Wl,--wrap=mmap'] },
    {
      without: '--wrap of mmap, behind the emulation',
      args: ['shout.c', '-lwasi-emulated-mman', library, '-Wl,--wrap=munmap,--wrap=close'],
    },
    {
      without: 'any --wrap, behind the emulation, with the header',
      args: [include, 'with-header.c', '-lwasi-emulated-mman', library],
    },
  ])('without $without fails to link', ({ args }) => {
    writeFileSync(
      join(project, 'with-header.c'),
      `#include <shared_mman.h>\n${readFileSync(join(project, 'shout.c'), 'utf8')}`,
    );
    const { status, stderr } = link(...args);
    expect(stderr).toMatch(/undefined symbol: __real_m(un)?map/);
    expect(status).toBe(1);
  });
});
