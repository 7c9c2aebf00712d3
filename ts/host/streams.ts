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
import { lowerPoll } from './lowering.js';
import type { Closable, Numbers } from './resources.js';
import { Resources, resourceClass } from './resources.js';
import { endComponent } from './trap.js';

/** What is behind a stream. */
interface End extends Closable {
  /** Whether it is a file, so that what it fails with is an error of wasi:filesystem. */
  readonly isFile: boolean;
}

/** Where an input stream takes its bytes. */
export interface Source extends End {
  /** Up to `length` bytes; none at the end. May block. */
  read(length: number): Uint8Array;
}

/** Where an output stream puts its bytes. */
export interface Sink extends End {
  /** Writes some of the bytes, at least one; returns how many. May block. */
  write(bytes: Uint8Array): number;
}

/** As many bytes as WASI lets a component write and flush at once. */
const MOST_AND_FLUSH = 4096;

/** As many pollables as one call waits for: what a component lists must not decide how much memory the host takes. */
const MOST_POLLABLES = 65536;

/** WASI has it that a component that writes more than it was allowed to ends. */
function expectAllowed(length: number | bigint, most: number): void {
  if (length > most) {
    endComponent(`at most ${most} bytes can be written at once, and not ${length}`);
  }
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
class Stream<T extends End> {
  readonly #end: T;
  readonly #asError: (error: unknown, isFile: boolean) => IoError;
  #open = true;

  /** Takes over `end`. `asError` makes what the guest gets of an exception. */
  constructor(end: T, asError: (error: unknown, isFile: boolean) => IoError) {
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
      const val = this.#asError(error, this.#end.isFile);
      throw { payload: { tag: 'last-operation-failed', val } } satisfies StreamFailure;
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
  /** The error-code behind an error of a stream; undefined where that is no file's. */
  errorCodeOf(error: object): ErrorCode | undefined;
  /** Closes every stream, and makes no more of them. */
  close(): void;
}

/** Makes wasi:io for one host, whose resources have these numbers. */
export function createIo(numbers: Numbers): Io {
  const gone = (): never => endComponent('the host is closed');
  let isClosed = false;

  const errors = new Resources<{ code: ErrorCode; isFile: boolean; close(): void }>(numbers, gone);
  class IoErrorResource extends resourceClass(errors) {
    toDebugString(): string {
      return errors.of(this).code;
    }
  }
  const asError = (error: unknown, isFile: boolean) =>
    new IoErrorResource({ code: errorCode(error), isFile, close: () => {} });

  const pollables = new Resources<{ moment: bigint; close(): void }>(numbers, gone);
  class PollableResource extends resourceClass(pollables) {
    ready(): boolean {
      return pollables.of(this).moment <= process.hrtime.bigint();
    }

    block(): void {
      sleepUntil(pollables.of(this).moment);
    }
  }
  const pollableAt = (moment: bigint) =>
    isClosed ? gone() : new PollableResource({ moment, close: () => {} });

  const inputs = new Resources<Stream<Source>>(numbers, throwClosed);
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

  const outputs = new Resources<Stream<Sink>>(numbers, throwClosed);
  class OutputStreamResource extends resourceClass(outputs) {
    checkWrite(): bigint {
      return outputs.of(this).use(() => BigInt(MOST_AT_ONCE));
    }

    write(bytes: Uint8Array): void {
      expectAllowed(bytes.length, MOST_AT_ONCE);
      outputs.of(this).use((sink) => {
        for (let written = 0; written < bytes.length; ) {
          written += sink.write(bytes.subarray(written));
        }
        return true;
      });
    }

    blockingWriteAndFlush(bytes: Uint8Array): void {
      expectAllowed(bytes.length, MOST_AND_FLUSH);
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
      expectAllowed(length, MOST_AT_ONCE);
      this.write(new Uint8Array(Number(length)));
    }

    blockingWriteZeroesAndFlush(length: bigint): void {
      expectAllowed(length, MOST_AND_FLUSH);
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

  /** Waits until at least one of `count` pollables is ready, and returns the indices of those that are. */
  const wait = (count: number, momentOf: (index: number) => bigint): Uint32Array => {
    if (count === 0 || count > MOST_POLLABLES) {
      endComponent(`poll: one to ${MOST_POLLABLES} pollables can be waited for, and not ${count}`);
    }
    const moments = Array.from({ length: count }, (_, index) => momentOf(index));
    // biome-ignore lint/complexity/useMathMinMax: there is no Math.min for bigints.
    sleepUntil(moments.reduce((first, moment) => (moment < first ? moment : first)));
    const now = process.hrtime.bigint();
    return Uint32Array.from([...moments.keys()].filter((index) => (moments[index] ?? 0n) <= now));
  };
  const poll = (list: Pollable[]) => wait(list.length, (index) => pollables.of(list[index] ?? {}).moment);
  lowerPoll({ poll }, (count, rep) => wait(count, (index) => pollables.get(rep(index)).moment));

  return {
    imports: {
      'wasi:io/error': { Error: IoErrorResource },
      'wasi:io/streams': { InputStream: InputStreamResource, OutputStream: OutputStreamResource },
      'wasi:io/poll': {
        Pollable: PollableResource,
        poll,
      },
    },
    input: (source) => (isClosed ? gone() : new InputStreamResource(new Stream(source, asError))),
    output: (sink) => (isClosed ? gone() : new OutputStreamResource(new Stream(sink, asError))),
    pollableAt,
    errorCodeOf(error) {
      const { code, isFile } = errors.of(error);
      return isFile ? code : undefined;
    },
    close() {
      isClosed = true;
      for (const resources of [inputs, outputs, pollables, errors]) {
        resources.clear();
      }
    },
  };
}
