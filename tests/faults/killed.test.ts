// Copies that are killed at random moments. MAPCP_RUNS=50 kills fifty times as many; MAPCP_SEED=… repeats a run, as far
// as the clock does.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { clean, copy } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { precompile } from './precompiled.js';
import { brokenPromises, isTemporary, type Tree } from './promises.js';
import { randomNumbers } from './random-numbers.js';
import { bytes } from './scenarios.js';

const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A front whose copies are killed. */
interface Victim {
  readonly name: string;
  readonly runs: number;
  readonly missing?: boolean;
  /** Whether the moments are counted from its first output, since it takes long to start. */
  readonly tells: boolean;
  /** What is run, with the arguments for mapcp at the end. `directory` is for what is made on the way. */
  command(directory: string): string[];
}

const victims: readonly Victim[] = [
  {
    name: 'Node',
    runs: 20,
    tells: true,
    command: () => [process.execPath, resolve('build/out/js/cli/main.js'), '--json'],
  },
  {
    name: 'wasmtime',
    runs: 150,
    missing: wasmtime === undefined,
    tells: false,
    command: (directory) => precompile(directory),
  },
];

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

/** Copies, and kills it `delay` milliseconds after it began; how long it lived otherwise. */
async function kill(
  command: readonly string[],
  directory: string,
  tells: boolean,
  delay: number,
): Promise<number> {
  const [program = '', ...args] = [...command, '-r', '-T', 'in/a', 'out/b'];
  const victim = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(victim, 'exit');
  const born = tells ? once(victim.stdout, 'data') : once(victim, 'spawn');
  victim.stdout.resume();
  await born;
  const start = performance.now();
  await Promise.race([ended, setTimeout(delay)]);
  victim.kill('SIGKILL');
  await ended;
  return performance.now() - start;
}

describe.each(victims)(
  'mapcp in $name, killed at any moment,',
  ({ runs, missing = false, tells, command }) => {
    it.skipIf(missing)(`leaves each file old, new or absent (MAPCP_SEED=${seed})`, () =>
      inMemoryDirectory(async (directory) => {
        const mapcp = command(directory);
        const put = putInto(directory);
        const out = join(directory, 'out');
        const restart = (): Tree => {
          rmSync(out, { recursive: true, force: true });
          mkdirSync(out);
          putFiles(put, 'out/b', true);
          return look(out);
        };
        putFiles(put, 'in/a', false);
        restart();
        const lifetime = await kill(mapcp, directory, tells, 60_000);
        const complete = look(out);
        expect(Object.keys(complete)).toHaveLength(FILES + 4);

        const random = randomNumbers(seed);
        const wrong: string[] = [];
        let interrupted = 0;
        let cleaned = 0;
        for (let run = 0; run < runs * factor; run++) {
          const before = restart();
          await kill(mapcp, directory, tells, random() * lifetime);
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
  },
);
