// The interfaces of WASI 0.2 that a host can provide, as published: the same from 0.2.0 to 0.2.12, except that
// `exit-with-code` came later. tests/host/wasi.test.ts compares them with the WIT.

import type { Datetime } from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-wall-clock';
import type {
  Advice,
  DescriptorFlags,
  DescriptorType,
  DirectoryEntry as Entry,
  ErrorCode,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
  PathFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Descriptor } from './descriptor.js';
import type { Entries } from './directory-entries.js';
import { errorCodes } from './error-code.js';
import type { WasiInterfaces } from './imports.js';
import type { FileStatus } from './status.js';
import type { StreamError } from './streams.js';
import { error, inputStream, outputStream, pollable } from './wasi-io.js';
import { sockets } from './wasi-sockets.js';
import type { Closable, Interface, Type } from './wit.js';
import {
  bool,
  borrow,
  bytes,
  emptyResult,
  enumeration,
  flags,
  func,
  list,
  option,
  own,
  record,
  resource,
  result,
  string,
  tuple,
  u8,
  u32,
  u64,
  variant,
} from './wit.js';

export const terminalInput = resource<Closable>('wasi:cli/terminal-input', 'terminal-input');
export const terminalOutput = resource<Closable>('wasi:cli/terminal-output', 'terminal-output');
export const descriptor = resource<Descriptor>('wasi:filesystem/types', 'descriptor');
export const directoryEntryStream = resource<Entries>('wasi:filesystem/types', 'directory-entry-stream');

/** The error of a call on a stream. */
export const streamError: Type<StreamError> = variant('stream-error', {
  'last-operation-failed': own(error),
  closed: null,
});

const datetime: Type<Datetime> = record('datetime', { seconds: u64, nanoseconds: u32 });

/** Every type of a file in the order of the WIT enum: its index is its number in a component's memory. */
export const descriptorTypes: readonly DescriptorType[] = [
  ...(['unknown', 'block-device', 'character-device', 'directory', 'fifo'] as const),
  ...(['symbolic-link', 'regular-file', 'socket'] as const),
];

const descriptorType: Type<DescriptorType> = enumeration('descriptor-type', ...descriptorTypes);

const descriptorFlags: Type<DescriptorFlags> = flags(
  'descriptor-flags',
  ...['read', 'write', 'file-integrity-sync', 'data-integrity-sync', 'requested-write-sync'],
  'mutate-directory',
);
const pathFlags: Type<PathFlags> = flags('path-flags', 'symlink-follow');
const openFlags: Type<OpenFlags> = flags('open-flags', 'create', 'directory', 'exclusive', 'truncate');

/** The status of a file. */
export const descriptorStat: Type<FileStatus> = record('descriptor-stat', {
  type: descriptorType,
  'link-count': u64,
  size: u64,
  'data-access-timestamp': option(datetime),
  'data-modification-timestamp': option(datetime),
  'status-change-timestamp': option(datetime),
});

const newTimestamp: Type<NewTimestamp> = variant('new-timestamp', {
  'no-change': null,
  now: null,
  timestamp: datetime,
});

const directoryEntry: Type<Entry> = record('directory-entry', { type: descriptorType, name: string });

/** The error of a call on files. */
export const errorCode: Type<ErrorCode> = enumeration('error-code', ...errorCodes);

const advice: Type<Advice> = enumeration(
  'advice',
  ...(['normal', 'sequential', 'random', 'will-need', 'dont-need', 'no-reuse'] as const),
);

const metadataHashValue: Type<MetadataHashValue> = record('metadata-hash-value', { lower: u64, upper: u64 });

const done = result(undefined, errorCode);
const streamDone = result(undefined, streamError);
const streamCount = result(u64, streamError);
const streamBytes = result(bytes, streamError);

const onDescriptor = ['self', borrow(descriptor)] as const;
const onInput = ['self', borrow(inputStream)] as const;
const onOutput = ['self', borrow(outputStream)] as const;
const onPollable = ['self', borrow(pollable)] as const;

