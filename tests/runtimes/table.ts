// The table of behaviours as a script, for runtimes that vitest does not run in. The arguments are the file for the
// results, what to test (a frontend, or `confinement`), and 4 to test only every fourth row.

import process from 'node:process';
import { api, commandLine } from '../behaviour/frontends.js';
import { testBehaviours } from '../behaviour/run.js';
import { testConfinement } from './confinement.js';
import { runTests } from './vitest.js';

const [file = '', name, step = '1'] = process.argv.slice(2);
if (name === 'confinement') {
  testConfinement();
} else {
  testBehaviours(name === api.name ? api : commandLine);
}
await runTests(file, Number(step));
