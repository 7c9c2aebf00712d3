// mapcp/host: a WASI 0.2 host for Node that keeps a component in the directories that it was given.
//
// It is in-process and synchronous, and usable for any component that jco has transpiled with `--instantiation`.

import type { Host, HostOptions } from './host.js';
import { createHostWith } from './host.js';
import { pathWalker } from './walker-path.js';
import { procfsWalker } from './walker-procfs.js';

export type { Input, Output } from './cli.js';
export { ExitError } from './cli.js';
export type { Host, HostOptions } from './host.js';
export type { WasiImports, WasiInterfaces } from './imports.js';
export { ModeCarrier } from './modes.js';
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
  const isLinux = process.platform === 'linux';
  const { confinement = isLinux ? 'strict' : 'best-effort' } = options;
  const walker = procfsWalker();
  if (walker === undefined) {
    if (confinement === 'strict') {
      throw new Error(
        isLinux
          ? 'there is no procfs at /proc, by which a component is confined: mount it, or accept less with ' +
              "confinement: 'best-effort'"
          : "confinement: 'strict' can be kept on Linux only",
      );
    }
    warnOnce();
  }
  return createHostWith(walker ?? pathWalker, options);
}

let warned = false;

function warnOnce(): void {
  if (!warned) {
    warned = true;
    process.emitWarning(
      'this system has no way to open a file relative to a directory, so paths are checked before and after they ' +
        'are used: another process that swaps directories meanwhile can lead a component out of its own',
      { type: 'ConfinementWarning', code: 'MAPCP_BEST_EFFORT' },
    );
  }
}
