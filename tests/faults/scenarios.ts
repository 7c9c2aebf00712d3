// The copies that are made with faults, and the faults of each call.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { CopyOptions } from 'mapcp';
import type { Put } from '../behaviour/tree.js';
import type { FallibleCall, Fault } from './faulty-host.js';

/** A copy of `in/a`. */
export interface Scenario {
  readonly name: string;
  /** The target below `out`; `b` by default. */
  readonly to?: string;
  readonly options: CopyOptions;
  /** Creates the source, `in/a`. */
  source(put: Put): void;
  /** The pieces of a stream that is copied in place of `in/a`, which has the same content. */
  readonly stream?: readonly Buffer[];
  /** Creates the initial entries of `out`, for each copy again. By default, there are none. */
  target?(put: Put): void;
}

const PAGE = 65_536;

/** Bytes that differ between pages and between seeds. */
export function bytes(length: number, seed: number): Buffer {
  const content = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) {
    content[index] = index + (index >> 16) + seed;
  }
  return content;
}

/** More than one window, and not a multiple of a page. */
const LARGE = 3 * PAGE + 17;

const putTree = (put: Put, root: string, seed: number) => {
  put.file(`${root}/f`, bytes(100, seed));
  put.file(`${root}/empty`, '');
  put.file(`${root}/d/g`, bytes(PAGE + 1, seed + 1));
  put.file(`${root}/d/e/h`, bytes(7, seed + 2));
  put.symlink(`${root}/d/link`, `g${seed}`);
};

/** The same tree with modes and times that differ from the defaults. */
const putSource = (put: Put) => {
  putTree(put, 'in/a', 1);
  for (const [path, mode, time] of [
    ['f', 0o640, '1000000000.5'],
    ['empty', 0o400, '1100000000'],
    ['d/g', 0o755, '1200000000.000001'],
    ['d/e/h', 0o666, '1300000000'],
    ['d/e', 0o711, '1400000000'],
    ['d', 0o1777, '1500000000'],
    ['.', 0o700, '1600000000.999999'],
  ] as const) {
    put.mode(`in/a/${path}`, mode);
    put.time(`in/a/${path}`, time);
  }
  put.time('in/a/d/link', '1700000000');
};

/** All entries of the tree except its directories. The copy enters each directory twice. */
const listed = ['d/link', 'f', 'd/e/h', 'empty', 'd/g'];

/** A tree with links into it, to each other, and to a directory beside it. */
const putLinks = (put: Put) => {
  put.file('in/other/f', bytes(10, 1));
  put.file('in/a/f', bytes(10, 2));
  put.symlink('in/a/first', 'f');
  put.symlink('in/a/d/second', '../first');
  put.symlink('in/a/other', '../other');
};

const putFile = (put: Put) => {
  put.file('in/a', bytes(LARGE, 1));
  put.mode('in/a', 0o640);
  put.time('in/a', '1000000000.25');
};

/** A file as a stream leaves it. */
const putStreamed = (put: Put) => {
  put.file('in/a', bytes(LARGE, 1));
  put.mode('in/a', 0o666 & ~process.umask());
};

const streamed = [bytes(LARGE, 1).subarray(0, PAGE + 1), bytes(LARGE, 1).subarray(PAGE + 1)];

