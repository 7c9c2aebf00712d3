// Standard streams: what a caller can pass, and the descriptor, bytes or function that the host makes of it.
//
// The host is synchronous. A stream of Node's takes and gives its bytes while the event loop runs, which it does not while
// a component does. So a stream will do if it stands for a file descriptor, as `process.stdout` does, and the host uses
// that. Any other is refused, since its bytes would pile up in memory or not be there.

import { fstatSync, writeSync } from 'node:fs';
import { describe, isBytes } from '../check.js';
import type { ByteSink, ByteSource } from './cli.js';
import { nodeCode } from './error-code.js';

/** Something with a file descriptor: `process.stdin`, `process.stdout`, a `FileHandle`, an open `fs.WriteStream`. */
export interface HasDescriptor {
  /** The descriptor. It stays the caller's. */
  readonly fd: number;
}

/**
 * Where a component's standard input comes from: text, bytes, an open file descriptor, or something that has one, such as
 * `process.stdin`.
 */
export type Input = string | Uint8Array | number | HasDescriptor;

/**
 * Where a component's output goes: `'inherit'` for that of this process, a function that gets each piece as it is written,
 * an open file descriptor, or something that has one, such as `process.stdout`. A piece is the function's to keep. If the
 * function throws, the component's write fails.
 */
export type Output = 'inherit' | ((bytes: Uint8Array) => void) | number | HasDescriptor;

/** The numbers of the standard streams in every process. */
const inherited = { stdout: 1, stderr: 2 } as const;

/**
 * What the host reads for an `Input`. Throws a TypeError that says what to pass instead.
 *
 * @param input what the caller passed
 */
export function sourceOf(input: unknown): ByteSource {
  if (input === 'inherit') {
    // As the text that it could be, it would surprise whoever gives stdout the same word.
    throw new TypeError(
      "options.stdin is text if it is a string: pass process.stdin for that of this process, or Buffer.from('inherit')",
    );
  }
  if (typeof input === 'string') {
    if (/\p{Surrogate}/u.test(input)) {
      throw new TypeError('options.stdin must be well-formed text, and has half a surrogate pair');
    }
    // With memory of its own, unlike a short Buffer.
    return new TextEncoder().encode(input);
  }
  if (isBytes(input)) {
    return input;
  }
  const fd = descriptorOf(input);
  if (fd === undefined) {
    throw refusal('stdin', input, 'text, bytes, process.stdin or an open file descriptor', {
      stream: 'pass what it holds, by buffer(stream) of node:stream/consumers',
    });
  }
  requireOpen('stdin', fd, () => fstatSync(fd));
  return fd;
}

/**
 * What the host writes to for an `Output`. Throws a TypeError that says what to pass instead.
 *
 * @param name the option, for the message
 * @param output what the caller passed
 */
export function sinkOf(name: 'stdout' | 'stderr', output: unknown): ByteSink {
  if (typeof output === 'function') {
    return output as (bytes: Uint8Array) => void;
  }
  const fd = output === 'inherit' ? inherited[name] : descriptorOf(output);
  if (fd === undefined) {
    throw refusal(name, output, `'inherit', a function, process.${name} or an open file descriptor`, {
      stream: 'pass (bytes) => stream.write(bytes), which keeps all of it in memory until the component ends',
    });
  }
  // Nothing is written, but a descriptor that is closed, or open for reading only, is told.
  requireOpen(name, fd, () => writeSync(fd, new Uint8Array(0)));
  return fd;
}

/** The descriptor that a value is or has. */
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
      throw new TypeError(`options.${name} must be a file descriptor that is ${how}, and ${fd} is not`);
    }
    // What a full disk or a broken pipe says is for the component, when it writes.
  }
}

function refusal(name: string, value: unknown, what: string, help: { stream: string }): TypeError {
  const isStream = typeof value === 'object' && value !== null && 'pipe' in value;
  return new TypeError(
    isStream
      ? `options.${name} is a stream without a file descriptor, and a component does not wait for one: ${help.stream}`
      : `options.${name} must be ${what}, not ${describe(value)}`,
  );
}
