// wasi:cli: arguments, environment, exit and standard streams. A command gets only what the caller named.

import type { HostInterface } from './border.js';
import { ExitError } from './errors.js';
import type { Io } from './io.js';
import { lowerGetter } from './lowering/guest.js';
import type { HandleTable } from './lowering/handle-table.js';
import type { ResourceTable } from './resources.js';
import { Resources } from './resources.js';
import type { ByteSink, ByteSource } from './standard-streams.js';
import { sinkTo, sourceFrom } from './standard-streams.js';
import { nothing } from './streams.js';
import { isTerminal } from './terminal.js';
import { endComponent, uncatchable } from './trap.js';
import type { wasi } from './wasi.js';
import { terminalInput, terminalOutput } from './wasi.js';
import { inputStream, outputStream } from './wasi-io.js';
import type { Closable } from './wit.js';

/** The arguments, environment and standard streams of a command. */
export interface CliOptions {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  stdin: ByteSource;
  stdout: ByteSink;
  stderr: ByteSink;
}

/** A terminal. WASI says nothing about one except that it exists. */
const terminal: Closable = { close: nothing };

/** wasi:cli without `run`, which a component exports. */
type Cli = {
  readonly [N in Extract<keyof typeof wasi, `wasi:cli/${string}`>]: HostInterface<(typeof wasi)[N]>;
};

/**
 * Makes wasi:cli, with its resources in `table`. A standard stream is a terminal if its file descriptor is. `handles`
 * as for `createFilesystem`.
 */
export function createCli(
  table: ResourceTable,
  io: Io,
  options: CliOptions,
  handles?: Set<HandleTable>,
): Cli {
  const { args, env, stdin, stdout, stderr } = options;
  const terminalAt = (stream: ByteSource | ByteSink) =>
    typeof stream === 'number' && isTerminal(stream) ? terminal : undefined;
  const gone = () => endComponent('the terminal is closed');
  new Resources(table, terminalInput, gone);
  new Resources(table, terminalOutput, gone);
  // All input streams share one source, because each continues after the last byte that any of them read.
  const source = sourceFrom(stdin);
  const input = () => io.input(source);
  const output = (stream: ByteSink) => () => io.output(sinkTo(stream));
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
    'wasi:cli/stdin': {
      functions: { 'get-stdin': input },
      lowered: lowerGetter('get-stdin', (free) => table.add(inputStream, input(), free), handles),
    },
    'wasi:cli/stdout': {
      functions: { 'get-stdout': output(stdout) },
      lowered: lowerGetter('get-stdout', (free) => table.add(outputStream, output(stdout)(), free), handles),
    },
    'wasi:cli/stderr': {
      functions: { 'get-stderr': output(stderr) },
      lowered: lowerGetter('get-stderr', (free) => table.add(outputStream, output(stderr)(), free), handles),
    },
    'wasi:cli/terminal-input': { functions: {} },
    'wasi:cli/terminal-output': { functions: {} },
    'wasi:cli/terminal-stdin': { functions: { 'get-terminal-stdin': () => terminalAt(stdin) } },
    'wasi:cli/terminal-stdout': { functions: { 'get-terminal-stdout': () => terminalAt(stdout) } },
    'wasi:cli/terminal-stderr': { functions: { 'get-terminal-stderr': () => terminalAt(stderr) } },
  };
}
