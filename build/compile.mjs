// Compiles C and C++ sources to objects: `node build/compile.mjs DIR [FLAG ...] -- SOURCE ...` makes DIR/SOURCE.o each.
//
// One process for all of them, since npm's clang takes seconds to start and a fraction of one for each file.

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
