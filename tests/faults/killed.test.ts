// Copies that are killed at random moments. MAPCP_RUNS=50 kills fifty times as many; MAPCP_SEED=… repeats a run, as far
// as the clock does.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { clean, copy } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { completed, type Tree } from './complete.js';
import { brokenPromises, isTemporary } from './promises.js';
import { randomNumbers } from './random-numbers.js';
import { bytes } from './scenarios.js';
import { kill, victims } from './victims.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

const RUNS = { Node: 20, wasmtime: 100 };

const FILES = 24;

/** Some are larger than a window. */
const contents = Array.from({ length: FILES }, (_, index) =>
  bytes(index % 8 === 0 ? 1_200_000 : 5000, index),
);
const oldContent = bytes(5000, 99);

/** Makes the files, or at the target every other one, with an old content. */
function putFiles(put: Put, root: string, isOld: boolean): void {
  put.directory(...[0, 1, 2].map((name) => `${root}/${name}`));
  for (const [index, content] of contents.entries()) {
    if (!isOld || index % 2 === 0) {
      put.file(`${root}/${index % 3}/${index}`, isOld ? oldContent : content);
    }
  }
}

describe.each(victims)('mapcp in $name, killed at any moment,', (victim) => {
  it.skipIf(victim.missing)(`leaves each file old, new or absent (MAPCP_SEED=${seed})`, () =>
    inMemoryDirectory(async (directory) => {
      const mapcp = victim.command(directory);
      const put = putInto(directory);
      const out = join(directory, 'out');
      const restart = (): Tree => {
        rmSync(out, { recursive: true, force: true });
        mkdirSync(out);
        putFiles(put, 'out/b', true);
        return look(out);
      };
      putFiles(put, 'in/a', false);
      const complete = completed({
        source: look(join(directory, 'in')),
        before: restart(),
        to: 'b',
        options: { recursive: true, preserveMode: victim.hasModes },
      });
      const lifetime = await kill(victim, mapcp, directory, 60_000);
      expect(Object.keys(look(out))).toHaveLength(FILES + 4);

      const random = randomNumbers(seed);
      const wrong: string[] = [];
      let interrupted = 0;
      let cleaned = 0;
      for (let run = 0; run < RUNS[victim.name] * factor; run++) {
        const before = restart();
        await kill(victim, mapcp, directory, random() * lifetime);
        const left = Object.keys(look(out)).filter(isTemporary).length;
        cleaned += left;
        expect(await clean(out)).toBe(left);
        const found = look(out);
        interrupted += brokenPromises({ before, complete, found, succeeded: true }).length > 0 ? 1 : 0;
        wrong.push(...brokenPromises({ before, complete, found, succeeded: false }));
        await copy(join(directory, 'in/a'), join(out, 'b'), { recursive: true });
        wrong.push(...brokenPromises({ before, complete, found: look(out), succeeded: true }));
      }

      expect(wrong).toEqual([]);
      // It really was killed half-way, now and then while it wrote.
      expect(interrupted).toBeGreaterThan(0);
      expect(cleaned).toBeGreaterThan(0);
    }),
  );
});
