import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { look } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { mustRun, runProgram } from '../helpers/program.js';
import { mayTest } from '../helpers/tools.js';
import { type Frontend, frontends, run } from './frontends.js';

const SHARDS = 3;

// The last of three shards has it.
const HUGE = 's1/t1/huge';
const OWNER = 2;

const hasParallel = mayTest(runProgram('parallel', ['--version']).stdout?.includes('GNU parallel') ?? false);

/** Creates a tree of a hundred files in `in/a`. */
function prepare(directory: string): void {
  for (const path of ['in', 'out']) {
    mkdirSync(join(directory, path));
  }
  const root = join(directory, 'in/a');
  for (const s of ['s0', 's1', 's2', 's3']) {
    for (const t of ['t0', 't1', 't2/empty']) {
      mkdirSync(join(root, s, t), { recursive: true });
    }
    for (let file = 0; file < 20; file++) {
      writeFileSync(join(root, s, `t${file % 3}`, `f${file}`), `${s} ${file}`);
    }
    symlinkSync('t0/f0', join(root, s, 'link'));
  }
  writeFileSync(join(root, HUGE), '');
  chmodSync(join(root, 's2/t1'), 0o555);
  chmodSync(join(root, 's1/t1'), 0o750);
  mustRun('find', [root, '-exec', 'touch', '--no-dereference', '--date=@1000000.25', '{}', ';']);
}

/** Copies some shards of `in/a` to `out/b` by GNU parallel. */
function copyInParallel(frontend: Frontend, directory: string, shards: readonly number[]): void {
  const command = [
    ...frontend.command,
    '-r',
    '-p',
    '-T',
    '--verify',
    `--shard={}/${SHARDS}`,
    'in/a',
    'out/b',
  ];
  const jobs = ['--will-cite', '--jobs', String(SHARDS), '--quote', ...command, ':::', ...shards.map(String)];
  const { status, stderr } = runProgram('parallel', jobs, { cwd: directory });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

/** The result of copying `in/a` without shards. */
function copyAtOnce(frontend: Frontend, directory: string) {
  const { status, stderr } = run(frontend, ['-r', '-p', '-T', 'in/a', 'out/whole'], directory);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return look(join(directory, 'out/whole'));
}

/** Waits until a copy has begun to write a file in a directory. */
async function temporaryFileIn(directory: string, copying: ChildProcess): Promise<void> {
  const isThere = () => {
    try {
      return readdirSync(directory).some((name) => name.startsWith('.mapcp-'));
    } catch {
      // The directory does not exist yet.
      return false;
    }
  };
  await vi.waitUntil(() => copying.exitCode !== null || isThere(), { timeout: 300_000 });
  expect(copying.exitCode, 'the copy is still under way').toBe(null);
}

/** Copies the shard with the huge file, and kills the copy half-way. To verify that file takes long. */
async function killOwner(frontend: Frontend, directory: string): Promise<void> {
  const [program = '', ...rest] = frontend.command;
  truncateSync(join(directory, 'in/a', HUGE), 2 ** 40);
  const args = [...rest, '-r', '-p', '-T', '--verify', `--shard=${OWNER}/${SHARDS}`, 'in/a', 'out/b'];
  const copying = spawn(program, args, { cwd: directory, stdio: 'ignore' });
  const closed = once(copying, 'close');
  await temporaryFileIn(join(directory, 'out/b', dirname(HUGE)), copying);
  copying.kill('SIGKILL');
  await closed;
  truncateSync(join(directory, 'in/a', HUGE), 17);
}

describe.skipIf(!hasParallel).each(frontends)('shards that GNU parallel copies in $name', (frontend) => {
  const all = Array.from({ length: SHARDS }, (_, index) => index);

  it('are together equal to a copy without shards', ({ directory }) => {
    prepare(directory);
    copyInParallel(frontend, directory, all);
    const copy = look(join(directory, 'out/b'));
    expect(copy).toEqual(copyAtOnce(frontend, directory));
  });

  it('are together equal to a copy without shards if one is killed and run again', async ({ directory }) => {
    prepare(directory);
    await killOwner(frontend, directory);
    copyInParallel(
      frontend,
      directory,
      all.filter((index) => index !== OWNER),
    );
    // In Node, two jobs may have divided the shard, and each may have an unfinished file.
    expect(run(frontend, ['--clean', 'out/b'], directory).stdout).toMatch(
      /^'out\/b': (1 temporary file|2 temporary files) removed\n$/,
    );
    copyInParallel(frontend, directory, [OWNER]);
    const copy = look(join(directory, 'out/b'));
    expect(Object.keys(copy)).toHaveLength(Object.keys(look(join(directory, 'in/a'))).length);
    expect(copy).toEqual(copyAtOnce(frontend, directory));
  });
});
