// The WASI host of a sandbox in a browser: our own file system, and preview2-shim for the rest.
//
// The shim's file system is unusable for copies, and tests/browser/shim.test.ts shows why:
// - A file's identity changes with each write. Any two files that were not written have the same one.
// - Times are always 1970 and cannot be set.
// - Nothing can be read-only.
// - Each write copies the whole file.
// - Names such as `constructor` exist although nobody made them.
// - `OpfsFilesystemAdapter` loads a whole directory, writes all of it back, removes files that others have put there
//   meanwhile, and loses errors.

import { createCli } from '@bytecodealliance/preview2-shim/cli';
import { monotonicClock, wallClock } from '@bytecodealliance/preview2-shim/clocks';
import { error, streams } from '@bytecodealliance/preview2-shim/io';
import { random } from '@bytecodealliance/preview2-shim/random';
import { importObject } from '../host/imports.js';
import { createFilesystem } from './filesystem.js';
import type { Volume } from './volume.js';

/**
 * Makes the imports of the component: these volumes, clocks, random numbers, an empty environment, and the console for
 * its output. Calls of other interfaces fail.
 *
 * @param volumes the component's preopens
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
