// Compiles C and C++: `node build/compile.mjs DIR [FLAG ...] -- SOURCE ...` makes DIR/SOURCE.o of each SOURCE.
//
// One process compiles all of them, because npm's clang takes seconds to start.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { clang, runScript } from './clang.mjs';

const [directory = '.', ...rest] = process.argv.slice(2);
const separator = rest.indexOf('--');
const flags = rest.slice(0, separator);
const sources = rest.slice(separator + 1);

await runScript(async () => {
  for (const source of sources) {
    const object = join(directory, `${source}.o`);
    mkdirSync(dirname(object), { recursive: true });
    const standard = source.endsWith('.cpp') ? ['-std=c++23', '-fno-exceptions'] : ['-std=c17'];
    const status = await clang([...standard, ...flags, '-c', source, '-o', object]);
    if (status !== 0) {
      return status;
    }
  }
  return 0;
});
