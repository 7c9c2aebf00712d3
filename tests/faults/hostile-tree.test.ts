// Trees are copied while another process changes them, source and target, as fast as it can. MAPCP_RUNS=50 copies fifty
// times as often.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { CopyError, type CopyOptions, type CopyReport, openSandbox } from 'mapcp';
import { expect, it, onTestFinished } from 'vitest';
import { look, putInto, type Seen } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { isTemporary } from './promises.js';
import { contentOf } from './vandal.mjs';

const ROUNDS = 200 * Number(process.env.MAPCP_RUNS ?? 1);
const SECRET = 'a secret';

/** In turn, so that each meets everything. */
const choices: readonly CopyOptions[] = [
  { recursive: true, keepGoing: true },
  { recursive: true, keepGoing: true, symlinks: 'follow', verify: true },
  { recursive: true, keepGoing: true, preserveTimestamps: true, overwrite: 'newer', windowSize: 65_536 },
  { recursive: true, sparse: 'never' },
];

/** What a copy has told: a report, or the error that it failed with. */
async function outcomeOf(copying: PromiseLike<CopyReport>): Promise<CopyReport | CopyError> {
  try {
    return await copying;
  } catch (error) {
    if (error instanceof CopyError) {
      return error;
    }
    throw error;
  }
}

async function startVandal(directory: string): Promise<() => Promise<void>> {
  const program = join(import.meta.dirname, 'vandal.mjs');
  const vandal = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void vandal.kill('SIGKILL'));
  await once(vandal.stdout, 'data');
  return async () => {
    const ended = once(vandal, 'exit');
    vandal.kill('SIGKILL');
    await ended;
  };
}

/** Whether a file holds what every file here begins with: nothing of what lies outside, and nothing that was never there. */
function isRight(seen: Seen | undefined): boolean {
  return seen?.kind !== 'file' || seen.content === contentOf(seen.content.length).toString('latin1');
}

/** All that an escape would change. */
function outside(directory: string): unknown {
  const { mtimeNs, ctimeNs, nlink } = lstatSync(join(directory, 'outside/secret'), { bigint: true });
  return { mtimeNs, ctimeNs, nlink, tree: look(join(directory, 'outside')) };
}

it('a tree that somebody else changes meanwhile is copied right, or an error says why not, and nothing else is touched', () =>
  inMemoryDirectory(async (directory) => {
    const put = putInto(directory);
    put.directory('outside', 'in/a/0', 'in/a/1', 'in/a/2', 'out/b', 'out/quiet');
    put.file('outside/secret', SECRET);
    const before = outside(directory);
    using box = await openSandbox({
      '/in': { path: join(directory, 'in'), access: 'read' },
      '/out': { path: join(directory, 'out'), access: 'read-write' },
    });
    const stop = await startVandal(directory);

    const codes = new Map<string, number>();
    let files = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // In turn to where the other process is at work too, and to where what was copied can be looked at.
      const target = round % 2 === 0 ? '/out/b' : `/out/quiet/${round}`;
      const outcome = await outcomeOf(box.copy('/in/a', target, choices[(round >> 1) % choices.length]));
      const errors = outcome instanceof CopyError ? [outcome] : outcome.failures;
      for (const { code } of errors) {
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      files += outcome instanceof CopyError ? 0 : outcome.files;
    }
    await stop();

    const found = look(join(directory, 'out'));
    expect(Object.keys(found).filter(isTemporary)).toEqual([]);
    expect(Object.keys(found).filter((path) => !isRight(found[path]))).toEqual([]);
    expect(Object.keys(found).length).toBeGreaterThan(ROUNDS);
    expect(outside(directory)).toEqual(before);
    // It really raced: files were copied, and vanished, led out, and became something else.
    expect(files).toBeGreaterThan(0);
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['ENOENT', 'EPERM', 'EISDIR', 'ENOTDIR']));

    // And then it can be copied as ever.
    await box.copy('/in/a', '/out/again', { recursive: true });
    expect(Object.keys(look(join(directory, 'out/again')))).toEqual(
      Object.keys(look(join(directory, 'in/a'))),
    );
  }));
