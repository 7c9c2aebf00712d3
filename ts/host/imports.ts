// The import object of a host: every interface that it provides, under each name that bindings look it up by.

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
import type * as InstanceNetwork from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-instance-network';
import type * as IpNameLookup from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-ip-name-lookup';
import type * as Network from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network';
import type * as Tcp from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp';
import type * as TcpCreateSocket from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp-create-socket';
import type * as Udp from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp';
import type * as UdpCreateSocket from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp-create-socket';

// The types are of WASI 0.2.12, in which this function is not stable yet.
type ExitWithCode = { exitWithCode(status: number): void };

// Any error of a stream will do, even if a component's own type of it has fewer methods.
type FilesystemErrorCode = { filesystemErrorCode(error: object): Types.ErrorCode | undefined };

/** The interfaces that a host can provide, by their names without a version. */
export interface WasiInterfaces {
  /** The arguments and environment variables from the options. */
  'wasi:cli/environment': typeof Environment;
  /** Ends the component, with an {@link ExitError}. */
  'wasi:cli/exit': typeof Exit & ExitWithCode;
  /** Standard error. */
  'wasi:cli/stderr': typeof Stderr;
  /** Standard input. */
  'wasi:cli/stdin': typeof Stdin;
  /** Standard output. */
  'wasi:cli/stdout': typeof Stdout;
  /** The type of a terminal to read from. */
  'wasi:cli/terminal-input': typeof TerminalInput;
  /** The type of a terminal to write to. */
  'wasi:cli/terminal-output': typeof TerminalOutput;
  /** Whether standard error is a terminal. */
  'wasi:cli/terminal-stderr': typeof TerminalStderr;
  /** Whether standard input is a terminal. */
  'wasi:cli/terminal-stdin': typeof TerminalStdin;
  /** Whether standard output is a terminal. */
  'wasi:cli/terminal-stdout': typeof TerminalStdout;
  /** Only with `clocks`. */
  'wasi:clocks/monotonic-clock': typeof MonotonicClock;
  /** Only with `clocks`. */
  'wasi:clocks/wall-clock': typeof WallClock;
  /** The preopened directories. */
  'wasi:filesystem/preopens': typeof Preopens;
  /** Files and directories. */
  'wasi:filesystem/types': typeof Types & FilesystemErrorCode;
  /** The errors of streams. */
  'wasi:io/error': typeof IoError;
  /** Waiting. A component waits for clocks only. */
  'wasi:io/poll': typeof Poll;
  /** Streams. Each is always ready. */
  'wasi:io/streams': typeof Streams;
  /** Only with `random`. */
  'wasi:random/insecure': typeof Insecure;
  /** Only with `random`. */
  'wasi:random/insecure-seed': typeof InsecureSeed;
  /** Only with `random`. */
  'wasi:random/random': typeof Random;
  /** Only with `network`, like all of wasi:sockets. Gives a network that stands for nothing. */
  'wasi:sockets/instance-network': typeof InstanceNetwork;
  /** Refuses everything. */
  'wasi:sockets/ip-name-lookup': typeof IpNameLookup;
  /** The types of networks and addresses. */
  'wasi:sockets/network': typeof Network;
  /** Refuses everything. */
  'wasi:sockets/tcp': typeof Tcp;
  /** Refuses everything. */
  'wasi:sockets/tcp-create-socket': typeof TcpCreateSocket;
  /** Refuses everything. */
  'wasi:sockets/udp': typeof Udp;
  /** Refuses everything. */
  'wasi:sockets/udp-create-socket': typeof UdpCreateSocket;
}

/** The releases of WASI 0.2 so far. Later ones also work, but this type does not have their names. */
type Patch = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12;

/** The interfaces by their names with a version and without: jco's types have one, jco's code does not. */
export type WasiImports = WasiInterfaces & {
  [K in keyof WasiInterfaces as `${K}@0.2.${Patch}`]: WasiInterfaces[K];
};

/**
 * Makes an import object that gives `interfaces` for any 0.2 version. It throws an `Error` for every other name. So
 * if a component imports more, instantiating it fails and says what it imports.
 */
export function importObject(interfaces: object): WasiImports {
  return new Proxy(interfaces, {
    get(given, name) {
      // JavaScript itself asks for `then`, if a promise is resolved with the object.
      if (typeof name === 'symbol' || name === 'then') {
        return undefined;
      }
      const wanted = name.replace(/@0\.2\.\d+$/, '');
      if (!Object.hasOwn(given, wanted)) {
        throw new Error(`the component imports '${name}', which this host does not provide`);
      }
      return Reflect.get(given, wanted);
    },
  }) as WasiImports;
}
