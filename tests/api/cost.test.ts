// The cost of a copy by the published modules, without a clock.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { it } from '../helpers/it.js';
import { runFile } from '../helpers/runtimes.js';

const library = JSON.stringify(resolve('build/out/js/index.js'));

// The bundler names a function by a call that takes longer than most others, each time when the function is made.
it('makes no functions with names for a file of a tree', ({ directory }) => {
  for (const count of [10, 30]) {
    mkdirSync(join(directory, `${count}`));
    for (let file = 0; file < count; file++) {
      writeFileSync(join(directory, `${count}`, `${file}`), 'content');
    }
  }
  writeFileSync(
    join(directory, 'program.mjs'),
    `const { defineProperty } = Object;
      let calls = 0;
      Object.defineProperty = (...given) => {
        calls += 1;
        return defineProperty(...given);
      };
      const { copy } = await import(${library});
      const callsFor = async (source) => {
        await copy(source, source + '-copy', { recursive: true });
        calls = 0;
        await copy(source, source + '-again', { recursive: true });
        return calls;
      };
      console.log((await callsFor('30')) - (await callsFor('10')));`,
  );
  const outcome = runFile(process.execPath, ['program.mjs'], directory);
  expect(outcome).toEqual({ status: 0, stdout: '0\n', stderr: '' });
});
