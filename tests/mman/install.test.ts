// A project that uses libshared-mman as `make install` installs it, and nothing of this checkout.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayRun } from '../helpers/tools.js';
import { wasmtime } from '../helpers/wasmtime.js';

const clang = resolve('build/clang.mjs');
const place = mkdtempSync(join(tmpdir(), 'mapcp-install-'));
const prefix = join(place, 'prefix');
const project = join(place, 'project');
const env = {
  ...process.env,
  PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig'),
  // Without the flags of the make that runs the tests.
  MAKEFLAGS: '',
  MAKELEVEL: '',
};
const hasPkgConfig = mayRun('pkg-config');

function install(to: string, target = 'install') {
  const { status, stderr } = spawnSync('make', [target, `PREFIX=${to}`], {
    env,
    encoding: 'utf8',
  });
  return { status, stderr };
}

beforeAll(() => {
  cpSync('tests/mman/project', project, { recursive: true });
  expect(install(prefix)).toEqual({ status: 0, stderr: '' });
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

function run(command: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

it.each(['a prefix', 'a#prefix', "a'prefix"])(
  'make install and uninstall refuse the prefix %s, because pkg-config cannot print it',
  (name) => {
    const unusable = join(place, name);
    for (const target of ['install', 'uninstall']) {
      expect(install(unusable, target)).toEqual({
        status: 2,
        stderr: expect.stringMatching(/PREFIX must not contain spaces/),
      });
    }
    expect(existsSync(unusable)).toBe(false);
  },
);

it('make uninstall removes what make install has installed, and nothing else', () => {
  const other = join(place, 'other');
  const files = () =>
    readdirSync(other, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  mkdirSync(join(other, 'lib'), { recursive: true });
  writeFileSync(join(other, 'lib/mine'), '');
  expect(install(other).status).toBe(0);
  expect(files()).toEqual(
    [
      'LICENSE',
      'libshared-mman.a',
      'memory_map.hpp',
      'mine',
      'mman.h',
      'shared-mman.pc',
      'shared_mman.h',
    ].sort(),
  );
  expect(install(other, 'uninstall')).toEqual({ status: 0, stderr: '' });
  expect(files()).toEqual(['mine']);
});

it('make uninstall says that its prefix is missing', () => {
  const missing = join(place, 'missing');
  expect(install(missing, 'uninstall')).toEqual({
    status: 2,
    stderr: expect.stringMatching(`^'${missing}' is not a directory: name the PREFIX of make install\n`),
  });
});

describe('a project that finds libshared-mman by pkg-config', () => {
  it.skipIf(!hasPkgConfig || wasmtime === undefined)('writes to the file through its mappings', () => {
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

describe('a project that finds libshared-mman by CMake', () => {
  const isMissing = !hasPkgConfig || !mayRun('cmake');
  const build = (name: string, ...options: readonly string[]) => {
    expect(run('cmake', '-B', name, ...options)).toMatchObject({ status: 0 });
    expect(run('cmake', '--build', name)).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(join(project, 'note'), 'hello\n');
  };
  const succeeded = { status: 0, stdout: '', stderr: '' };

  it.skipIf(isMissing)('builds natively without it', () => {
    build('native');
    expect(run('native/shout', 'note')).toEqual(succeeded);
    expect(readFileSync(join(project, 'note'), 'utf8')).toBe('HELLO\n');
  });

  it.skipIf(isMissing || wasmtime === undefined)('builds for WASI with it', () => {
    const compiler = join(project, 'clang');
    writeFileSync(compiler, `#!/bin/sh\nexec "${process.execPath}" "${clang}" "$@"\n`, { mode: 0o755 });
    writeFileSync(
      join(project, 'toolchain.cmake'),
      `set(CMAKE_SYSTEM_NAME WASI)
      set(CMAKE_C_COMPILER "${compiler}")
      # build/clang.mjs compiles and links in one command only, and writes no lists of dependencies.
      set(CMAKE_C_COMPILER_WORKS TRUE)
      set(CMAKE_C_DEPENDS_USE_COMPILER FALSE)`,
    );
    build('wasi', '--toolchain', 'toolchain.cmake');
    expect(run(wasmtime ?? '', 'run', '--dir', '.', 'wasi/shout', 'note')).toEqual(succeeded);
    expect(readFileSync(join(project, 'note'), 'utf8')).toBe('HELLO\n');
  });
});

describe('a program that is linked with libshared-mman', () => {
  const library = join(prefix, 'lib/libshared-mman.a');
  const include = `-I${join(prefix, 'include')}`;
  const guarded = `-I${join(prefix, 'include/shared-mman')}`;
  const link = (...args: readonly string[]) =>
    run(process.execPath, clang, '-D_WASI_EMULATED_MMAN', ...args, '-o', 'other.wasm');

  it.each([
    { without: 'any --wrap', args: ['shout.c', library] },
    { without: 'any --wrap, before the emulation', args: ['shout.c', library, '-lwasi-emulated-mman'] },
    { without: '--wrap of munmap and close', args: ['shout.c', library, '-Wl,--wrap=mmap'] },
    {
      without: '--wrap of mmap, after the emulation',
      args: ['shout.c', '-lwasi-emulated-mman', library, '-Wl,--wrap=munmap,--wrap=close'],
    },
    {
      without: 'any --wrap, after the emulation, with the header',
      args: [include, 'with-header.c', '-lwasi-emulated-mman', library],
    },
    // What a linker does that ignores the options, as zig's does.
    { without: "any --wrap, with the library's <sys/mman.h>", args: [guarded, 'shout.c', library] },
    {
      without: "any --wrap and the library, with the library's <sys/mman.h>",
      args: [guarded, 'shout.c', '-lwasi-emulated-mman'],
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

it('a program in strict C90 compiles with the headers of libshared-mman', () => {
  writeFileSync(
    join(project, 'old.c'),
    '#include <sys/mman.h>\n#include <shared_mman.h>\nint main(void) { return PROT_NONE; }\n',
  );
  const include = ['include/shared-mman', 'include'].map((folder) => `-I${join(prefix, folder)}`);
  const strict = ['-std=c90', '-pedantic', '-Wall', '-Wextra', '-Werror'];
  expect(run(process.execPath, clang, ...strict, ...include, '-c', 'old.c', '-o', 'old.o')).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});

describe('a C++ program that maps a file with memory_map.hpp', () => {
  const library = join(prefix, 'lib/libshared-mman.a');
  const emulation = '-lwasi-emulated-mman';
  const link = (element: string, ...args: readonly string[]) => {
    writeFileSync(
      join(project, 'map.cpp'),
      '#include "memory_map.hpp"\n' +
        'int main(int, char **argv) {\n' +
        '    auto file = mapped::memory_map::open(argv[1], mapped::access::read_write);\n' +
        `    return file && file->map<${element}>() ? 0 : 1;\n` +
        '}\n',
    );
    const options = [
      '-std=c++23',
      '-fno-exceptions',
      '-D_WASI_EMULATED_MMAN',
      `-I${join(prefix, 'include')}`,
    ];
    return run(process.execPath, clang, ...options, 'map.cpp', ...args, '-o', 'map.wasm');
  };

  it('fails to link if its writes would be lost', () => {
    expect(link('char', emulation)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('undefined symbol: msync'),
    });
    expect(link('char', emulation, library)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('undefined symbol: __real_mmap'),
    });
  });

  it('links with the library, and without it if it only reads', () => {
    const wrap = '-Wl,--wrap=mmap,--wrap=munmap,--wrap=close';
    expect(link('char', wrap, library)).toMatchObject({ status: 0, stderr: '' });
    expect(link('const char', emulation)).toMatchObject({ status: 0, stderr: '' });
  });
});
