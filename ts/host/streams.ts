// wasi:io: streams, the errors that they end with, and pollables.
//
// Every stream is always ready, and a call on it blocks until there is an answer: files need no waiting, and a
// component that reads from a terminal has nothing else to do. So a pollable is a moment on the monotonic clock.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Error as IoError } from '@bytecodealliance/preview2-shim/interfaces/wasi-io-error';
import type { Pollable } from '@bytecodealliance/preview2-shim/interfaces/wasi-io-poll';
import type {
  InputStream,
  OutputStream,
  StreamError,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-io-streams';
import { errorCode } from './error-code.js';
import type { WasiInterfaces } from './imports.js';
import { bounded, MOST_AT_ONCE } from './limits.js';
import type { Closable } from './resources.js';
import { Resources, resourceClass } from './resources.js';

/** Where an input stream takes its bytes. */
export interface Source extends Closable {
  /** Up to `length` bytes; none at the end. May block. */
  read(length: number): Uint8Array;
}

/** Where an output stream puts its bytes. */
export interface Sink extends Closable {
  /** Writes some of the bytes, at least one; returns how many. May block. */
  write(bytes: Uint8Array): number;
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread until the monotonic clock passes `moment`, in nanoseconds. */
export function sleepUntil(moment: bigint): void {
  for (let left = moment - process.hrtime.bigint(); left > 0n; left = moment - process.hrtime.bigint()) {
    Atomics.wait(cell, 0, 0, Number(left) / 1e6);
  }
}

/** An error of a stream on its way to the guest; see `Failure`. */
interface StreamFailure {
  readonly payload: StreamError;
}

function throwClosed(): never {
  throw { payload: { tag: 'closed' } } satisfies StreamFailure;
}

/** A source or a sink behind a stream: whatever fails or ends it closes it, and from then on it says so. */
class Stream<T extends Closable> {
  readonly #end: T;
  readonly #asError: (error: unknown) => IoError;
  #open = true;

  /** Takes over `end`. `asError` makes what the guest gets of an exception. */
  constructor(end: T, asError: (error: unknown) => IoError) {
    this.#end = end;
    this.#asError = asError;
  }

  /** Calls `act`, which returns undefined at the end of the stream. */
  use<R>(act: (end: T) => R | undefined): R {
    if (!this.#open) {
      throwClosed();
    }
    let result: R | undefined;
    try {
      result = act(this.#end);
    } catch (error) {
      this.#open = false;
      throw { payload: { tag: 'last-operation-failed', val: this.#asError(error) } } satisfies StreamFailure;
    }
    if (result === undefined) {
      this.#open = false;
      throwClosed();
    }
    return result;
  }

  close(): void {
    this.#end.close();
  }
}

/** wasi:io for one host, with what the rest of the host needs to make streams. */
export interface Io {
  /** The interfaces. */
  readonly imports: Pick<WasiInterfaces, 'wasi:io/error' | 'wasi:io/poll' | 'wasi:io/streams'>;
  /** An input stream for the guest, which owns `source` from now on. */
  input(source: Source): InputStream;
  /** An output stream for the guest, which owns `sink` from now on. */
  output(sink: Sink): OutputStream;
  /** A pollable that is ready from `moment` on, in nanoseconds of the monotonic clock. */
  pollableAt(moment: bigint): Pollable;
  /** The error-code behind an error of a stream. */
  errorCodeOf(error: object): ErrorCode;
  /** Closes every stream. */
  close(): void;
}

/** Makes wasi:io for one host. */
export function createIo(): Io {
  const gone = (): never => {
    throw new Error('the host is closed');
  };

  const errors = new Resources<{ code: ErrorCode; close(): void }>(gone);
  class IoErrorResource extends resourceClass(errors) {
    toDebugString(): string {
      return errors.of(this).code;
    }
  }
  const asError = (error: unknown) => new IoErrorResource({ code: errorCode(error), close: () => {} });

  const pollables = new Resources<{ moment: bigint; close(): void }>(gone);
  class PollableResource extends resourceClass(pollables) {
    ready(): boolean {
      return pollables.of(this).moment <= process.hrtime.bigint();
    }

    block(): void {
      sleepUntil(pollables.of(this).moment);
    }
  }
  const pollableAt = (moment: bigint) => new PollableResource({ moment, close: () => {} });

  const inputs = new Resources<Stream<Source>>(throwClosed);
  class InputStreamResource extends resourceClass(inputs) {
    read(length: bigint): Uint8Array {
      return inputs.of(this).use((source) => {
        const bytes = source.read(bounded(length));
        return bytes.length === 0 && length > 0n ? undefined : bytes;
      });
    }

    blockingRead(length: bigint): Uint8Array {
      return this.read(length);
    }

    skip(length: bigint): bigint {
      return BigInt(this.read(length).length);
    }

    blockingSkip(length: bigint): bigint {
      return this.skip(length);
    }

    subscribe(): Pollable {
      return pollableAt(0n);
    }
  }

  const outputs = new Resources<Stream<Sink>>(throwClosed);
  class OutputStreamResource extends resourceClass(outputs) {
    checkWrite(): bigint {
      return outputs.of(this).use(() => BigInt(MOST_AT_ONCE));
    }

    write(bytes: Uint8Array): void {
      outputs.of(this).use((sink) => {
        for (let written = 0; written < bytes.length; ) {
          written += sink.write(bytes.subarray(written));
        }
        return true;
      });
    }

    blockingWriteAndFlush(bytes: Uint8Array): void {
      this.write(bytes);
    }

    flush(): void {
      this.checkWrite();
    }

    blockingFlush(): void {
      this.checkWrite();
    }

    subscribe(): Pollable {
      return pollableAt(0n);
    }

    writeZeroes(length: bigint): void {
      // WASI has it that more than `checkWrite` allowed ends the component. The number alone costs the component
      // nothing, whereas the bytes that it stands for have to go somewhere.
      if (length > MOST_AT_ONCE) {
        throw new Error(`at most ${MOST_AT_ONCE} zeroes can be written at once`);
      }
      this.write(new Uint8Array(Number(length)));
    }

    blockingWriteZeroesAndFlush(length: bigint): void {
      this.writeZeroes(length);
    }

    splice(source: InputStream, length: bigint): bigint {
      this.checkWrite();
      const bytes = source.read(length);
      this.write(bytes);
      return BigInt(bytes.length);
    }

    blockingSplice(source: InputStream, length: bigint): bigint {
      return this.splice(source, length);
    }
  }

  return {
    imports: {
      'wasi:io/error': { Error: IoErrorResource },
      'wasi:io/streams': { InputStream: InputStreamResource, OutputStream: OutputStreamResource },
      'wasi:io/poll': {
        Pollable: PollableResource,
        poll(list: Pollable[]): Uint32Array {
          const moments = list.map((pollable) => pollables.of(pollable).moment);
          const [first] = moments.toSorted((a, b) => Number(a - b));
          if (first === undefined) {
            throw new Error('poll: the list is empty');
          }
          sleepUntil(first);
          const now = process.hrtime.bigint();
          return Uint32Array.from([...moments.keys()].filter((index) => (moments[index] ?? 0n) <= now));
        },
      },
    },
    input: (source) => new InputStreamResource(new Stream(source, asError)),
    output: (sink) => new OutputStreamResource(new Stream(sink, asError)),
    pollableAt,
    errorCodeOf: (error) => errors.of(error).code,
    close() {
      for (const resources of [inputs, outputs, pollables, errors]) {
        resources.clear();
      }
    },
  };
}
