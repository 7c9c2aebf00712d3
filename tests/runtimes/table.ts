// The table of behaviours as a script, for runtimes that vitest does not run in. The argument is the file for the results.

import process from 'node:process';
import { api, commandLine } from '../behaviour/frontends.js';
import { testBehaviours } from '../behaviour/run.js';
import { runTests } from './vitest.js';

testBehaviours(api);
testBehaviours(commandLine);
await runTests(process.argv[2] ?? '');
