import type { Behaviour } from '../behaviour.js';
import { isDirectory, limited, noDirectory } from '../errors.js';

const PAGE = 65_536;

/** More than one window, and not a multiple of a page. */
const long = Array.from({ length: 3 * PAGE + 17 }, (_, index) => String.fromCharCode(97 + (index % 23))).join(
  '',
);

const old = { 'out/b': 'old' };

/** Copies of a stream. */
export const streams: readonly Behaviour[] = [
  {
    name: 'a stream is copied to a new file',
    stream: 'content',
    out: { b: 'content' },
    counts: { bytes: 7, files: 1, directories: 0, skipped: 0 },
  },
  {
    name: 'an empty stream is copied to an empty file',
    stream: '',
    before: old,
    out: { b: '' },
    counts: { bytes: 0, files: 1 },
  },
  {
    name: 'a stream of several windows replaces a file',
    stream: long,
    before: old,
    options: { windowSize: PAGE },
    out: { b: long },
    counts: { bytes: long.length, files: 1 },
  },
  {
    name: 'a stream is verified and synchronised',
    stream: long,
    before: old,
    options: { windowSize: PAGE, verify: true, sync: true },
    out: { b: long },
  },
  {
    name: 'the zeros of a stream become holes',
    stream: 'a'.repeat(PAGE) + '\0'.repeat(8 * PAGE),
    options: { windowSize: 2 * PAGE },
    out: { b: { content: 'a'.repeat(PAGE) + '\0'.repeat(8 * PAGE), used: 2 * PAGE } },
  },
  {
    name: 'a stream does not replace a file that must stay',
    stream: 'content',
    before: old,
    options: { overwrite: 'never' },
    out: { b: 'old' },
    counts: { files: 0, skipped: 1 },
  },
  {
    name: 'a stream to an existing file is an error under error',
    stream: 'content',
    before: old,
    options: { overwrite: 'error' },
    error: { code: 'EEXIST', says: "cannot create 'out/b': it already exists" },
  },
  {
    name: 'a stream has no time that could be newer',
    stream: 'content',
    options: { overwrite: 'newer' },
    error: {
      code: 'EINVAL',
      says: "cannot use '-': a stream has no time of modification, so it is unknown which is newer",
    },
  },
  {
    name: 'a stream does not replace a directory',
    stream: 'content',
    before: { 'out/b': null },
    error: isDirectory('out/b'),
  },
  {
    name: 'a stream to a missing directory is an error',
    stream: 'content',
    target: 'out/d/b',
    error: noDirectory('out/d/b'),
  },
  {
    name: 'a stream is copied into directories that are made',
    stream: 'content',
    target: 'out/d/e/b',
    options: { makeParents: true },
    out: { 'd/e/b': 'content' },
  },
  {
    name: 'a dry run of a stream changes nothing',
    stream: 'content',
    options: { dryRun: true },
    counts: { files: 1 },
  },
  {
    name: 'a stream that does not fit on the disk leaves the old file',
    stream: 'x'.repeat(2 * 1024 * 1024),
    disk: 1024 * 1024,
    before: old,
    error: { code: 'ENOSPC', says: "cannot write 'out/b': no space left on the file system" },
  },
  {
    name: 'a stream that is longer than the limit of a file leaves the old file',
    stream: long,
    before: old,
    options: { maxFileSize: PAGE, windowSize: PAGE },
    error: limited('-', `it has more bytes than \`max-file-size=${PAGE}\``),
  },
  {
    name: 'a stream may have as many bytes as its limit',
    stream: 'content',
    options: { maxFileSize: 7, maxBytes: 7, maxFiles: 1 },
    out: { b: 'content' },
  },
  {
    name: 'a stream of the promised size is copied',
    stream: 'content',
    options: { size: 7 },
    out: { b: 'content' },
  },
  {
    name: 'a stream that ends before its size leaves the old file',
    stream: 'content',
    before: old,
    options: { size: 8 },
    error: {
      code: 'ERR_MAPCP_SOURCE_CHANGED',
      says: "cannot read '-': the stream ended before it had as many bytes as its size says",
    },
  },
  {
    name: 'a stream that is longer than its size leaves the old file',
    stream: long,
    before: old,
    options: { size: PAGE + 1, windowSize: PAGE },
    error: {
      code: 'ERR_MAPCP_SOURCE_CHANGED',
      says: "cannot read '-': the stream has more bytes than its size says",
    },
  },
];
