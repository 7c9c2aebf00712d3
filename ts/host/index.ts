// mapcp/host: a WASI 0.2 host for Node that keeps a component in the directories that it was given.
//
// It is in-process and synchronous, and usable for any component that jco has transpiled with `--instantiation`; with
// `--import-bindings hybrid` files are read and written in the component's own memory.
//
// What a guest may notice:
// - Times are read to the nanosecond, and set to the microsecond, which is what Node can do: a time that is to stay while
//   the other one is set is cut to the microsecond as well.
// - Running out of descriptors (EMFILE, ENFILE) is `insufficient-memory`, since WASI has no error-code for it.
// - A FIFO, a socket or a device can be seen, renamed and removed, but not opened: that is `not-permitted`.
// - A name in a directory that is not UTF-8 is an `illegal-byte-sequence` in its place; the listing goes on behind it.
// - An absolute path, an absolute symbolic link and whatever leads above a descriptor are `not-permitted`.
// - A directory that was opened can be changed through whenever its preopen can, as in wasmtime.
// - A descriptor allows what it was opened for, and no more where that has created the file.
// - A slash or `/.` at the end of a path follows a symbolic link there, unless it is to be removed or renamed.
// - Advice is taken and has no effect, and requested-write-sync has none but to be shown by get-flags.
// - A link is made through a symbolic link where that is asked for.
// - A path that is not UTF-8 is an `illegal-byte-sequence`, but in bindings that pass lists: these bring it here with a
//   U+FFFD for what is not, and without a byte order mark that it begins with.
// tests/host/conformance.test.ts has the cases in which wasmtime answers differently, with the reason for each.

import { checkOptions } from './check-options.js';
import type { Host, HostOptions } from './host.js';
import { createHostWith } from './host.js';
import { pathWalker } from './walker-path.js';
import { procfsWalker } from './walker-procfs.js';

export { ExitError } from './cli.js';
export type { Durability } from './durability.js';
export type { Access } from './grant.js';
export type { Host, HostOptions } from './host.js';
export type { WasiImports, WasiInterfaces } from './imports.js';
export { ModeCarrier } from './modes.js';
export type { Preopen } from './preopens.js';
export type { HasDescriptor, Input, Output } from './standard-streams.js';

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
