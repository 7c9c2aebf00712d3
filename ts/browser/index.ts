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
} from '../common/errors.js';
export type { CleanOptions, CopyProgress } from '../common/options.js';
export type { StreamSource } from '../task/input.js';
export type { CopyTask } from '../task/task.js';
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
