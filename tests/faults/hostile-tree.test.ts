// MAPCP_RUNS=50 copies fifty times as often.

import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import { raceInside } from './hostile-tree.js';
import { racers } from './racers.js';

const ROUNDS = 100 * Number(process.env.MAPCP_RUNS ?? 1);

/** What tells that it really raced: things vanished, led out, became something else, and changed under a copy. */
const meetings = [
  'ENOENT',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'ERR_MAPCP_NOT_REGULAR_FILE',
  'ERR_MAPCP_SOURCE_CHANGED',
];

describe.each(racers)('a tree that somebody else changes while $name copies it', (racer) => {
  it.skipIf(racer.missing)('is copied right, or an error says why not, and nothing else is touched', () =>
    inMemoryDirectory(async (directory) => {
      const { wrong, files, codes } = await raceInside(directory, racer, ROUNDS, meetings);
      expect(wrong).toEqual([]);
      expect(files).toBeGreaterThan(0);
      expect([...codes]).toEqual(expect.arrayContaining(meetings));
    }),
  );
});
