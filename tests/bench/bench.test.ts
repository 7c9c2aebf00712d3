// A smoke test: the benchmark measures every contestant, and publishes its results.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { mayRun } from '../helpers/tools.js';
import { contestants } from './contestants.mjs';
import type { Goal } from './goals.mjs';
import type { Results } from './report.mjs';

const README = 'before\n<!-- bench: begin -->\n<!-- bench: end -->\nafter\n';

/** Runs a script of the benchmark, with output to a checkout that has only a README. */
function run(script: string, directory: string, variables: Readonly<Record<string, string>> = {}) {
  mkdirSync(join(directory, 'docs'), { recursive: true });
  writeFileSync(join(directory, 'README.md'), README);
  const { status, stdout, stderr } = spawnSync(process.execPath, [`tests/bench/${script}`, directory], {
    env: { ...process.env, BENCH_OUT: directory, ...variables },
    encoding: 'utf8',
  });
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { status, stdout, stderr, read };
}

describe('the benchmark', () => {
  it('measures every contestant, prints and draws the ratios, and publishes no partial run', () =>
    inTemporaryDirectory((directory) => {
      const small = { ROUNDS: '1', SCALE: '0.0005', PLACES: 'disk', CASES: 'sparse,small,loop,start' };
      const { status, stdout, stderr, read } = run('bench.mjs', directory, small);
      expect([status, stderr]).toEqual([0, '']);
      const { rows } = JSON.parse(read('bench.json')) as Results;
      const bounds = ['procfs', 'procfs, final names', 'koffi', 'koffi, final names', 'in C'].map(
        (bound) => `bound: ${bound}`,
      );
      for (const contestant of ['mapcp', 'cpy', 'fs-extra', ...bounds]) {
        const own = rows.filter((row) => row.contestant === contestant);
        expect(own.map((row) => row.case)).toEqual(
          bounds.includes(contestant) ? ['small'] : ['sparse', 'small', 'loop', 'start'],
        );
        expect(own.filter((row) => !('median' in row && (row.ratio ?? 0) > 0))).toEqual([]);
        expect(stdout).toContain(contestant);
        expect(read('bench.svg')).toContain(`>${contestant}</text>`);
      }
      // CI has every contestant that mapcp's own tests use.
      const mustExist = (name: string) => process.env.CI !== undefined && !contestants[name]?.isOptional;
      expect(
        rows.filter((row) => 'failed' in row || ('missing' in row && mustExist(row.contestant))),
      ).toEqual([]);

      const published = run('publish.mjs', directory);
      expect([published.status, published.read('README.md')]).toEqual([1, README]);
      expect(published.stderr).toContain('  ROUNDS=1\n');
    }));

  it('publishes the main ratios in the README and docs/benchmark.md, and all figures beside the benchmark', () =>
    inTemporaryDirectory((directory) => {
      const row = { place: 'tmpfs', case: 'mixed', title: 'a tree', rounds: 7, least: 9, most: 12.5 };
      const rows = [
        { ...row, contestant: 'cp', median: 10, ratio: 1 },
        { ...row, contestant: 'mapcp', median: 30, ratio: 3, longestTurn: 4, memory: 2 ** 20 },
        { ...row, case: 'large', title: 'a file', contestant: 'mapcp', median: 15, ratio: 1.5 },
      ];
      const results = {
        ...{ date: '2026-01-01', machine: 'a machine', rounds: 7, partial: [], rows },
        ...{ versions: ['cp 9.1'], contestants: ['cp', 'mapcp'] },
      };
      writeFileSync(join(directory, 'bench.json'), JSON.stringify(results));
      writeFileSync(join(directory, 'bench.svg'), 'a picture');

      const { status, stderr, read } = run('publish.mjs', directory);

      expect([status, stderr]).toEqual([0, '']);
      expect(read('README.md')).toMatch(/takes 1\.50 times as long as `cp`(.|\n)* 3\.00 times as long for/);
      expect(read('docs/benchmark.md')).toMatch(
        /^Versions: cp 9\.1\.(.|\n)*^\| mapcp \| +3\.00 \| +1\.50 \|/m,
      );
      expect(read('tests/bench/figures.md')).toMatch(/^\| mapcp +\| .* 30\.0 ms \| .* 4\.0 ms \| +1 MiB \|/m);
    }));
});

