import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CopySeries } from '../../ts/copy-series.js';
import { openFiles } from '../helpers/descriptors.js';
import { inTemporaryDirectory } from '../helpers/directory.js';

/** How many descriptors of this process are in a directory. */
function openIn(directory: string): number {
  return openFiles().filter((path) => path.startsWith(directory)).length;
}

it('copies one after the other hold no directory open in between', () =>
  inTemporaryDirectory(async (directory) => {
    const series = new CopySeries(false);
    for (let number = 0; number < 20; number++) {
      const from = join(directory, `d${number}`);
      mkdirSync(from);
      writeFileSync(join(from, `f${number}`), 'content');
      await series.copy(join(from, `f${number}`), join(directory, `f${number}`), {});
      expect(openIn(directory)).toBe(0);
    }
  }));
