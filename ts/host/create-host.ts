// Making a host: its options are checked, and the way to confine a component is chosen.

import { checkOptions } from './check-options.js';
import type { Host, HostOptions } from './host.js';
import { createHostWith } from './host.js';
import { flagsFor, isGranted, OWN_DESCRIPTORS, requireGranted } from './permission.js';
import { pathWalker } from './walker-path.js';
import { procfsWalker } from './walker-procfs.js';

/**
 * Makes a host. It holds the preopened directories open until it is closed. Without options it gives a component nothing.
 *
 * Rejects with a TypeError that names the option if one is unknown or has a wrong type or value, with Node's own error if a
 * preopen is no directory that can be opened, and with an `Error` that says what to do if two preopens overlap, or if the
 * system cannot confine a component as `confinement` demands.
 *
 * @example
 * ```js not-run="the bindings of a component"
 * import { createHost } from 'mapcp/host';
 * import { instantiate } from './component.js';
 *
 * const host = await createHost({ preopens: { '/in': { path: 'photos', access: 'read' } }, random: true });
 * const { run } = await instantiate(undefined, host.imports);
 * run.run();
 * host.close();
 * ```
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  checkOptions(options);
  const isLinux = process.platform === 'linux';
  const { confinement = isLinux ? 'strict' : 'best-effort' } = options;
  const preopens = Object.values(options.preopens ?? {});
  for (const { path, access } of preopens) {
    requireGranted(path, access);
  }
  const isWriting = preopens.some(({ access }) => access === 'read-write');
  const mayUseProcfs = isGranted(OWN_DESCRIPTORS, isWriting ? 'read-write' : 'read');
  const walker = mayUseProcfs ? procfsWalker() : undefined;
  if (walker === undefined) {
    if (confinement === 'strict') {
      throw new Error(
        isLinux ? whyNoProcfs(mayUseProcfs) : "confinement: 'strict' can be kept on Linux only",
      );
    }
    warnOnce();
  }
  return createHostWith(walker ?? pathWalker, options);
}

function whyNoProcfs(isAllowed: boolean): string {
  const why = isAllowed
    ? 'there is no procfs at /proc, by which a component is confined: mount it'
    : `Node's permission model denies ${OWN_DESCRIPTORS}, by which a component is confined: start Node with ` +
      flagsFor(OWN_DESCRIPTORS, 'read-write');
  return `${why}, or accept less with the option confinement: 'best-effort'`;
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