/** The windows are small, so a file has several. */
export const scenarios: readonly [Scenario, ...Scenario[]] = [
  {
    name: 'a file',
    options: { windowSize: PAGE },
    source: putFile,
  },
  {
    name: 'a file over another',
    options: { windowSize: PAGE, preserveTimestamps: true },
    source: putFile,
    target: (put) => put.file('out/b', bytes(LARGE, 2)),
  },
  {
    name: 'a file into new directories',
    to: 'new/directories/b',
    options: { windowSize: PAGE },
    source: (put) => put.file('in/a', bytes(10, 1)),
  },
  {
    name: 'a synchronised file',
    options: { windowSize: PAGE, sync: true },
    source: (put) => put.file('in/a', bytes(10, 1)),
    target: (put) => put.file('out/b', 'old'),
  },
  {
    name: 'a small tree',
    options: { recursive: true, preserveTimestamps: true },
    source: putSource,
  },
  {
    name: 'a small tree over another',
    options: { recursive: true },
    source: putSource,
    target: (put) => putTree(put, 'out/b', 9),
  },
  {
    name: 'a small tree over a partly newer one',
    options: { recursive: true, overwrite: 'newer' },
    source: (put) => {
      putSource(put);
      put.time('in/a/d/g', '4000000000');
    },
    target: (put) => putTree(put, 'out/b', 9),
  },
  {
    name: 'a small tree that keeps existing files',
    options: { recursive: true, overwrite: 'never', preserveTimestamps: true },
    source: putSource,
    target: (put) => {
      put.directory('out/b/d');
      put.file('out/b/f', 'old');
    },
  },
  {
    name: 'a small tree with keepGoing',
    options: { recursive: true, preserveTimestamps: true, keepGoing: true },
    source: putSource,
  },
  {
    name: 'a small tree over another with keepGoing',
    options: { recursive: true, keepGoing: true },
    source: putSource,
    target: (put) => putTree(put, 'out/b', 9),
  },
  {
    name: 'a list of a small tree',
    options: { files: listed, preserveTimestamps: true },
    source: putSource,
  },
  {
    name: 'a verified file',
    options: { windowSize: PAGE, verify: true },
    source: putFile,
    target: (put) => put.file('out/b', 'old'),
  },
  {
    name: 'a stream',
    options: { windowSize: PAGE },
    stream: streamed,
    source: putStreamed,
  },
  {
    name: 'a verified and synchronised stream over a file',
    options: { windowSize: PAGE, verify: true, sync: true, size: LARGE },
    stream: streamed,
    source: putStreamed,
    target: (put) => put.file('out/b', 'old'),
  },
  {
    name: 'a stream into a new directory under never',
    to: 'new/b',
    options: { windowSize: PAGE, overwrite: 'never' },
    stream: streamed,
    source: putStreamed,
  },
  {
    name: 'a synchronised tree',
    options: { recursive: true, sync: true },
    source: putSource,
  },
  {
    name: 'a file with holes',
    options: { windowSize: PAGE, sparse: 'always' },
    source: (put) =>
      put.file('in/a', Buffer.concat([bytes(10, 1), Buffer.alloc(LARGE), bytes(10, 2), Buffer.alloc(PAGE)])),
  },
  {
    name: 'a tree of followed links with keepGoing',
    options: { recursive: true, symlinks: 'follow', keepGoing: true },
    source: putLinks,
  },
  {
    name: 'a tree of skipped links',
    options: { recursive: true, symlinks: 'skip' },
    source: putLinks,
  },
];

const anyCall: readonly ErrorCode[] = ['io', 'interrupted'];
/** The host opens each name of a path. EMFILE is `insufficient-memory`. */
const pathCall: readonly ErrorCode[] = [...anyCall, 'access', 'insufficient-memory'];
const changing: readonly ErrorCode[] = [...anyCall, 'insufficient-space', 'quota'];
const naming: readonly ErrorCode[] = [...pathCall, 'insufficient-space', 'quota', 'read-only'];

/** The faults of each call. */
export const faultsOf: Readonly<Record<FallibleCall, readonly Fault[]>> = {
  getFlags: anyCall,
  getType: anyCall,
  stat: anyCall,
  statAt: pathCall,
  metadataHash: anyCall,
  metadataHashAt: pathCall,
  openAt: naming,
  read: [...anyCall, 'insufficient-memory', 'short'],
  write: [...changing, 'file-too-large', 'short'],
  setSize: [...changing, 'file-too-large'],
  setTimes: [...changing, 'access'],
  setTimesAt: naming,
  sync: changing,
  readDirectory: [...pathCall],
  readDirectoryEntry: [...anyCall, 'insufficient-memory'],
  readlinkAt: pathCall,
  createDirectoryAt: naming,
  symlinkAt: naming,
  // A file system may have no hard links, or a file may have too many.
  linkAt: [...naming, 'not-permitted', 'unsupported', 'too-many-links'],
  renameAt: naming,
  unlinkFileAt: naming,
};
