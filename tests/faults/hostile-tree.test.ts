// MAPCP_RUNS=50 copies fifty times as often.

import process from 'node:process';
import { expect, it } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import { raceInside } from './hostile-tree.js';

const ROUNDS = 200 * Number(process.env.MAPCP_RUNS ?? 1);

it('a tree that somebody else changes meanwhile is copied right, or an error says why not, and nothing else is touched', () =>
  inMemoryDirectory(async (directory) => {
    const { wrong, files, codes } = await raceInside(directory, ROUNDS);
    expect(wrong).toEqual([]);
    // It really raced: files were copied, and vanished, led out, and became something else.
    expect(files).toBeGreaterThan(0);
    expect([...codes]).toEqual(expect.arrayContaining(['ENOENT', 'EPERM', 'EISDIR', 'ENOTDIR']));
  }));
