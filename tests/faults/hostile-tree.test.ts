// MAPCP_RUNS=50 copies fifty times as often.

import process from 'node:process';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { copiers } from './copy-processes.js';
import { copyHostileTree } from './hostile-tree.js';

const ROUNDS = 100 * Number(process.env.MAPCP_RUNS ?? 1);

/**
 * These errors prove that the processes met: entries vanished, led out, changed their kind, and changed during a copy.
 */
const meetings = [
  'ENOENT',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'ERR_MAPCP_NOT_REGULAR_FILE',
  'ERR_MAPCP_SOURCE_CHANGED',
];

describe.each(copiers)('while another process changes a tree that $name copies', (copier) => {
  it.skipIf(copier.missing)(
    'each file is copied correctly or reported, and nothing outside is touched',
    async ({ inMemory: directory }) => {
      const { wrong, files, codes } = await copyHostileTree(directory, copier, ROUNDS, meetings);
      expect(wrong).toEqual([]);
      expect(files).toBeGreaterThan(0);
      expect([...codes]).toEqual(expect.arrayContaining(meetings));
    },
  );
});
