import { constants, createReadStream, fstatSync, open, readFileSync, realpathSync, statSync } from 'node:fs';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { leadsToDescriptor, pathOfOpenFile } from '../api/descriptor-link.js';
import { reasonOfNowhere } from '../api/host-path.js';
import { isSystemError, reasonOf } from '../api/system-error.js';
import type { CopyErrorDetails } from '../common/errors.js';
import { shortened } from '../common/errors.js';
import { isBun, isDeno } from '../host/runtime.js';
import { isTerminal } from '../host/terminal.js';
import { STREAM } from '../task/input.js';

/** An error of a list of files, or of a stream. */
export class FeedError extends Error {
  /** What failed, as in a `CopyError`. */
  readonly details: Pick<CopyErrorDetails, 'code' | 'operation' | 'path' | 'reason'>;

  /**
   * @param cause the error of the system; any other is thrown as it is
   * @param reason the reason, if the system's error does not say it
   */
  constructor(operation: 'open' | 'read', path: string, cause: unknown, reason?: string) {
    if (!isSystemError(cause)) {
      throw cause;
    }
    const why = reason ?? (cause.code === 'ENOENT' ? reasonOfNowhere(path) : undefined) ?? reasonOf(cause);
    super(`cannot ${operation} ${shortened(path)}: ${why}`, { cause });
    this.details = { code: cause.code, operation, path, reason: why };
  }
}

/** The bytes of a file or a stream, whose errors say what it was. It can be stopped at any time, as a stream of Node. */
class Feed implements AsyncIterable<Uint8Array> {
  readonly #path: string;
  readonly #stream: Readable;

  constructor(path: string, stream: Readable) {
    this.#path = path;
    this.#stream = stream;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#stream;
    } catch (error) {
      throw new FeedError('read', this.#path, error);
    }
  }

  on(event: 'error', listener: () => void): void {
    this.#stream.on(event, listener);
  }

  destroy(): void {
    this.#stream.destroy();
  }
}

/**
 * Opens a file, a stream, or standard input, to be read once from its beginning to its end.
 *
 * @param path a path, or `-` for standard input
 * @returns its bytes
 * @throws {FeedError} if it cannot be opened; the iteration, if it cannot be read
 */
export async function openFeed(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return new Feed(path, path === STREAM ? standardInput() : await streamAt(path));
  } catch (error) {
    throw error instanceof FeedError ? error : new FeedError('open', path, error);
  }
}

/** Whether a path leads to a stream: a FIFO, or a descriptor of something that has no name. */
export function isStreamPath(path: string): boolean {
  try {
    return leadsToDescriptor(path) ? pathOfOpenFile(path) === undefined : statSync(path).isFIFO();
  } catch {
    return false;
  }
}

function standardInput(): Readable {
  if (isClosed()) {
    const closed = Object.assign(new Error(), { code: 'EBADF' });
    throw new FeedError('read', STREAM, closed, 'standard input is closed');
  }
  if (fstatSync(process.stdin.fd).isDirectory()) {
    // Node would find it empty.
    throw new FeedError('read', STREAM, Object.assign(new Error(), { code: 'EISDIR' }), 'it is a directory');
  }
  return process.stdin;
}

/** Whether standard input was closed at the start. Then Node opens /dev/null in its place, for reading and writing. */
function isClosed(): boolean {
  try {
    const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? [];
    const access = Number.parseInt(flags, 8) & (constants.O_WRONLY | constants.O_RDWR);
    return access === constants.O_RDWR && realpathSync('/proc/self/fd/0') === '/dev/null';
  } catch {
    return false;
  }
}

/**
 * Whether reading a path waits for the first writer if opening it does not. An open that waits holds a thread, and then
 * no signal can end the process. In Linux, a FIFO that never had a writer has no events. Other systems report its end,
 * and other runtimes do not wait for events.
 */
function waitsForWriter(path: string): boolean {
  return process.platform === 'linux' && !isBun && !isDeno && statSync(path).isFIFO();
}

async function streamAt(path: string): Promise<Readable> {
  const [, number] = /^\/dev\/(?:fd\/(\d+)|stdin)$/.exec(path) ?? [];
  if (path === '/dev/stdin' || number === '0') {
    return standardInput();
  }
  // Not synchronous, because a FIFO may be open only when it has a writer.
  const fd = await promisify(open)(
    path,
    waitsForWriter(path) ? constants.O_RDONLY | constants.O_NONBLOCK : 'r',
  );
  const status = fstatSync(fd);
  // Reading a pipe or a terminal as a file blocks a thread, and the process cannot end until data arrives.
  if (status.isFIFO() || status.isSocket()) {
    const { Socket } = await import('node:net');
    return new Socket({ fd, readable: true, writable: false });
  }
  if (isTerminal(fd)) {
    const { ReadStream } = await import('node:tty');
    return new ReadStream(fd);
  }
  return createReadStream(path, { fd });
}
