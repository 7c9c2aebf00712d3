// What a job gets while it runs: the paths of a list, or the content of a stream. Both are taken from a source of the
// caller's piece by piece, when the job needs them.

import {
  describe,
  isArrayBuffer,
  isBytes,
  isIterable,
  isPromise,
  isUrl,
  requireThat,
  text,
} from '../common/check.js';
import type { CopyOptions } from '../common/options.js';
import { clearTimeout, setTimeout } from '../common/timers.js';

/** The name of a stream in place of a path, in errors and entries. */
export const STREAM = '-';

/** What the bytes of an input are; see `input` in wit/copier.wit. */
export type InputForm = 'paths' | 'lines' | 'content';

/**
 * The content of a copy that has no file as its source: bytes, a `Blob`, or something that yields bytes, such as a
 * stream of Node or of the web.
 *
 * Some packages declare no type for what their streams yield, so an `AsyncIterable` may yield anything here. A chunk
 * that is not bytes is a TypeError.
 */
export type StreamSource =
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array | ArrayBuffer>
  | Iterable<Uint8Array>
  | AsyncIterable<unknown>;

/** A piece of about this many bytes is enough for one step. */
const ENOUGH = 65_536;

/** The maximum number of bytes that a job gets at a time. */
const MOST = 1_048_576;

/** How many milliseconds a piece waits for more values, because a step for each short value would be slow. */
const PATIENCE = 1;

/** Marks a value that is late. */
const LATE = Symbol('late');

type Result = IteratorResult<unknown>;

/** Yields values of the caller's. */
interface Supply {
  /** Returns the next value. */
  next(): Result | PromiseLike<Result>;
  /**
   * Stops the source before its end: destroys a stream of Node, cancels one of the web, returns an iterator. A stream of
   * the web gets the reason.
   */
  stop(reason: unknown): unknown;
}

const ignore = () => {};

/** Thrown if a Blob cannot be read. Its `cause` is what the system has thrown. */
export class UnreadableError extends Error {}

/** A list or a stream of the caller's, as bytes for a job. */
export class Input {
  /** What the bytes are. */
  readonly form: InputForm;
  readonly #supply: Supply;
  readonly #toBytes: (value: unknown) => Uint8Array;
  readonly #explain: (error: unknown) => unknown;
  /** The promise of the next value, if it was late. */
  #pending: Promise<Result> | undefined;
  /** The rest of a long value. */
  #rest: Uint8Array | undefined;
  #isOver = false;
  #isTaken = false;

  /**
   * @param form what the bytes are
   * @param source what yields the values: an iterable, a stream of the web, or a stream of Node
   * @param toBytes makes the bytes of a value. If it throws, so does {@link Input.next}
   * @param explain returns what {@link Input.next} throws for an error of the source; by default the same
   */
  constructor(
    form: InputForm,
    source: object,
    toBytes: (value: unknown) => Uint8Array,
    explain: (error: unknown) => unknown = (error) => error,
  ) {
    this.form = form;
    this.#supply = supplyOf(source);
    this.#toBytes = toBytes;
    this.#explain = explain;
  }

  /** Whether any value was taken, so that the copy cannot start again. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Returns the next bytes, at least one; undefined at the end. Throws as the source does. */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.#isTaken = true;
    if (this.#rest !== undefined) {
      return this.#first(this.#rest);
    }
    const pieces = new Pieces();
    // If the source failed meanwhile, the promise still has to be asked for its error.
    while (pieces.length < ENOUGH && (this.#pending !== undefined || !this.#isOver)) {
      const result = this.#pending ?? this.#ask();
      if (isPromise(result)) {
        return this.#gather(result, pieces);
      }
      this.#take(result, pieces);
    }
    return this.#first(pieces.joined());
  }

  /**
   * Ends the input. If values are left, stops the source.
   *
   * @param reason the error of the copy; undefined if it succeeded
   */
  end(reason?: unknown): void {
    if (!this.#isOver) {
      this.#isOver = true;
      // The copy has its result already. This does not wait, because a generator returns only after its next value.
      new Promise((resolve) => resolve(this.#supply.stop(reason))).catch(ignore);
    }
  }

  /** Gathers the values that come soon after the first of them. */
  async #gather(first: Promise<Result>, pieces: Pieces): Promise<Uint8Array | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, LATE);
    });
    try {
      let pending: Result | Promise<Result> = first;
      for (;;) {
        const result: Result | typeof LATE = await (pieces.length === 0
          ? pending
          : Promise.race([pending, late]));
        if (result === LATE) {
          break;
        }
        this.#pending = undefined;
        this.#take(result, pieces);
        if (this.#isOver || pieces.length >= ENOUGH) {
          break;
        }
        pending = this.#ask();
      }
    } finally {
      clearTimeout(timer);
    }
    return this.#first(pieces.joined());
  }

  /** Asks for the next value. If the source throws, it is over. */
  #ask(): Result | Promise<Result> {
    const fail = (error: unknown) => {
      this.#isOver = true;
      throw this.#explain(error);
    };
    try {
      const result = this.#supply.next();
      if (!isPromise(result)) {
        return result;
      }
      this.#pending = Promise.resolve(result).catch(fail);
      // The copy may end before it waits for this.
      this.#pending.catch(ignore);
      return this.#pending;
    } catch (error) {
      return fail(error);
    }
  }

  #take(result: Result, pieces: Pieces): void {
    if (result.done) {
      this.#isOver = true;
    } else {
      pieces.add(this.#toBytes(result.value));
    }
  }

  /** Returns the first bytes, and keeps the rest for the next call. */
  #first(bytes: Uint8Array | undefined): Uint8Array | undefined {
    const isLong = bytes !== undefined && bytes.length > MOST;
    this.#rest = isLong ? bytes.subarray(MOST) : undefined;
    return isLong ? bytes.subarray(0, MOST) : bytes;
  }
}

