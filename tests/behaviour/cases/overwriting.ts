import type { Behaviour } from '../behaviour.js';
import { exists, undecided } from '../errors.js';
import { type Expected, link } from '../tree.js';

/** A file on both sides, with their times. */
function both(source: string, target: string): Expected {
  return { 'in/a': { content: 'new', time: source }, 'out/b': { content: 'old', time: target } };
}

/** Two trees: one file is newer in the source, one is newer in the target, and one is only in the source. */
const trees: Expected = {
  'in/a/later': { content: 'new', time: '2000' },
  'out/b/later': { content: 'old', time: '1000' },
  'in/a/earlier': { content: 'new', time: '1000' },
  'out/b/earlier': { content: 'old', time: '2000' },
  'in/a/alone': 'new',
};

/** Existing files that are replaced or kept under newer: what they are, and the times of source and target. */
function newer(
  result: 'replaced' | 'kept',
  rows: readonly (readonly [string, string, string])[],
): Behaviour[] {
  return rows.map(([what, source, target]) => ({
    name: `${what} is ${result} under newer`,
    before: both(source, target),
    options: { overwrite: 'newer' },
    out: { b: result === 'replaced' ? 'new' : { content: 'old', time: target } },
    counts: { skipped: result === 'replaced' ? 0 : 1 },
  }));
}

/** Targets that exist. */
export const overwriting: readonly Behaviour[] = [
  {
    name: 'an existing file is replaced by default, even if it is much newer',
    before: both('1000', '2000'),
    out: { b: 'new' },
    counts: { skipped: 0, files: 1 },
  },
  {
    name: 'an existing file stays under never',
    before: both('2000', '1000'),
    options: { overwrite: 'never' },
    out: { b: { content: 'old', time: '1000' } },
    counts: { skipped: 1, files: 0, bytes: 0 },
  },
  {
    name: 'an existing link stays under never, even if it is dangling',
    before: { 'in/a': 'new', 'out/b': link('nowhere') },
    options: { overwrite: 'never' },
    out: { b: link('nowhere') },
    counts: { skipped: 1 },
  },
  {
    name: 'a missing file is copied under never',
    before: { 'in/a': 'new' },
    options: { overwrite: 'never' },
    out: { b: 'new' },
  },
  {
    name: 'an existing file is an error under error',
    before: both('2000', '1000'),
    options: { overwrite: 'error' },
    error: exists('out/b'),
  },
  {
    name: 'a missing file is copied under error',
    before: { 'in/a': 'new' },
    options: { overwrite: 'error' },
    out: { b: 'new' },
  },
  {
    name: 'an existing file in a tree is an error under error, and existing directories are not',
    before: { 'in/a/d/f': 'new', 'out/b/d/f': 'old' },
    options: { recursive: true, overwrite: 'error' },
    error: exists('out/b/d/f', 'd/f'),
  },
  ...newer('replaced', [
    ['an older file', '2000', '1000'],
    ['a file that is a nanosecond older', '1000.123456789', '1000.123456788'],
    ['a file from before 1970', '1', '-1000'],
    ['a file whose time is a nanosecond below a double', '1234567860', '1234567859.999999761'],
  ]),
  ...newer('kept', [
    ['a newer file', '1000', '2000'],
    ['a file of the same time', '1000.5', '1000.5'],
    ['a file that is a nanosecond newer', '1000.123456788', '1000.123456789'],
    [
      'a file that was copied with its time, as precisely as Node sets it',
      '1234567890.123456789',
      '1234567890.123456',
    ],
    ['a file that was copied with its time as a double', '1234567859.999999999', '1234567859.999999761'],
  ]),
  {
    name: 'two files from before 1970 are an error under newer, because it is unknown which is newer',
    before: both('-1000', '-2000'),
    options: { overwrite: 'newer' },
    error: undecided('out/b'),
  },
  {
    name: 'two files from before 1970 in a tree cause a warning under newer, and the target stays',
    before: {
      'in/a/f': { content: 'new', time: '-1000' },
      'out/b/f': { content: 'old', time: '-2000.5' },
      'in/a/g': { content: 'new', time: '1000' },
      'out/b/g': { content: 'old', time: '-1000' },
      'in/a/h': { content: 'new', time: '-1000' },
      'out/b/h': { content: 'old', time: '1000' },
    },
    options: { recursive: true, overwrite: 'newer' },
    out: { 'b/f': 'old', 'b/g': 'new', 'b/h': 'old' },
    warnings: [undecided('out/b/f', 'f')],
    counts: { files: 1, skipped: 2 },
  },
  {
    name: 'a tree is copied under never, except for existing files',
    before: trees,
    options: { recursive: true, overwrite: 'never' },
    out: { 'b/later': 'old', 'b/earlier': 'old', 'b/alone': 'new' },
    counts: { files: 1, skipped: 2 },
  },
  {
    name: 'a tree is copied under newer, except for newer files',
    before: trees,
    options: { recursive: true, overwrite: 'newer' },
    out: { 'b/later': 'new', 'b/earlier': 'old', 'b/alone': 'new' },
    counts: { files: 2, skipped: 1 },
  },
  {
    name: 'a tree that was copied with its times is skipped under newer',
    before: {
      'in/a/f': { content: 'content', time: '1234567890.123456789' },
      'out/b/f': { content: 'content', time: '1234567890.123456789' },
    },
    options: { recursive: true, overwrite: 'newer', preserveTimestamps: true },
    out: { 'b/f': { content: 'content', time: '1234567890.123456789' } },
    counts: { files: 0, skipped: 1 },
  },
  {
    name: 'an unreadable file is no error under never if its target stays',
    before: { 'in/a': { content: 'new', mode: 0 }, 'out/b': 'old' },
    options: { overwrite: 'never' },
    isOrdinaryUser: true,
    out: { b: 'old' },
  },
];
