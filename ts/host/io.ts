// wasi:io.

import type { HostInterface } from './border.js';
import type { HandleTable } from './lowering/handle-table.js';
import { lowerPoll, lowerStreams } from './lowering/io.js';
import { sleepUntil } from './now.js';
import type { ResourceTable } from './resources.js';
import { Resources } from './resources.js';
import type { InputStream, OutputStream, Pollable, Sink, Source } from './streams.js';
import { bounded, closed, MOST_AT_ONCE, nothing, Stream } from './streams.js';
import { endComponent } from './trap.js';
import type { wasi } from './wasi.js';
import { error, inputStream, outputStream, pollable } from './wasi-io.js';
import type { Implementation } from './wit.js';

/** Maximum number of pollables in one call: a component's list must not decide how much memory the host takes. */
const MOST_POLLABLES = 65536;

/** Maximum number of bytes that WASI lets a component write and flush at once. */
const MOST_AND_FLUSH = 4096;

/** Ends the component if it writes more than it may, as WASI demands. */
function expectAllowed(length: number | bigint, most: number): void {
  if (length > most) {
    endComponent(`the component writes ${length} bytes at once; the maximum is ${most}`);
  }
}

function read(stream: InputStream, length: bigint): Uint8Array {
  return stream.use((source) => {
    const bytes = source.read(bounded(length));
    return bytes.length === 0 && length > 0n ? undefined : bytes;
  });
}

const skip = (stream: InputStream, length: bigint): bigint => BigInt(read(stream, length).length);

const room = (stream: OutputStream): bigint => stream.use(() => BigInt(MOST_AT_ONCE));

function write(stream: OutputStream, bytes: Uint8Array, most = MOST_AT_ONCE): void {
  expectAllowed(bytes.length, most);
  stream.use((sink) => {
    for (let written = 0; written < bytes.length; ) {
      written += sink.write(written === 0 ? bytes : bytes.subarray(written));
    }
    return true;
  });
}

function writeZeroes(stream: OutputStream, length: bigint, most = MOST_AT_ONCE): void {
  expectAllowed(length, most);
  write(stream, new Uint8Array(Number(length)));
}

function flush(stream: OutputStream): void {
  room(stream);
}

function splice(stream: OutputStream, source: InputStream, length: bigint): bigint {
  room(stream);
  const bytes = read(source, length);
  write(stream, bytes);
  return BigInt(bytes.length);
}

/** wasi:io for one host, and what the rest of the host needs to make streams. */
export interface Io {
  /** The interfaces. */
  readonly interfaces: {
    readonly 'wasi:io/error': HostInterface<(typeof wasi)['wasi:io/error']>;
    readonly 'wasi:io/poll': HostInterface<(typeof wasi)['wasi:io/poll']>;
    readonly 'wasi:io/streams': HostInterface<(typeof wasi)['wasi:io/streams']>;
  };
  /** Makes an input stream for the guest, which owns `source` from now on. */
  input(source: Source): InputStream;
  /** Makes an output stream for the guest, which owns `sink` from now on. */
  output(sink: Sink): OutputStream;
  /** Makes a pollable that is ready from `moment` on, in nanoseconds of the monotonic clock. */
  pollableAt(moment: bigint): Pollable;
  /** Closes every stream. */
  closeStreams(): void;
  /** Closes everything. No more can be made after that. */
  close(): void;
}

/** Makes wasi:io for one host, with its resources in `table`. `handles` as for `createFilesystem`. */
export function createIo(table: ResourceTable, handles?: Set<HandleTable>): Io {
  const gone = (): never => endComponent('the host is closed, or never gave this to the component');
  let isClosed = false;

  const errors = new Resources(table, error, gone);
  const pollables = new Resources(table, pollable, gone);
  const inputs = new Resources(table, inputStream, closed);
  const outputs = new Resources(table, outputStream, closed);

  const pollableAt = (moment: bigint): Pollable => (isClosed ? gone() : { moment, close: nothing });
  const subscribe = (): Pollable => pollableAt(0n);

  /** Waits until at least one of `count` pollables is ready. Returns the indices of those that are. */
  const wait = (count: number, momentOf: (index: number) => bigint): number[] => {
    if (count === 0 || count > MOST_POLLABLES) {
      endComponent(`poll takes 1 to ${MOST_POLLABLES} pollables, not ${count}`);
    }
    const moments = Array.from({ length: count }, (_, index) => momentOf(index));
    // biome-ignore lint/complexity/useMathMinMax: there is no Math.min for bigints.
    sleepUntil(moments.reduce((first, moment) => (moment < first ? moment : first)));
    const now = process.hrtime.bigint();
    return [...moments.keys()].filter((index) => (moments[index] ?? 0n) <= now);
  };

  const closeStreams = (): void => {
    inputs.clear();
    outputs.clear();
  };

  const streams: Implementation<(typeof wasi)['wasi:io/streams']> = {
    '[method]input-stream.read': read,
    '[method]input-stream.blocking-read': read,
    '[method]input-stream.skip': skip,
    '[method]input-stream.blocking-skip': skip,
    '[method]input-stream.subscribe': subscribe,
    '[method]output-stream.check-write': room,
    '[method]output-stream.write': (stream, bytes) => write(stream, bytes),
    '[method]output-stream.blocking-write-and-flush': (stream, bytes) => write(stream, bytes, MOST_AND_FLUSH),
    '[method]output-stream.flush': flush,
    '[method]output-stream.blocking-flush': flush,
    '[method]output-stream.subscribe': subscribe,
    '[method]output-stream.write-zeroes': (stream, length) => writeZeroes(stream, length),
    '[method]output-stream.blocking-write-zeroes-and-flush': (stream, length) =>
      writeZeroes(stream, length, MOST_AND_FLUSH),
    '[method]output-stream.splice': splice,
    '[method]output-stream.blocking-splice': splice,
  };

  return {
    interfaces: {
      'wasi:io/error': { functions: { '[method]error.to-debug-string': ({ code }) => code } },
      'wasi:io/streams': { functions: streams, lowered: lowerStreams(streams, table, handles) },
      'wasi:io/poll': {
        functions: {
          '[method]pollable.ready': ({ moment }) => moment <= process.hrtime.bigint(),
          '[method]pollable.block': ({ moment }) => sleepUntil(moment),
          poll: (list) => wait(list.length, (index) => list[index]?.moment ?? 0n),
        },
        lowered: lowerPoll((count, rep) => wait(count, (index) => pollables.get(rep(index)).moment)),
      },
    },
    input: (source) => (isClosed ? gone() : new Stream(source)),
    output: (sink) => (isClosed ? gone() : new Stream(sink)),
    pollableAt,
    closeStreams,
    close() {
      isClosed = true;
      closeStreams();
      pollables.clear();
      errors.clear();
    },
  };
}
