// npm's clang, which sees an in-memory tree only: what a command names is read in, and what it makes is written out.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { it } from '../helpers/it.js';

const WASM = Buffer.from('\0asm');

/** Runs `build/clang.mjs` with npm's clang. */
function clang(cwd: string, ...args: string[]) {
  const env = { ...process.env, WASI_SDK_PATH: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('build/clang.mjs'), ...args], {
    ...{ cwd, env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const done = { status: 0, stdout: '', stderr: '' };

/** Whether a file is WebAssembly. */
const isWasm = (path: string): boolean => readFileSync(path).subarray(0, WASM.length).equals(WASM);

it('clang compiles from and to absolute paths outside the checkout', ({ directory }) => {
  mkdirSync(join(directory, 'include/deep'), { recursive: true });
  writeFileSync(join(directory, 'include/answer.h'), '#include <deep/number.h>\n');
  writeFileSync(join(directory, 'include/deep/number.h'), '#define ANSWER 42\n');
  writeFileSync(join(directory, 'main.c'), '#include <answer.h>\nint main(void) { return ANSWER; }\n');
  const [source, object, program] = ['main.c', 'main.o', 'main.wasm'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  expect(clang('.', '-c', source, `-I${join(directory, 'include')}`, '-o', object)).toEqual(done);
  expect(clang('.', '-c', source, '-I', join(directory, 'include'), `-o${object}2`)).toEqual(done);
  expect(clang('.', object, '-o', program)).toEqual(done);
  expect([object, `${object}2`, program].map(isWasm)).toEqual([true, true, true]);
});

it('clang writes what clang writes if no output is named', ({ directory }) => {
  // npm's clang discards what is below a directory of this name.
  mkdirSync(join(directory, 'tmp'));
  mkdirSync(join(directory, 'outside'));
  writeFileSync(join(directory, 'main.c'), 'int f(void);\nint main(void) { return f(); }\n');
  writeFileSync(join(directory, 'tmp/f.c'), 'int f(void) { return __LINE__; }\n');
  expect(clang(directory, '-c', 'main.c', 'tmp/f.c')).toEqual(done);
  expect(clang(directory, 'main.o', 'f.o')).toEqual(done);
  expect(clang(directory, 'main.o', 'f.o', '-o', 'tmp/a.wasm')).toEqual(done);
  expect(clang(directory, 'main.o', 'f.o', '-o', 'outside/a.wasm')).toEqual(done);
  expect(readdirSync(directory).sort()).toEqual(['a.out', 'f.o', 'main.c', 'main.o', 'outside', 'tmp']);
  expect(['a.out', 'tmp/a.wasm', 'outside/a.wasm'].map((name) => isWasm(join(directory, name)))).toEqual([
    true,
    true,
    true,
  ]);
  const { status, stdout } = clang(directory, '-E', 'tmp/f.c');
  expect([status, stdout]).toEqual([0, expect.stringContaining('int f(void) { return 1; }')]);
});

it('clang finds libraries by -L and -l', ({ directory }) => {
  mkdirSync(join(directory, 'lib'));
  writeFileSync(join(directory, 'main.c'), 'int f(void);\nint main(void) { return f(); }\n');
  writeFileSync(join(directory, 'f.c'), 'int f(void) { return 1; }\n');
  expect(clang(directory, '-c', 'f.c')).toEqual(done);
  expect(clang(directory, 'ar', 'lib/libf.a', 'f.o')).toEqual(done);
  expect(clang(directory, 'main.c', '-Llib', '-lf', '-o', 'main.wasm')).toEqual(done);
  expect(isWasm(join(directory, 'main.wasm'))).toBe(true);
});

it.for<[string[], string]>([
  [['-M', 'main.c'], "mapcp: npm's clang does not take '-M': set WASI_SDK_PATH to a wasi-sdk for that\n"],
  [['-x', 'c', '-'], "mapcp: npm's clang does not take '-': set WASI_SDK_PATH to a wasi-sdk for that\n"],
  [['main.c', '-o'], "mapcp: '-o' needs a value\n"],
  [['main.c', '-o', 'no/a.wasm'], "mapcp: cannot write 'no/a.wasm': there is no directory 'no'\n"],
])('clang refuses %j with a sentence', ([args, stderr], { directory }) => {
  writeFileSync(join(directory, 'main.c'), 'int main(void) { return 0; }\n');
  expect(clang(directory, ...args)).toEqual({ status: 1, stdout: '', stderr });
  expect(existsSync(join(directory, 'a.out'))).toBe(false);
});

it("clang's own errors have its exit status, and make nothing", ({ directory }) => {
  writeFileSync(join(directory, 'main.c'), 'int main(void) { return x; }\n');
  const { status, stderr } = clang(directory, 'main.c');
  expect([status, stderr]).toEqual([1, expect.stringContaining("use of undeclared identifier 'x'")]);
  expect(readdirSync(directory)).toEqual(['main.c']);
});
