// Runs a command component under Node: `node run-command.mjs BINDINGS DIRECTORY ARG ...`. The component sees the
// directory as `/`; the arguments begin with the program's name.
//
// A process of its own for each run, so that what the component prints, and how it ends, are seen as a shell sees them.

import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { createHost, ExitError } from 'mapcp/host';

const [bindings = '', directory = '', ...args] = process.argv.slice(2);
const { instantiate } = await import(pathToFileURL(resolve(bindings)).href);
const host = await createHost({
  preopens: { '/': { path: directory, access: 'read-write' } },
  args,
  stdout: 1,
  stderr: 2,
  clocks: true,
  random: true,
});
const { run } = await instantiate(undefined, host.imports);
try {
  run.run();
} catch (error) {
  if (error instanceof ExitError) {
    process.exitCode = error.status;
  } else if (error instanceof Error && 'payload' in error) {
    // The run function returned an error, which says nothing but that.
    process.exitCode = 1;
  } else {
    throw error;
  }
}
