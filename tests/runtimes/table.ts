// The tests for runtimes that vitest does not run in, as a script. The arguments are the file for the results, what to test
// (a frontend, `confinement`, `host` or `Windows`), and 4 to test only every fourth row.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { api, commandLine } from '../behaviour/frontends.js';
import { testBehaviours } from '../behaviour/run.js';
import { canLink } from '../helpers/directory.js';
import { testConfinement } from './confinement.js';
import { runTests } from './vitest.js';
import { testWindows } from './windows.js';

const [file = '', name = '', step = '1'] = process.argv.slice(2);

/** Lets each attempt to create a symbolic link fail, for a system that reports success and creates nothing, as Wine does. */
function refuseLinks(): void {
  Object.assign(fs, {
    symlinkSync() {
      throw Object.assign(new Error('EPERM: no symbolic links here'), { code: 'EPERM', syscall: 'symlink' });
    },
  });
  syncBuiltinESMExports();
}

/** Defines the tests of a part. */
const parts: Readonly<Record<string, () => unknown>> = {
  [api.name]: () => testBehaviours(api),
  [commandLine.name]: () => testBehaviours(commandLine),
  confinement: testConfinement,
  Windows: testWindows,
  host: async () => {
    if (!canLink()) {
      refuseLinks();
    }
    await import('../host/attacks.test.js');
    await import('../host/conformance.test.js');
    await import('../host/methods.test.js');
    await import('../host/read-only.test.js');
    await import('../host/extremes.test.js');
    await import('../host/resources.test.js');
  },
};
await parts[name]?.();
await runTests(file, Number(step));