/** Bytes to join. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  length = 0;

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    // A source may use the same memory for its next value.
    this.#pieces.push(this.length < ENOUGH ? new Uint8Array(bytes) : bytes);
  }

  /** Returns all bytes; undefined if there are none. */
  joined(): Uint8Array | undefined {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 || this.length === 0) {
      return this.length === 0 ? undefined : first;
    }
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

/** Whether an object has a method. */
function has<Name extends string | symbol>(
  value: object,
  name: Name,
): value is Record<Name, (...parameters: readonly unknown[]) => unknown> {
  return typeof (value as Record<Name, unknown>)[name] === 'function';
}

function supplyOf(source: object): Supply {
  if (has(source, 'getReader')) {
    // Its iterator would wait for the next value before it is returned.
    const reader = (source as ReadableStream).getReader();
    return { next: () => reader.read() as Promise<Result>, stop: (reason) => reader.cancel(reason) };
  }
  const iterator = (
    has(source, Symbol.asyncIterator)
      ? source[Symbol.asyncIterator]()
      : (source as Iterable<unknown>)[Symbol.iterator]()
  ) as Iterator<unknown> | AsyncIterator<unknown>;
  const next = has(source, Symbol.asyncIterator)
    ? async () => iterator.next()
    : () => iterator.next() as Result;
  if (has(source, 'destroy') && has(source, 'on')) {
    // A stream of Node can fail before anybody waits for its values, and without a listener that ends the process. The
    // iterator throws the error.
    source.on('error', ignore);
    return { next, stop: () => source.destroy() };
  }
  return { next, stop: () => iterator.return?.() };
}

/** Whether a value is the content of a copy, and not a path. */
export function isStream(value: unknown): value is StreamSource {
  // Other typed arrays are iterable, but yield numbers.
  const isIterableOfBytes = isIterable(value) && !ArrayBuffer.isView(value);
  return isBytes(value) || isBlob(value) || isIterableOfBytes || isWebStream(value);
}

function isBlob(value: unknown): value is Blob {
  return typeof value === 'object' && value !== null && has(value, 'arrayBuffer') && has(value, 'stream');
}

function isWebStream(value: unknown): value is ReadableStream<Uint8Array | ArrayBuffer> {
  return typeof value === 'object' && value !== null && has(value, 'getReader');
}

/** Whether a value is a stream of Node whose content somebody else has read to the end. */
function hasEnded(source: StreamSource): boolean {
  return 'readableEnded' in source && source.readableEnded === true;
}

/** Returns the content of a stream as input. */
export function contentOf(source: StreamSource): Input {
  if (!isBytes(source) && isBlob(source)) {
    // The error of a Blob is another one in each system, and says little.
    const explain = (cause: unknown) => new UnreadableError('the Blob cannot be read', { cause });
    return new Input('content', source.stream(), bytesOf, explain);
  }
  const chunks = isBytes(source) ? [new Uint8Array(source)] : source;
  return new Input('content', Array.isArray(chunks) ? [...chunks] : chunks, bytesOf);
}

/** Returns the bytes of a chunk. */
function bytesOf(chunk: unknown): Uint8Array {
  // Some streams of the web yield buffers, such as those of FileHandle in Node 20.
  const bytes = isArrayBuffer(chunk) ? new Uint8Array(chunk) : chunk;
  if (!isBytes(bytes)) {
    throw new TypeError(`a chunk of the stream must be a Uint8Array, not ${describe(chunk)}`);
  }
  return bytes;
}

/**
 * Returns the input of a copy; undefined if it needs none.
 *
 * @param source the caller's source, which is a stream or not
 * @param options checked options
 * @throws {TypeError} if the options do not fit the source
 */
export function inputOf(
  source: unknown,
  { files, size, mode, shard, concurrency = 1 }: CopyOptions,
): Input | undefined {
  if (isStream(source)) {
    requireThat(files === undefined, 'options.files', 'left out if the source is a stream', files);
    requireThat(shard === undefined, 'options.shard', 'left out if the source is a stream', shard);
    requireThat(!hasEnded(source), 'source', 'a stream that was not read to its end before', source);
    return contentOf(source);
  }
  const isPath = typeof source === 'string' || isUrl(source);
  requireThat(isPath, 'source', 'a path, a Uint8Array, a Blob or a stream', source);
  requireThat(size === undefined, 'options.size', 'left out unless the source is a stream', size);
  // It is an option of fs.cp with another meaning.
  const advice = "left out unless the source is a stream (for COPYFILE_EXCL, use overwrite: 'error')";
  requireThat(mode === undefined, 'options.mode', advice, mode);
  if (files === undefined) {
    return undefined;
  }
  requireThat(
    concurrency === 1,
    'options.concurrency',
    '1 with options.files, because one job reads the list',
    concurrency,
  );
  const encoder = new TextEncoder();
  return new Input('paths', files, (path) => {
    text('a path of options.files', path);
    return encoder.encode(`${path}\0`);
  });
}
