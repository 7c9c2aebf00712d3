// The import object of a host: every interface that it gives, under each name that bindings look it up by.

import type * as Environment from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-environment';
import type * as Exit from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-exit';
import type * as Stderr from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stderr';
import type * as Stdin from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdin';
import type * as Stdout from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdout';
import type * as TerminalInput from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-input';
import type * as TerminalOutput from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-output';
import type * as TerminalStderr from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stderr';
import type * as TerminalStdin from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdin';
import type * as TerminalStdout from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdout';
import type * as MonotonicClock from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-monotonic-clock';
import type * as WallClock from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-wall-clock';
import type * as Preopens from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-preopens';
import type * as Types from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type * as IoError from '@bytecodealliance/preview2-shim/interfaces/wasi-io-error';
import type * as Poll from '@bytecodealliance/preview2-shim/interfaces/wasi-io-poll';
import type * as Streams from '@bytecodealliance/preview2-shim/interfaces/wasi-io-streams';
import type * as Insecure from '@bytecodealliance/preview2-shim/interfaces/wasi-random-insecure';
import type * as InsecureSeed from '@bytecodealliance/preview2-shim/interfaces/wasi-random-insecure-seed';
import type * as Random from '@bytecodealliance/preview2-shim/interfaces/wasi-random-random';

/** The interfaces that a host can give, by their names without a version. */
export interface WasiInterfaces {
  'wasi:cli/environment': typeof Environment;
  // The types are of WASI 0.2.12, where this one is not stable yet.
  'wasi:cli/exit': typeof Exit & { exitWithCode(status: number): void };
  'wasi:cli/stderr': typeof Stderr;
  'wasi:cli/stdin': typeof Stdin;
  'wasi:cli/stdout': typeof Stdout;
  'wasi:cli/terminal-input': typeof TerminalInput;
  'wasi:cli/terminal-output': typeof TerminalOutput;
  'wasi:cli/terminal-stderr': typeof TerminalStderr;
  'wasi:cli/terminal-stdin': typeof TerminalStdin;
  'wasi:cli/terminal-stdout': typeof TerminalStdout;
  'wasi:clocks/monotonic-clock': typeof MonotonicClock;
  'wasi:clocks/wall-clock': typeof WallClock;
  'wasi:filesystem/preopens': typeof Preopens;
  // Any error of a stream will do, also where a component's own type of it has fewer methods.
  'wasi:filesystem/types': typeof Types & { filesystemErrorCode(error: object): Types.ErrorCode | undefined };
  'wasi:io/error': typeof IoError;
  'wasi:io/poll': typeof Poll;
  'wasi:io/streams': typeof Streams;
  'wasi:random/insecure': typeof Insecure;
  'wasi:random/insecure-seed': typeof InsecureSeed;
  'wasi:random/random': typeof Random;
}

/** The releases of WASI 0.2 so far. A later one works as well; its names are only not in the type. */
type Patch = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12;

/** The interfaces under their names with a version and without: jco's types have it, jco's code does not. */
export type WasiImports = WasiInterfaces & {
  [K in keyof WasiInterfaces as `${K}@0.2.${Patch}`]: WasiInterfaces[K];
};

/**
 * An import object that gives `interfaces` for any 0.2 version, and throws for every other name, so that
 * instantiating a component that wants more fails and says what it wants.
 */
export function importObject(interfaces: object): WasiImports {
  return new Proxy(interfaces, {
    get(given, name) {
      // JavaScript asks for `then` itself, wherever the object is what a promise is resolved with.
      if (typeof name === 'symbol' || name === 'then') {
        return undefined;
      }
      const wanted = name.replace(/@0\.2\.\d+$/, '');
      if (!Object.hasOwn(given, wanted)) {
        throw new Error(`the component imports '${name}', which this host does not give it`);
      }
      return Reflect.get(given, wanted);
    },
  }) as WasiImports;
}
