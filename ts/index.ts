// mapcp: sandboxed file copying as one WebAssembly component.

export { clean } from './clean.js';
export { copy } from './copy.js';
export { CleanError, CopyError, type CopyErrorDetails, type Operation } from './errors.js';
export type { Preopen } from './host/index.js';
export type { CopyEntry, CopyOptions, CopyProgress, Shard } from './options.js';
export {
  type HostMaker,
  openSandbox,
  type Preopens,
  type Sandbox,
  type SandboxHost,
  type SandboxOptions,
} from './sandbox.js';
export type { CopyReport, CopyTask } from './task.js';
