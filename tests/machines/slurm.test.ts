// The array of docs/several-machines.md in Slurm.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import {
  environmentOf,
  exampleOf,
  expectWholeCopy,
  explainSkipped,
  killItsCopy,
  makeLists,
  prepare,
  runsIn,
  whyNot,
} from './place.js';
import { startSlurm, whyNoSlurm } from './slurm.js';

const why = whyNot('fpart') ?? whyNoSlurm();
explainSkipped('Slurm', why);

describe.skipIf(why !== undefined)('an array of Slurm', () => {
  it('copies all lists, and repeats a task that was killed', () =>
    inMemoryDirectory(async (directory) => {
      prepare(directory);
      makeLists(directory);
      mkdirSync(join(directory, 'slurm'));
      writeFileSync(join(directory, 'mapcp.sbatch'), exampleOf('mapcp.sbatch'));
      await using slurm = await startSlurm(join(directory, 'slurm'), environmentOf(directory));
      const submitted = spawnSync('bash', ['-c', exampleOf('submit')], {
        cwd: directory,
        env: slurm.env,
        encoding: 'utf8',
      });
      expect(submitted.stdout, submitted.stderr).toMatch(/^Submitted batch job \d+\n$/);

      await killItsCopy(directory);
      await vi.waitUntil(() => slurm.run('squeue', '--noheader') === '', { timeout: 60_000, interval: 200 });

      const lists = readdirSync(join(directory, 'lists'));
      const again = runsIn(directory).filter(({ args }) => args.includes(' --update '));
      const output = readdirSync(directory)
        .filter((name) => name.startsWith('slurm-'))
        .map((name) => readFileSync(join(directory, name), 'utf8'));
      expect(again, output.join('\n')).toHaveLength(1);
      expect(runsIn(directory)).toHaveLength(lists.length + 1);
      expectWholeCopy(directory);
    }));
});
