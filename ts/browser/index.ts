// mapcp/browser: copies files in a browser, in a sandbox, with the same component as under Node.
//
// docs/browser.md lists the differences.

export {
  CleanError,
  type CleanErrorDetails,
  CopyError,
  type CopyErrorDetails,
  type CopyReport,
  type Operation,
} from '../errors.js';
export type { StreamSource } from '../input.js';
export type { CleanOptions, CopyProgress } from '../options.js';
export type { CopyTask } from '../task.js';
export type {
  DirectoryEntry,
  Entry,
  FileEntry,
  FoundDirectory,
  FoundEntry,
  FoundFile,
  FoundLink,
  LinkEntry,
} from './entries.js';
export type { Preopen, Preopens } from './preopens.js';
export { type CopyOptions, openSandbox, type Sandbox, type SandboxOptions } from './sandbox.js';
export type { FileCall } from './volume.js';
