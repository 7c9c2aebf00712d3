// Making a host: checks the options, and chooses how to confine the component.

import { takeHostOptions } from './check-options.js';
import type { Host, ReusableHost } from './host.js';
import { createHostWith, createReusableHostWith } from './host.js';
import type { CheckedHostOptions, HostOptions } from './host-options.js';
import { NoKoffiError } from './koffi.js';
import { flagsFor, isDeniedByDeno, isGranted, OWN_DESCRIPTORS, requireGranted } from './permission.js';
import type { Walker } from './walker.js';
import { fasterWalker } from './walker-linux.js';
import { ntWalker } from './walker-nt.js';
import { openatWalker } from './walker-openat.js';
import { pathWalker } from './walker-path.js';
import { procfsWalker } from './walker-procfs.js';

/**
 * Makes a host. The host holds the preopened directories open until it is closed. Without options it gives a
 * component nothing.
 *
 * Rejects with a TypeError that names the option if an option is unknown, or has a wrong type or value. Rejects with
 * Node's own error if a preopen is not a directory or cannot be opened. Rejects with an `Error` that says what to do
 * if two preopens overlap, or if this system cannot confine a component as `confinement` demands.
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
  const taken = takeHostOptions(options);
  return createHostWith(walkerFor(taken), taken);
}

/** Makes a host for one instance that can start again. Does not check the options. Rejects as {@link createHost} does. */
export async function createReusableHost(options: CheckedHostOptions): Promise<ReusableHost> {
  return createReusableHostWith(walkerFor(options), options);
}

/** Chooses how to confine a component. */
export function walkerFor({ preopens = {}, confinement: wanted }: CheckedHostOptions): Walker {
  requireGranted(preopens);
  const isWriting = Object.values(preopens).some(({ access }) => access === 'read-write');
  const mayUseProcfs = isGranted(OWN_DESCRIPTORS, isWriting ? 'read-write' : 'read');
  const walker = (mayUseProcfs ? linuxWalker() : undefined) ?? nativeWalker();
  if (!(walker instanceof NoKoffiError)) {
    return walker;
  }
  const isLinux = process.platform === 'linux';
  const confinement = wanted ?? (isLinux ? 'strict' : 'best-effort');
  if (confinement === 'strict') {
    throw new NotStrictError(isLinux ? whyNoProcfs(mayUseProcfs, walker) : walker.message);
  }
  if (wanted === undefined) {
    warnOnce(walker.message);
  }
  return pathWalker;
}

let linux: Walker | undefined;

/** Returns the walker of Linux; undefined if there is no procfs at this moment. The hosts of this thread share it. */
function linuxWalker(): Walker | undefined {
  const procfs = procfsWalker();
  linux ??= procfs && fasterWalker(procfs, () => openatWalker());
  return procfs && linux;
}

let native: Walker | NoKoffiError | undefined;

/** Returns the walker that needs koffi, or why there is none. */
function nativeWalker(): Walker | NoKoffiError {
  try {
    native ??= process.platform === 'win32' ? ntWalker() : openatWalker();
  } catch (error) {
    if (!(error instanceof NoKoffiError)) {
      throw error;
    }
    native = error;
  }
  return native;
}

/** A component that cannot be confined strictly by this system as it is. */
export class NotStrictError extends Error {
  /** What is missing, and what to do about it, without the options of the API. */
  readonly reason: string;

  /** @param reason see {@link NotStrictError.reason} */
  constructor(reason: string) {
    super(`${reason}, or accept less with the option confinement: 'best-effort'`);
    this.reason = reason;
  }
}

function whyNoProcfs(isAllowed: boolean, { remedy }: NoKoffiError): string {
  if (isDeniedByDeno(OWN_DESCRIPTORS)) {
    return `Deno denies ${OWN_DESCRIPTORS}, which is needed to confine a component: start Deno with --allow-all`;
  }
  return isAllowed
    ? `no procfs is mounted at /proc, which is needed to confine a component: mount it${remedy ? `, or ${remedy}` : ''}`
    : `Node's permission model denies ${OWN_DESCRIPTORS}, which is needed to confine a component: start Node with ` +
        flagsFor(OWN_DESCRIPTORS, 'read-write');
}

let warned = false;

function warnOnce(why: string): void {
  if (!warned) {
    warned = true;
    process.emitWarning(
      `${why}. Without it, paths are checked before and after each use: another process that swaps directories in ` +
        'between can lead a component out of its directories',
      { type: 'ConfinementWarning', code: 'MAPCP_BEST_EFFORT' },
    );
  }
}
