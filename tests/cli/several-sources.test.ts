import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CopySeries } from '../../ts/api/copy-series.js';
import { openFilesIn } from '../helpers/descriptors.js';
import { it } from '../helpers/it.js';

/** How many descriptors of this process are in a directory. */
function openIn(directory: string): number {
  return openFilesIn(directory).length;
}

it('copies between the same directories share a sandbox', async ({ directory }) => {
  const [from, to] = [join(directory, 'in'), join(directory, 'out')];
  mkdirSync(from);
  mkdirSync(to);
  const names = Array.from({ length: 50 }, (_, number) => `f${number}`).sort();
  const series = new CopySeries(false);
  for (const name of names) {
    writeFileSync(join(from, name), name);
    await series.copy(join(from, name), join(to, name), {});
    expect(openIn(directory)).toBe(2);
  }
  series.close();
  expect(openIn(directory)).toBe(0);
  expect(readdirSync(to).sort()).toEqual(names);
});

it('copies from many directories hold only those of the last one open', async ({ directory }) => {
  const series = new CopySeries(false);
  for (let number = 0; number < 50; number++) {
    const from = join(directory, `d${number}`);
    mkdirSync(from);
    writeFileSync(join(from, `f${number}`), 'content');
    await series.copy(join(from, `f${number}`), join(directory, `f${number}`), {});
    expect(openIn(directory)).toBe(2);
  }
  series.close();
  expect(openIn(directory)).toBe(0);
});
