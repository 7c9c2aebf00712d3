// The array of docs/several-machines.md in Slurm.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { mustRun } from '../helpers/program.js';
import {
  describeUnless,
  environmentOf,
  exampleOf,
  expectWholeCopy,
  killItsCopy,
  runsIn,
  whyNot,
  withLists,
} from './place.js';
import { startSlurm, whyNoSlurm } from './slurm.js';

describeUnless(whyNot('fpart') ?? whyNoSlurm(), 'an array of Slurm', () => {
  it('copies all lists, and repeats a task that was killed', () =>
    withLists(async (directory) => {
      mkdirSync(join(directory, 'slurm'));
      writeFileSync(join(directory, 'mapcp.sbatch'), exampleOf('mapcp.sbatch'));
      await using slurm = await startSlurm(join(directory, 'slurm'), environmentOf(directory));
      const submitted = mustRun('bash', ['-c', exampleOf('submit')], { cwd: directory, env: slurm.env });
      expect(submitted).toMatch(/^Submitted batch job \d+$/);

      await killItsCopy(directory);
      await vi.waitUntil(() => slurm.run('squeue', '--noheader') === '', { timeout: 300_000, interval: 200 });

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