/** The interfaces, by their names without a version. */
export const wasi = {
  'wasi:cli/environment': {
    types: {},
    functions: {
      'get-environment': func([], list(tuple(string, string))),
      'get-arguments': func([], list(string)),
      'initial-cwd': func([], option(string)),
    },
  },
  'wasi:cli/exit': {
    types: {},
    functions: {
      exit: func([['status', emptyResult]]),
      'exit-with-code': func([['status-code', u8]]),
    },
  },
  'wasi:cli/stdin': {
    types: { 'input-stream': inputStream },
    functions: { 'get-stdin': func([], own(inputStream)) },
  },
  'wasi:cli/stdout': {
    types: { 'output-stream': outputStream },
    functions: { 'get-stdout': func([], own(outputStream)) },
  },
  'wasi:cli/stderr': {
    types: { 'output-stream': outputStream },
    functions: { 'get-stderr': func([], own(outputStream)) },
  },
  'wasi:cli/terminal-input': { types: { 'terminal-input': terminalInput }, functions: {} },
  'wasi:cli/terminal-output': { types: { 'terminal-output': terminalOutput }, functions: {} },
  'wasi:cli/terminal-stdin': {
    types: { 'terminal-input': terminalInput },
    functions: { 'get-terminal-stdin': func([], option(own(terminalInput))) },
  },
  'wasi:cli/terminal-stdout': {
    types: { 'terminal-output': terminalOutput },
    functions: { 'get-terminal-stdout': func([], option(own(terminalOutput))) },
  },
  'wasi:cli/terminal-stderr': {
    types: { 'terminal-output': terminalOutput },
    functions: { 'get-terminal-stderr': func([], option(own(terminalOutput))) },
  },
  'wasi:clocks/monotonic-clock': {
    types: { pollable, instant: u64, duration: u64 },
    functions: {
      now: func([], u64),
      resolution: func([], u64),
      'subscribe-instant': func([['when', u64]], own(pollable)),
      'subscribe-duration': func([['when', u64]], own(pollable)),
    },
  },
  'wasi:clocks/wall-clock': {
    types: { datetime },
    functions: { now: func([], datetime), resolution: func([], datetime) },
  },
  'wasi:filesystem/preopens': {
    types: { descriptor },
    functions: { 'get-directories': func([], list(tuple(own(descriptor), string))) },
  },
  'wasi:filesystem/types': {
    types: {
      'input-stream': inputStream,
      'output-stream': outputStream,
      error,
      datetime,
      filesize: u64,
      'descriptor-type': descriptorType,
      'descriptor-flags': descriptorFlags,
      'descriptor-stat': descriptorStat,
      'path-flags': pathFlags,
      'open-flags': openFlags,
      'link-count': u64,
      'new-timestamp': newTimestamp,
      'directory-entry': directoryEntry,
      'error-code': errorCode,
      advice,
      'metadata-hash-value': metadataHashValue,
      descriptor,
      'directory-entry-stream': directoryEntryStream,
    },
    functions: {
      '[method]descriptor.read-via-stream': func(
        [onDescriptor, ['offset', u64]],
        result(own(inputStream), errorCode),
      ),
      '[method]descriptor.write-via-stream': func(
        [onDescriptor, ['offset', u64]],
        result(own(outputStream), errorCode),
      ),
      '[method]descriptor.append-via-stream': func([onDescriptor], result(own(outputStream), errorCode)),
      '[method]descriptor.advise': func(
        [onDescriptor, ['offset', u64], ['length', u64], ['advice', advice]],
        done,
      ),
      '[method]descriptor.sync-data': func([onDescriptor], done),
      '[method]descriptor.get-flags': func([onDescriptor], result(descriptorFlags, errorCode)),
      '[method]descriptor.get-type': func([onDescriptor], result(descriptorType, errorCode)),
      '[method]descriptor.set-size': func([onDescriptor, ['size', u64]], done),
      '[method]descriptor.set-times': func(
        [
          onDescriptor,
          ['data-access-timestamp', newTimestamp],
          ['data-modification-timestamp', newTimestamp],
        ],
        done,
      ),
      '[method]descriptor.read': func(
        [onDescriptor, ['length', u64], ['offset', u64]],
        result(tuple(bytes, bool), errorCode),
      ),
      '[method]descriptor.write': func(
        [onDescriptor, ['buffer', bytes], ['offset', u64]],
        result(u64, errorCode),
      ),
      '[method]descriptor.read-directory': func([onDescriptor], result(own(directoryEntryStream), errorCode)),
      '[method]descriptor.sync': func([onDescriptor], done),
      '[method]descriptor.create-directory-at': func([onDescriptor, ['path', string]], done),
      '[method]descriptor.stat': func([onDescriptor], result(descriptorStat, errorCode)),
      '[method]descriptor.stat-at': func(
        [onDescriptor, ['path-flags', pathFlags], ['path', string]],
        result(descriptorStat, errorCode),
      ),
      '[method]descriptor.set-times-at': func(
        [
          onDescriptor,
          ['path-flags', pathFlags],
          ['path', string],
          ['data-access-timestamp', newTimestamp],
          ['data-modification-timestamp', newTimestamp],
        ],
        done,
      ),
      '[method]descriptor.link-at': func(
        [
          onDescriptor,
          ['old-path-flags', pathFlags],
          ['old-path', string],
          ['new-descriptor', borrow(descriptor)],
          ['new-path', string],
        ],
        done,
      ),
      '[method]descriptor.open-at': func(
        [
          onDescriptor,
          ['path-flags', pathFlags],
          ['path', string],
          ['open-flags', openFlags],
          ['flags', descriptorFlags],
        ],
        result(own(descriptor), errorCode),
      ),
      '[method]descriptor.readlink-at': func([onDescriptor, ['path', string]], result(string, errorCode)),
      '[method]descriptor.remove-directory-at': func([onDescriptor, ['path', string]], done),
      '[method]descriptor.rename-at': func(
        [onDescriptor, ['old-path', string], ['new-descriptor', borrow(descriptor)], ['new-path', string]],
        done,
      ),
      '[method]descriptor.symlink-at': func([onDescriptor, ['old-path', string], ['new-path', string]], done),
      '[method]descriptor.unlink-file-at': func([onDescriptor, ['path', string]], done),
      '[method]descriptor.is-same-object': func([onDescriptor, ['other', borrow(descriptor)]], bool),
      '[method]descriptor.metadata-hash': func([onDescriptor], result(metadataHashValue, errorCode)),
      '[method]descriptor.metadata-hash-at': func(
        [onDescriptor, ['path-flags', pathFlags], ['path', string]],
        result(metadataHashValue, errorCode),
      ),
      '[method]directory-entry-stream.read-directory-entry': func(
        [['self', borrow(directoryEntryStream)]],
        result(option(directoryEntry), errorCode),
      ),
      'filesystem-error-code': func([['err', borrow(error)]], option(errorCode)),
    },
  },
  'wasi:io/error': {
    types: { error },
    functions: { '[method]error.to-debug-string': func([['self', borrow(error)]], string) },
  },
  'wasi:io/poll': {
    types: { pollable },
    functions: {
      '[method]pollable.ready': func([onPollable], bool),
      '[method]pollable.block': func([onPollable]),
      poll: func([['in', list(borrow(pollable))]], list(u32)),
    },
  },
  'wasi:io/streams': {
    types: {
      error,
      pollable,
      'stream-error': streamError,
      'input-stream': inputStream,
      'output-stream': outputStream,
    },
    functions: {
      '[method]input-stream.read': func([onInput, ['len', u64]], streamBytes),
      '[method]input-stream.blocking-read': func([onInput, ['len', u64]], streamBytes),
      '[method]input-stream.skip': func([onInput, ['len', u64]], streamCount),
      '[method]input-stream.blocking-skip': func([onInput, ['len', u64]], streamCount),
      '[method]input-stream.subscribe': func([onInput], own(pollable)),
      '[method]output-stream.check-write': func([onOutput], streamCount),
      '[method]output-stream.write': func([onOutput, ['contents', bytes]], streamDone),
      '[method]output-stream.blocking-write-and-flush': func([onOutput, ['contents', bytes]], streamDone),
      '[method]output-stream.flush': func([onOutput], streamDone),
      '[method]output-stream.blocking-flush': func([onOutput], streamDone),
      '[method]output-stream.subscribe': func([onOutput], own(pollable)),
      '[method]output-stream.write-zeroes': func([onOutput, ['len', u64]], streamDone),
      '[method]output-stream.blocking-write-zeroes-and-flush': func([onOutput, ['len', u64]], streamDone),
      '[method]output-stream.splice': func(
        [onOutput, ['src', borrow(inputStream)], ['len', u64]],
        streamCount,
      ),
      '[method]output-stream.blocking-splice': func(
        [onOutput, ['src', borrow(inputStream)], ['len', u64]],
        streamCount,
      ),
    },
  },
  'wasi:random/insecure': {
    types: {},
    functions: {
      'get-insecure-random-bytes': func([['len', u64]], bytes),
      'get-insecure-random-u64': func([], u64),
    },
  },
  'wasi:random/insecure-seed': {
    types: {},
    functions: { 'insecure-seed': func([], tuple(u64, u64)) },
  },
  'wasi:random/random': {
    types: {},
    functions: {
      'get-random-bytes': func([['len', u64]], bytes),
      'get-random-u64': func([], u64),
    },
  },
  ...sockets,
} as const satisfies Readonly<Record<keyof WasiInterfaces, Interface>>;

/** The name of an interface that a host can provide. */
export type InterfaceName = keyof typeof wasi;
