// A program or library that is ready to run.

import type { Host } from './host.js';
import type { HostOptions } from './host-options.js';

/** A component or core module that is ready to run, any number of times. Made by `loadComponent`. */
export interface LoadedComponent {
  /**
   * What it imports and uses: for a component interfaces and functions, without versions, such as
   * `wasi:cli/environment`; for a core module functions, such as `wasi_snapshot_preview1/fd_read`.
   */
  readonly imports: readonly string[];
  /**
   * Runs a command, which is a component that exports `wasi:cli/run`, or a core module that exports `_start`, on a host
   * of its own.
   *
   * @param options what the command gets; default: nothing
   * @returns its exit status, 0 for success. Rejects as `runComponent` does.
   */
  run(options?: HostOptions): Promise<number>;
  /**
   * Makes an instance of a component that is not a command. Rejects with a `RefusedError` for a core module that is a
   * command.
   *
   * @param host what the component gets. Close it when the instance is no longer used.
   * @returns its exports by their WIT names. Interfaces are also there by the last part of their names, in camel
   * case. Calling an export throws an `ExitError` if the component exits, and WebAssembly's own error if it traps.
   * @example
   * ```js
   * import { readFile } from 'node:fs/promises';
   * import { createHost, loadComponent } from 'mapcp/host';
   *
   * const component = await loadComponent(await readFile(new URL(import.meta.resolve('mapcp/component'))));
   * const host = await createHost({ clocks: true, random: true });
   * const { copier } = await component.instantiate(host);
   * host.close();
   * ```
   */
  instantiate(host: Host): Promise<Readonly<Record<string, unknown>>>;
}
