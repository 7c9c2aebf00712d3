// What a job gets while it runs: the paths of a list, taken from the caller's iterable piece by piece.

import { requireThat, text } from './check.js';
import type { CopyOptions } from './options.js';

/** What an iterable of the caller's becomes for the component; see `input` in wit/copier.wit. */
export type InputForm = 'paths' | 'lines';

/** A piece of about this many bytes is enough for one step. */
const ENOUGH = 65_536;

/** How many milliseconds a piece waits for more values, because a step for each short value would be slow. */
const PATIENCE = 1;

/** Stands for a value that is late. */
const LATE = Symbol('late');

/** An iterable of the caller's, as bytes for a job. */
export class Input {
  /** What the bytes are. */
  readonly form: InputForm;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #isAsync: boolean;
  readonly #toBytes: (value: unknown) => Uint8Array;
  /** The promise of the next value, if it was late. */
  #pending: Promise<IteratorResult<unknown>> | undefined;
  #isOver = false;
  #isTaken = false;

  /**
   * @param form what the bytes are
   * @param iterable the values
   * @param toBytes makes the bytes of a value. If it throws, so does {@link Input.next}
   */
  constructor(
    form: InputForm,
    iterable: Iterable<unknown> | AsyncIterable<unknown>,
    toBytes: (value: unknown) => Uint8Array,
  ) {
    this.form = form;
    this.#isAsync = Symbol.asyncIterator in iterable;
    this.#iterator =
      Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
    this.#toBytes = toBytes;
  }

  /** Whether any value was taken, so that the copy cannot start again. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Returns the next bytes, at least one; undefined at the end. Throws as the iterable does. */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.#isTaken = true;
    return this.#isAsync ? this.#gatherAsync() : this.#gather();
  }

  /** Ends the iteration. If values are left, the iterable is told that nobody will take them. */
  end(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      // The copy has its result already. This must not wait either: a generator returns only after its next value.
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    }
  }

  #gather(): Uint8Array | undefined {
    const pieces = new Pieces();
    while (pieces.length < ENOUGH && !this.#isOver) {
      this.#take(
        this.#guarded(() => this.#iterator.next() as IteratorResult<unknown>),
        pieces,
      );
    }
    return pieces.joined();
  }

  async #gatherAsync(): Promise<Uint8Array | undefined> {
    const pieces = new Pieces();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late: Promise<typeof LATE> | undefined;
    try {
      while (pieces.length < ENOUGH && !this.#isOver) {
        const pending = this.#pending ?? this.#ask();
        late ??= new Promise((resolve) => {
          timer = setTimeout(resolve, PATIENCE, LATE);
        });
        const result = await (pieces.length === 0 ? pending : Promise.race([pending, late]));
        if (result === LATE) {
          break;
        }
        this.#pending = undefined;
        this.#take(result, pieces);
      }
    } finally {
      clearTimeout(timer);
    }
    return pieces.joined();
  }

  /** Asks for the next value. */
  #ask(): Promise<IteratorResult<unknown>> {
    const pending = Promise.resolve(this.#guarded(() => this.#iterator.next())).catch((error) => {
      this.#isOver = true;
      throw error;
    });
    // If the copy ends before, nobody waits for it.
    pending.catch(() => {});
    this.#pending = pending;
    return pending;
  }

  /** An iterator that has thrown is over. */
  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  #take(result: IteratorResult<unknown>, pieces: Pieces): void {
    if (result.done) {
      this.#isOver = true;
    } else {
      pieces.add(this.#toBytes(result.value));
    }
  }
}

/** Bytes to join. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  length = 0;

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
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

/**
 * Returns the input of a copy; undefined if its options ask for none.
 *
 * @param options checked options
 * @throws {TypeError} if the copy would be divided among threads
 */
export function inputOf({ files, concurrency = 1 }: CopyOptions): Input | undefined {
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
