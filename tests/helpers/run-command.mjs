// Runs a command component in Node: `node run-command.mjs HOST BINDINGS DIRECTORY ARG ...`. HOST is `mapcp` or
// `preview2-shim`. The component sees the directory as `/`. The arguments begin with the program's name.
//
// Each run is a process, so its output and its exit status are those that a shell sees.

import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [name = '', bindings = '', directory = '', ...args] = process.argv.slice(2);

/** @returns {Promise<{ imports: unknown }>} */
async function ownHost() {
  const { createHost } = await import('mapcp/host');
  const preopens = { '/': { path: directory, access: /** @type {const} */ ('read-write') } };
  return createHost({ preopens, args, stdout: 1, stderr: 2, clocks: true, random: true });
}

/** @returns {Promise<{ imports: unknown }>} */
async function shim() {
  const { WASIShim } = await import('@bytecodealliance/preview2-shim/instantiation');
  const sandbox = { preopens: { '/': directory }, env: {}, args, enableNetwork: false };
  return { imports: new WASIShim({ sandbox }).getImportObject() };
}

const { instantiate } = await import(pathToFileURL(resolve(bindings)).href);
const { imports } = await (name === 'mapcp' ? ownHost() : shim());
const { run } = await instantiate(undefined, imports);
try {
  run.run();
} catch (error) {
  const { ExitError } = await import('mapcp/host');
  if (error instanceof ExitError) {
    process.exitCode = error.status;
  } else if (error instanceof Error && 'payload' in error) {
    // The error of run() has no further information.
    process.exitCode = 1;
  } else {
    throw error;
  }
}
