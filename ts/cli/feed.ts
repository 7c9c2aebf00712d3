import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import process from 'node:process';
import type { Readable } from 'node:stream';
import type { CopyErrorDetails } from '../errors.js';
import { quoted } from '../errors.js';
import { isSystemError, reasonOf } from '../system-error.js';

/** An error of what a copy reads besides its source: a list of files. */
export class FeedError extends Error {
  /** What failed, as in a `CopyError`. */
  readonly details: Pick<CopyErrorDetails, 'code' | 'operation' | 'path' | 'reason'>;

  /** Makes the error from that of the system. */
  constructor(operation: 'open' | 'read', path: string, cause: unknown) {
    if (!isSystemError(cause)) {
      throw cause;
    }
    const reason = reasonOf(cause);
    super(`cannot ${operation} ${quoted(path)}: ${reason}`, { cause });
    this.details = { code: cause.code, operation, path, reason };
  }
}

/**
 * Opens a file, or standard input, to be read from its beginning to its end.
 *
 * @param path a path, or `-` for standard input
 * @returns its bytes. Leaving the iteration closes it
 * @throws {FeedError} if it cannot be opened; the iteration, if it cannot be read
 */
export async function openFeed(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return chunksOf(path, path === '-' ? process.stdin : await streamAt(path));
  } catch (error) {
    throw new FeedError('open', path, error);
  }
}

async function streamAt(path: string): Promise<Readable> {
  const file = await open(path);
  const status = fstatSync(file.fd);
  // A read of a file blocks a thread of Node until it has bytes, and the process could not end before.
  return status.isFIFO()
    ? new Socket({ fd: file.fd, readable: true, writable: false })
    : file.createReadStream();
}

async function* chunksOf(path: string, stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw new FeedError('read', path, error);
  }
}
