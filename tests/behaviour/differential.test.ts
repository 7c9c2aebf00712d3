import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import type { CopyOptions } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { api, commandLine, type Frontend, inWasmtime } from './frontends.js';
import { anyDirectory, type Directory, make } from './random-tree.js';
import { look, type Seen } from './tree.js';

// MAPCP_RUNS=50 runs fifty times as many. MAPCP_SEED=… repeats a run.
const factor = Number(process.env.MAPCP_RUNS ?? 1);
const seed = Number(process.env.MAPCP_SEED ?? Math.floor(Math.random() * 2 ** 31));

const frontends: readonly { frontend: Frontend; runs: number; missing?: boolean }[] = [
  { frontend: api, runs: 40 },
  { frontend: commandLine, runs: 6 },
  { frontend: inWasmtime, runs: 10, missing: wasmtime === undefined },
];

describe.each(frontends)(
  'a copy of any tree through the $frontend.name',
  ({ frontend, runs, missing = false }) => {
    const directory = anyDirectory(frontend.hasModes);
    const parameters = { seed, numRuns: runs * factor };

    it.skipIf(missing)(`is equal to that of cp -r (MAPCP_SEED=${seed})`, () =>
      fc.assert(
        fc.asyncProperty(directory, (tree) => compare(frontend, tree, '-r', {})),
        parameters,
      ),
    );

    it.skipIf(missing)(`is equal to that of cp -a if times are preserved (MAPCP_SEED=${seed})`, () =>
      fc.assert(
        fc.asyncProperty(directory, (tree) => compare(frontend, tree, '-a', { preserveTimestamps: true })),
        parameters,
      ),
    );
  },
);

async function compare(
  frontend: Frontend,
  tree: Directory,
  flag: string,
  options: CopyOptions,
): Promise<void> {
  await inTemporaryDirectory(async (directory) => {
    for (const name of ['in', 'out', 'expected']) {
      mkdirSync(join(directory, name));
    }
    make(join(directory, 'in/a'), tree);
    execFileSync('cp', [flag, 'in/a', 'expected/b'], { cwd: directory });

    const request = { directory, source: 'in/a', target: 'out/b', options: { ...options, recursive: true } };
    const { error, warnings } = await frontend.copy(request, false);

    expect([error, ...warnings]).toEqual([undefined]);
    const keeps = flag === '-a';
    expect(facts(join(directory, 'out'), keeps, frontend)).toEqual(
      facts(join(directory, 'expected'), keeps, frontend),
    );
  });
}

/** The properties that must be equal. `cp -r` does not preserve times, and applies the umask to permissions. */
function facts(path: string, keeps: boolean, { hasModes }: Frontend): Record<string, Partial<Seen>> {
  const fact = ({ kind, content, time, mode }: Seen): Partial<Seen> => ({
    kind,
    content,
    ...(keeps && { time }),
    ...(keeps && hasModes && kind !== 'link' && { mode }),
  });
  return Object.fromEntries(Object.entries(look(path)).map(([path, seen]) => [path, fact(seen)]));
}
