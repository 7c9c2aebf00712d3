// mapcp: sandboxed file copying as one WebAssembly component.

export { copy } from './copy.js';
export { CopyError, type CopyErrorDetails, type Operation } from './errors.js';
export type { Preopen } from './host/index.js';
export type { CopyOptions, CopyProgress } from './options.js';
export { openSandbox, type Preopens, type Sandbox, type SandboxOptions } from './sandbox.js';
export type { CopyReport, CopyTask } from './task.js';
