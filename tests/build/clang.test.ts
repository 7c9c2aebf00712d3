import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

const SECONDS = 1000;
const WASM = Buffer.from('\0asm');

/** Runs `build/clang.mjs` with npm's clang. */
function clang(...args: string[]): void {
  const env = { ...process.env, WASI_SDK_PATH: '' };
  execFileSync(process.execPath, ['build/clang.mjs', ...args], { env });
}

it(
  'clang compiles from and to absolute paths outside the checkout',
  () =>
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'include'));
      writeFileSync(join(directory, 'include/answer.h'), '#define ANSWER 42\n');
      writeFileSync(join(directory, 'main.c'), '#include <answer.h>\nint main(void) { return ANSWER; }\n');
      const [source, object, program] = ['main.c', 'main.o', 'main.wasm'].map((name) =>
        join(directory, name),
      );
      clang('-c', `${source}`, `-I${join(directory, 'include')}`, '-o', `${object}`);
      clang(`${object}`, '-o', `${program}`);
      expect(readFileSync(`${program}`).subarray(0, WASM.length)).toEqual(WASM);
    }),
  60 * SECONDS,
);
