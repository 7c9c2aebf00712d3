// mapcp/browser/run: runs programs for WASI preview 1 in a browser, on directories in memory.
//
// It is apart from mapcp/browser, so that pages that only copy do not load it. docs/browser.md shows how to use it.

export { RefusedError, TrapError } from '../../host/errors.js';
export type {
  DirectoryEntry,
  Entry,
  FileEntry,
  FoundDirectory,
  FoundEntry,
  FoundFile,
  FoundLink,
  LinkEntry,
} from '../entries.js';
export { type ProgramOptions, type ProgramResult, type ProgramSource, runProgram } from './run-program.js';
