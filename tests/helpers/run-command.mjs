// Runs a command component under Node: `node run-command.mjs BINDINGS DIRECTORY ARG ...`. The component sees the
// directory as `/`; the arguments begin with the program's name.
//
// A process of its own for each run, so that what the component prints, and how it ends, are seen as a shell sees them.

import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

/**
 * The host: what a component that is handed `directory` may import.
 * @param {string} directory
 * @param {string[]} args
 */
function imports(directory, args) {
  const sandbox = { preopens: { '/': directory }, env: {}, args, enableNetwork: false };
  return new WASIShim({ sandbox }).getImportObject();
}

const [bindings = '', directory = '', ...args] = process.argv.slice(2);
const { instantiate } = await import(pathToFileURL(resolve(bindings)).href);
const { run } = await instantiate(undefined, imports(directory, args));
try {
  run.run();
} catch (error) {
  if (!(error instanceof Error && 'payload' in error)) {
    throw error;
  }
  // The run function returned an error, which says nothing but that.
  process.exitCode = 1;
}
