// wasi:cli: arguments, environment, exit and standard streams. A command gets only what the caller named.

import { readSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { HostInterface } from './border.js';
import { nodeCode } from './error-code.js';
import type { Closable, ResourceTable } from './resources.js';
import { Resources } from './resources.js';
import type { Io, Sink, Source } from './streams.js';
import { sleepUntil } from './streams.js';
import { endComponent, uncatchable } from './trap.js';
import type { wasi } from './wasi.js';
import { terminalInput, terminalOutput } from './wasi.js';

/** The source of a component's standard input: an open file descriptor, or bytes. */
export type ByteSource = number | Uint8Array;

/**
 * The target of a component's output: an open file descriptor, or a function that gets each piece as it is written.
 */
export type ByteSink = number | ((bytes: Uint8Array) => void);

/** The arguments, environment and standard streams of a command. */
export interface CliOptions {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  stdin: ByteSource;
  stdout: ByteSink;
  stderr: ByteSink;
}

/**
 * Thrown through a component that calls `exit`. It ends the call into the component, never the process. The instance
 * must not be called again.
 */
export class ExitError extends Error {
  /** The name of the class. */
  override readonly name = 'ExitError';
  /** The exit status: 0 for success. */
  readonly status: number;

  constructor(status: number) {
    super(`the component exited with status ${status}`);
    this.status = status;
  }
}

/** Repeats a call until it has a result. A descriptor can be non-blocking, as a terminal's often is. */
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

/** A terminal. WASI says nothing about one except that it exists. */
const terminal: Closable = { close: nothing };

/** wasi:cli without `run`, which a component exports. */
type Cli = { readonly [N in Extract<keyof typeof wasi, `wasi:cli/${string}`>]: HostInterface<(typeof wasi)[N]> };

/** Makes wasi:cli, with its resources in `table`. A standard stream is a terminal if its file descriptor is. */
export function createCli(table: ResourceTable, io: Io, options: CliOptions): Cli {
  const { args, env, stdin, stdout, stderr } = options;
  const terminalAt = (stream: ByteSource | ByteSink) =>
    typeof stream === 'number' && isatty(stream) ? terminal : undefined;
  const gone = () => endComponent('the terminal is closed');
  new Resources(table, terminalInput, gone);
  new Resources(table, terminalOutput, gone);
  // All input streams share one source, because each continues after the last byte that any of them read.
  const source = sourceOf(stdin);
  const exit = (status: number): never => {
    throw uncatchable(new ExitError(status));
  };
  return {
    'wasi:cli/environment': {
      functions: {
        'get-arguments': () => args,
        'get-environment': () => Object.entries(env),
        'initial-cwd': () => undefined,
      },
    },
    'wasi:cli/exit': {
      functions: { exit: ({ tag }) => exit(tag === 'ok' ? 0 : 1), 'exit-with-code': exit },
    },
    'wasi:cli/stdin': { functions: { 'get-stdin': () => io.input(source) } },
    'wasi:cli/stdout': { functions: { 'get-stdout': () => io.output(sinkOf(stdout)) } },
    'wasi:cli/stderr': { functions: { 'get-stderr': () => io.output(sinkOf(stderr)) } },
    'wasi:cli/terminal-input': { functions: {} },
    'wasi:cli/terminal-output': { functions: {} },
    'wasi:cli/terminal-stdin': { functions: { 'get-terminal-stdin': () => terminalAt(stdin) } },
    'wasi:cli/terminal-stdout': { functions: { 'get-terminal-stdout': () => terminalAt(stdout) } },
    'wasi:cli/terminal-stderr': { functions: { 'get-terminal-stderr': () => terminalAt(stderr) } },
  };
}
