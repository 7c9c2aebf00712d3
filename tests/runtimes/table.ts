// The table of behaviours as a script, for runtimes that vitest does not run in. The arguments are the file for the
// results, and the frontends.

import process from 'node:process';
import { api, commandLine } from '../behaviour/frontends.js';
import { testBehaviours } from '../behaviour/run.js';
import { runTests } from './vitest.js';

const [file = '', ...names] = process.argv.slice(2);
for (const frontend of [api, commandLine]) {
  if (names.includes(frontend.name)) {
    testBehaviours(frontend);
  }
}
await runTests(file);
