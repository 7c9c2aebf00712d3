// Standard streams: what a caller can pass, and the descriptor, bytes or function that the host makes from it.
//
// The host is synchronous. A stream of Node's moves its bytes while the event loop runs, which it does not while a
// component does. So a stream works if it stands for a file descriptor, as `process.stdout` does, and the host uses
// that. Any other is refused, because its bytes would pile up in memory or not be there.

import { fstatSync, readSync, writeSync } from 'node:fs';
import { describe, isBytes } from '../common/check.js';
import { encodeInput } from '../common/program-options.js';
import { isSystemError, nodeCode } from './error-code.js';
import { sharedBytes } from './file-streams.js';
import { monotonicNow, sleepUntil } from './now.js';
import type { Sink, Source } from './streams.js';
import { nothing, sourceOf } from './streams.js';
import { endByCallback } from './trap.js';

/** Something with a file descriptor: `process.stdin`, `process.stdout`, a `FileHandle`, an open `fs.WriteStream`. */
export interface HasDescriptor {
  /** The descriptor. It stays the caller's. */
  readonly fd: number;
}

/**
 * The source of a component's standard input: text, bytes, an open file descriptor, or something that has one, such
 * as `process.stdin`.
 */
export type Input = string | Uint8Array | number | HasDescriptor;

/**
 * The target of a component's output: `'inherit'` for the output of this process, a function that gets each piece as
 * it is written, an open file descriptor, or something that has one, such as `process.stdout`. The function may keep
 * the pieces. If it throws an error of the system, the component's write fails with it: an error with the code of an
 * errno, such as `ENOSPC`, or one with a code and an `errno` or a `syscall`. Anything else that it throws ends the
 * component, and is the `cause` of the `TrapError`.
 */
export type Output = 'inherit' | ((bytes: Uint8Array) => void) | number | HasDescriptor;

/** The source of a component's standard input: an open file descriptor, or bytes. */
export type ByteSource = number | Uint8Array;

/** The target of a component's output: an open file descriptor, or a function that gets each piece as it is written. */
export type ByteSink = number | ((bytes: Uint8Array) => void);

/** The numbers of the standard streams in every process. */
const inherited = { stdout: 1, stderr: 2 } as const;

/**
 * Converts an `Input` to what the host reads. Throws a TypeError that says what to pass instead.
 *
 * @param input the caller's value
 */
export function inputOf(input: unknown): ByteSource {
  if (input === 'inherit') {
    // As text it would surprise a caller who passes the same word for stdout.
    throw new TypeError(
      "options.stdin takes a string as text: pass process.stdin for the input of this process, or Buffer.from('inherit')",
    );
  }
  if (typeof input === 'string') {
    return encodeInput(input);
  }
  if (isBytes(input)) {
    return input;
  }
  const fd = descriptorOf(input);
  if (fd === undefined) {
    throw refusal('stdin', input, 'text, bytes, process.stdin or an open file descriptor', {
      stream: 'pass its content, from buffer(stream) of node:stream/consumers',
    });
  }
  requireOpen('stdin', fd, () => fstatSync(fd));
  return fd;
}

/**
 * Converts an `Output` to what the host writes to. Throws a TypeError that says what to pass instead.
 *
 * @param name the option, for the message
 * @param output the caller's value
 */
export function outputOf(name: 'stdout' | 'stderr', output: unknown): ByteSink {
  if (typeof output === 'function') {
    return output as (bytes: Uint8Array) => void;
  }
  const fd = output === 'inherit' ? inherited[name] : descriptorOf(output);
  if (fd === undefined) {
    throw refusal(name, output, `'inherit', a function, process.${name} or an open file descriptor`, {
      stream:
        'pass (bytes) => stream.write(bytes), which keeps all output in memory until the component ends',
    });
  }
  // An empty write changes nothing, and fails if the descriptor is closed or open for reading only.
  requireOpen(name, fd, () => writeSync(fd, new Uint8Array(0)));
  return fd;
}

/** Returns the descriptor that a value is or has. */
function descriptorOf(value: unknown): number | undefined {
  const has = typeof value === 'object' && value !== null && 'fd' in value;
  const fd = has ? value.fd : value;
  return typeof fd === 'number' && Number.isInteger(fd) && fd >= 0 && fd < 2 ** 31 ? fd : undefined;
}

function requireOpen(name: string, fd: number, use: () => void): void {
  try {
    use();
  } catch (error) {
    if (nodeCode(error) === 'EBADF') {
      const how = name === 'stdin' ? 'open' : 'open for writing';
      throw new TypeError(`options.${name} must be a file descriptor that is ${how}, but ${fd} is not`);
    }
    // Other errors, such as a full disk or a broken pipe, are for the component when it writes.
  }
}

function refusal(name: string, value: unknown, what: string, help: { stream: string }): TypeError {
  const isStream = typeof value === 'object' && value !== null && 'pipe' in value;
  return new TypeError(
    isStream
      ? `options.${name} is a stream without a file descriptor, and a component cannot wait for one: ${help.stream}`
      : `options.${name} must be ${what}, not ${describe(value)}`,
  );
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
      sleepUntil(monotonicNow() + 5_000_000n);
    }
  }
}

/** Returns the source of an input stream that reads `input`. The descriptor stays open when it is closed. */
export function sourceFrom(input: ByteSource): Source {
  if (typeof input === 'number') {
    return {
      isFile: false,
      read(length) {
        const bytes = sharedBytes(length);
        return bytes.subarray(
          0,
          untilReady(() => readSync(input, bytes)),
        );
      },
      close: nothing,
    };
  }
  return sourceOf(input);
}

/** Returns the sink of an output stream that writes to `output`. The descriptor stays open when it is closed. */
export function sinkTo(output: ByteSink): Sink {
  return {
    isFile: false,
    write(bytes) {
      if (typeof output === 'number') {
        return untilReady(() => writeSync(output, bytes));
      }
      // A copy, because these may be in the component's own memory.
      const copy = new Uint8Array(bytes);
      try {
        output(copy);
      } catch (error) {
        throw isSystemError(error) ? error : endByCallback('the output', error);
      }
      return bytes.length;
    },
    close: nothing,
  };
}
