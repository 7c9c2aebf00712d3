import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { median } from './median.mjs';

/** Runs the benchmark on next to nothing, and returns what it has printed and written. */
function bench(directory: string, variables: Readonly<Record<string, string>>) {
  const env = {
    ...process.env,
    ROUNDS: '1',
    SCALE: '0.0005',
    PLACES: 'disk',
    BENCH_OUT: directory,
    ...variables,
  };
  const printed = execFileSync(process.execPath, ['tests/bench/bench.mjs'], { env, encoding: 'utf8' });
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const { rows } = JSON.parse(read('bench.json')) as { rows: Readonly<Record<string, unknown>>[] };
  return { printed, rows, drawn: read('bench.svg') };
}

describe('the benchmark', () => {
  it('measures whoever is there, and prints, writes and draws the ratios', () =>
    inTemporaryDirectory((directory) => {
      const { printed, rows, drawn } = bench(directory, { CASES: 'sparse,small,start' });
      expect(rows.filter((row) => 'failed' in row)).toEqual([]);
      for (const contestant of ['mapcp', 'cpy', 'fs-extra']) {
        const own = rows.filter((row) => row.contestant === contestant);
        expect(own.map((row) => row.case)).toEqual(['sparse', 'small', 'start']);
        expect(own.every(({ ratio }) => typeof ratio === 'number' && ratio > 0)).toBe(true);
        expect(printed).toContain(contestant);
        expect(drawn).toContain(`>${contestant}</text>`);
      }
    }));

  it('names who is missing', () =>
    inTemporaryDirectory((directory) => {
      const variables = { CASES: 'small', CONTESTANTS: 'cp,mapcp in wasmtime', MAPCP_WASMTIME: '/nowhere' };
      const { printed, rows } = bench(directory, variables);
      expect(rows.map((row) => [row.contestant, 'missing' in row])).toEqual([
        ['cp', false],
        ['mapcp in wasmtime', true],
      ]);
      expect(printed).toMatch(/mapcp in wasmtime +\| +missing/);
    }));
});

describe('a median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect([median([30, 1, 2]), median([4, 1, 100, 2])]).toEqual([2, 3]);
  });
});
