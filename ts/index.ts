/**
 * mapcp: sandboxed file copying as one WebAssembly component.
 *
 * Beside this module there are `mapcp/host`, the WASI host that it runs on, for any component; `mapcp/bindings`, the
 * component as jco's bindings have it, to instantiate on any host; and `mapcp/component`, the component itself, as a file:
 * its URL is `import.meta.resolve('mapcp/component')`, and its path `require.resolve('mapcp/component')`.
 *
 * @module
 */

export { clean } from './clean.js';
export { type ConfinementOptions, copy } from './copy.js';
export {
  CleanError,
  type CleanErrorDetails,
  CopyError,
  type CopyErrorDetails,
  type Operation,
} from './errors.js';
export type { Preopen } from './host/index.js';
export type { CleanOptions, CopyEntry, CopyOptions, CopyProgress, Shard } from './options.js';
export {
  type HostMaker,
  openSandbox,
  type Preopens,
  type Sandbox,
  type SandboxHost,
  type SandboxOptions,
} from './sandbox.js';
export type { CopyReport, CopyTask } from './task.js';