describe('the profile', () => {
  it('has each goal, and what was measured', () => {
    const env = { ...process.env, ROUNDS: '1', SCALE: '0.001' };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['tests/bench/goals.mjs'], {
      env,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const goals = JSON.parse(stdout) as Goal[];
    expect(goals.filter(({ most }) => most !== undefined)).toHaveLength(9);
    expect(goals.filter(({ measured }) => !Number.isFinite(measured))).toEqual([]);
  });
});

describe.runIf(mayRun('fpart', ['-V']))('the page on how cost grows', () => {
  it('has a row for each size, each kind of run and each number of machines', () =>
    inTemporaryDirectory((directory) => {
      const env = { ...process.env, ROUNDS: '1', SCALE: '0.001', BENCH_OUT: directory };
      const { status, stderr } = spawnSync(process.execPath, ['tests/bench/scale.mjs'], {
        env,
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const page = readFileSync(join(directory, 'scaling.md'), 'utf8');
      for (const line of [
        /^\| 1,000 +\| +1 \| +\d+\.\d µs \|.*\| +\d+ MiB \| +[1-9]\d* \|$/m,
        /^\| a list of 4 files, by `fpart -L` +\| +0\.\d\d s \| +\d+\.\d\d s \|$/m,
        /^\| `--atomic`: .*\d s \|$/m,
        /^\| 256 +\| +\d+ min \|.*\|$/m,
      ]) {
        expect(page).toMatch(line);
      }
    }));
});

describe.runIf(mayRun('strace', ['-V']))('the bounds', () => {
  const calls =
    'openat,fstat,newfstatat,statx,pread64,pwrite64,fchmod,fchmodat,chmod,close,rename,renameat,mkdir,mkdirat';

  /** Counts the calls for a directory with one file, from opening the directory to setting its mode. */
  function callsOf(directory: string, command: readonly string[]) {
    const log = join(directory, 'log');
    spawnSync('strace', ['-f', '-qq', '-y', '-e', `trace=${calls}`, '-o', log, ...command]);
    const lines = readFileSync(log, 'utf8').split('\n');
    const [thread = ''] = lines.find((line) => line.includes('inner", O_RDONLY'))?.split(' ') ?? [];
    // The first temporary name reads random bytes for all names.
    const own = lines.filter((line) => line.startsWith(`${thread} `) && !line.includes('/dev/urandom'));
    const first = own.findIndex((line) => line.includes('inner", O_RDONLY'));
    const last = own.findIndex((line) => /chmod(at)?\(.*, 0750\)/.test(line));
    const counts: Record<string, number> = {};
    for (const line of own.slice(first, last)) {
      const [, call = ''] = /^\d+ +(\w+)\(/.exec(line) ?? [];
      // The libraries choose between equivalent calls.
      const name = call
        .replace(/^(fstat|newfstatat|statx)$/, 'stat')
        .replace(/^(rename|mkdir)at$/, '$1')
        .replace(/^fchmod(at)?$/, 'chmod');
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  it('make the same calls as mapcp', () =>
    inTemporaryDirectory((directory) => {
      const source = join(directory, 'source');
      mkdirSync(join(source, 'inner'), { recursive: true });
      writeFileSync(join(source, 'inner/file'), Buffer.alloc(5000, 1));
      chmodSync(join(source, 'inner'), 0o750);
      const target = (name: string) => [source, join(directory, name)];
      const inNode =
        "import('./tests/bench/same-calls.mjs').then((m) => m.copyBySameCalls(...process.argv.slice(1)))";

      const ofMapcp = callsOf(directory, [
        process.execPath,
        'build/out/js/cli/main.js',
        '-rT',
        ...target('a'),
      ]);

      expect(ofMapcp).toMatchObject({ pread64: 1, pwrite64: 1, chmod: 2, rename: 1, mkdir: 1 });
      expect(callsOf(directory, [process.execPath, '-e', inNode, ...target('b')])).toEqual(ofMapcp);
      expect(callsOf(directory, ['build/out/native/tests/bench/same-calls', ...target('c')])).toEqual(
        ofMapcp,
      );

      const ofWholeTree = callsOf(directory, [
        process.execPath,
        ...['build/out/js/cli/main.js', '-rT', '--atomic', ...target('d')],
      ]);
      expect(ofWholeTree).not.toHaveProperty('rename');
      expect(
        callsOf(directory, [process.execPath, '-e', inNode, ...target('e'), 'procfs', 'in place']),
      ).toEqual(ofWholeTree);
    }));
});
