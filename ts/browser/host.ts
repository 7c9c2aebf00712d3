// The WASI host of a sandbox in a browser: our own file system, and preview2-shim for the rest.
//
// Not its file systems, which cannot carry a copy: a file's identity changes with each write and is the same for any
// two files that were not written to, times are always 1970 and cannot be set, nothing is read-only, each write copies
// the whole file, names such as `constructor` are there without having been made, and what goes wrong while a tree is
// put into the browser's storage is told to nobody. tests/browser/shim.test.ts has these as tests.

import { createCli } from '@bytecodealliance/preview2-shim/cli';
import { monotonicClock, wallClock } from '@bytecodealliance/preview2-shim/clocks';
import { error, streams } from '@bytecodealliance/preview2-shim/io';
import { random } from '@bytecodealliance/preview2-shim/random';
import { importObject } from '../host/imports.js';
import { createFilesystem } from './filesystem.js';
import type { Volume } from './volume.js';

/**
 * The imports for the component: these volumes, clocks and random numbers, an environment without anything, and
 * the console for what it prints. Whatever else it asks for is an error.
 *
 * @param volumes what the component gets
 */
export function createImports(volumes: readonly Volume[]): object {
  const cli = createCli();
  return importObject({
    'wasi:cli/environment': cli.environment,
    'wasi:cli/exit': cli.exit,
    'wasi:cli/stdin': cli.stdin,
    'wasi:cli/stdout': cli.stdout,
    'wasi:cli/stderr': cli.stderr,
    'wasi:cli/terminal-input': cli.terminalInput,
    'wasi:cli/terminal-output': cli.terminalOutput,
    'wasi:cli/terminal-stdin': cli.terminalStdin,
    'wasi:cli/terminal-stdout': cli.terminalStdout,
    'wasi:cli/terminal-stderr': cli.terminalStderr,
    'wasi:clocks/monotonic-clock': monotonicClock,
    'wasi:clocks/wall-clock': wallClock,
    'wasi:io/error': error,
    'wasi:io/streams': streams,
    'wasi:random/random': random,
    ...createFilesystem(volumes),
  });
}
