// mapcp/host: a WASI 0.2 host for Node that keeps a component in the directories that it was given.
//
// It is in-process and synchronous, and usable for any component that jco has transpiled with `--instantiation`.

import type { Host, HostOptions } from './host.js';
import { createHostWith } from './host.js';
import { hasProcfs, procfsWalker } from './walker-procfs.js';

export type { Input, Output } from './cli.js';
export { ExitError } from './cli.js';
export type { Host, HostOptions } from './host.js';
export type { WasiImports, WasiInterfaces } from './imports.js';
export type { Access, Preopen } from './preopens.js';

/**
 * Makes a host. It holds the preopened directories open until it is closed.
 *
 * Rejects with Node's own error where a preopen is no directory that can be opened, and with an `Error` that says
 * what to do where two of them overlap, or where the system cannot confine a component as `confinement` demands.
 *
 * @example
 * using host = await createHost({ preopens: { '/in': { path: 'photos', access: 'read' } }, random: true });
 * const { run } = await instantiate(undefined, host.imports);
 */
export async function createHost(options: HostOptions): Promise<Host> {
  if (!hasProcfs()) {
    throw new Error('no procfs');
  }
  return createHostWith(procfsWalker, options);
}
