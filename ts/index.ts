/**
 * mapcp copies files in a sandbox, with one WebAssembly component.
 *
 * The package has more modules:
 * - `mapcp/host` is the WASI host that this one uses. It runs any component.
 * - `mapcp/bindings` are jco's bindings of the component's library, to instantiate it on any host.
 * - `mapcp/component` is the component as a file. Its URL is `import.meta.resolve('mapcp/component')`, and its path
 *   `require.resolve('mapcp/component')`.
 *
 * @module
 */

export { clean } from './api/clean.js';
export { type ConfinementOptions, copy } from './api/copy.js';
export {
  type HostMaker,
  openSandbox,
  type Sandbox,
  type SandboxHost,
  type SandboxOptions,
} from './api/sandbox.js';
export {
  CleanError,
  type CleanErrorDetails,
  CopyError,
  type CopyErrorDetails,
  type CopyReport,
  type Operation,
} from './common/errors.js';
export type { CleanOptions, CopyEntry, CopyOptions, CopyProgress, Shard } from './common/options.js';
export type { Preopens } from './host/grant.js';
export type { Preopen } from './host/index.js';
export type { StreamSource } from './task/input.js';
export type { CopyTask } from './task/task.js';
