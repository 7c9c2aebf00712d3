// wasi:cli: what a command is given besides its directories, which is what was named and nothing else.

import { readSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { nodeCode } from './error-code.js';
import type { WasiInterfaces } from './imports.js';
import type { Io, Sink, Source } from './streams.js';
import { sleepUntil } from './streams.js';
import { uncatchable } from './trap.js';

/** Where a component's standard input comes from: an open file descriptor, or bytes. */
export type ByteSource = number | Uint8Array;

/** Where a component's output goes: an open file descriptor, or a function that gets each piece as it is written. */
export type ByteSink = number | ((bytes: Uint8Array) => void);

/** What a command is given. */
export interface CliOptions {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  stdin: ByteSource;
  stdout: ByteSink;
  stderr: ByteSink;
}

/**
 * Thrown through a component that called `exit`: it ends the call into the component, and never the process. After
 * it the instance must not be called again.
 */
export class ExitError extends Error {
  /** The name of the class. */
  override readonly name = 'ExitError';
  /** The status: 0 for success. */
  readonly status: number;

  constructor(status: number) {
    super(`the component exited with status ${status}`);
    this.status = status;
  }
}

/** Retries a call on a descriptor that is set not to block, such as a terminal's, until it has an answer. */
function untilReady<T>(act: () => T): T {
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (nodeCode(error) !== 'EAGAIN') {
        throw error;
      }
      sleepUntil(process.hrtime.bigint() + 5_000_000n);
    }
  }
}

const nothing = (): void => {};

function sourceOf(input: ByteSource): Source {
  if (typeof input === 'number') {
    return {
      isFile: false,
      read(length) {
        const bytes = new Uint8Array(length);
        return bytes.subarray(
          0,
          untilReady(() => readSync(input, bytes)),
        );
      },
      close: nothing,
    };
  }
  let rest = input;
  return {
    isFile: false,
    read(length) {
      const bytes = rest.subarray(0, length);
      rest = rest.subarray(length);
      return bytes;
    },
    close: nothing,
  };
}

function sinkOf(output: ByteSink): Sink {
  return {
    isFile: false,
    write(bytes) {
      if (typeof output === 'number') {
        return untilReady(() => writeSync(output, bytes));
      }
      output(bytes);
      return bytes.length;
    },
    close: nothing,
  };
}

class TerminalInput {}
class TerminalOutput {}

/** wasi:cli, but for its `run`, which a component exports. */
type CliInterfaces = Pick<WasiInterfaces, Extract<keyof WasiInterfaces, `wasi:cli/${string}`>>;

/** Makes wasi:cli. A standard stream is a terminal where it is a file descriptor of one. */
export function createCli(io: Io, { args, env, stdin, stdout, stderr }: CliOptions): CliInterfaces {
  const isTerminal = (stream: ByteSource | ByteSink) => typeof stream === 'number' && isatty(stream);
  const terminalFor = (output: ByteSink) => (isTerminal(output) ? new TerminalOutput() : undefined);
  // One for all the streams that a component may ask for, since each goes on where the last one stopped.
  const source = sourceOf(stdin);
  return {
    'wasi:cli/environment': {
      getArguments: (): string[] => [...args],
      getEnvironment: (): [string, string][] => Object.entries(env),
      initialCwd: (): string | undefined => undefined,
    },
    'wasi:cli/exit': {
      exit(status: { tag: 'ok' | 'err' }): never {
        throw uncatchable(new ExitError(status.tag === 'ok' ? 0 : 1));
      },
      exitWithCode(status: number): never {
        throw uncatchable(new ExitError(status));
      },
    },
    'wasi:cli/stdin': { getStdin: () => io.input(source) },
    'wasi:cli/stdout': { getStdout: () => io.output(sinkOf(stdout)) },
    'wasi:cli/stderr': { getStderr: () => io.output(sinkOf(stderr)) },
    'wasi:cli/terminal-input': { TerminalInput },
    'wasi:cli/terminal-output': { TerminalOutput },
    'wasi:cli/terminal-stdin': {
      getTerminalStdin: () => (isTerminal(stdin) ? new TerminalInput() : undefined),
    },
    'wasi:cli/terminal-stdout': { getTerminalStdout: () => terminalFor(stdout) },
    'wasi:cli/terminal-stderr': { getTerminalStderr: () => terminalFor(stderr) },
  };
}
