// A smoke test: the benchmark measures, reports errors, and publishes only complete results.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import type { Results } from './report.mjs';

type Variables = Readonly<Record<string, string>>;

/** Runs the benchmark with tiny sources. Returns its output and its results. */
function bench(directory: string, variables: Variables) {
  const env = {
    ...process.env,
    ROUNDS: '1',
    SCALE: '0.0005',
    PLACES: 'disk',
    BENCH_OUT: directory,
    ...variables,
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tests/bench/bench.mjs'], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { status, stdout, results: JSON.parse(read('bench.json')) as Results, picture: read('bench.svg') };
}

/** Puts scripts on the PATH in place of programs, and returns the variables for that. */
function replacePrograms(directory: string, scripts: Readonly<Record<string, string>>): Variables {
  const { PATH = '' } = process.env;
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\nPATH='${PATH}'\n${script}\n`, { mode: 0o755 });
  }
  return { PATH: `${directory}${delimiter}${PATH}` };
}

const README = 'before\n<!-- bench: begin -->\n<!-- bench: end -->\nafter\n';

/** Publishes into a checkout that has only a README. */
function publish(directory: string) {
  const readme = join(directory, 'README.md');
  mkdirSync(join(directory, 'docs'));
  writeFileSync(readme, README);
  const env = { ...process.env, BENCH_OUT: directory };
  const { status, stderr } = spawnSync(process.execPath, ['tests/bench/publish.mjs', directory], {
    env,
    encoding: 'utf8',
  });
  return { status, stderr, readme: readFileSync(readme, 'utf8') };
}

describe('the benchmark', () => {
  it('measures every contestant, prints the ratios and draws them', () =>
    inTemporaryDirectory((directory) => {
      const { status, stdout, results, picture } = bench(directory, { CASES: 'sparse,small,start' });
      const bounds = ['bound: same calls in Node', 'bound: same calls in C'];
      for (const contestant of ['mapcp', 'cpy', 'fs-extra', ...bounds]) {
        const own = results.rows.filter((row) => row.contestant === contestant);
        expect(own.map((row) => row.case)).toEqual(
          bounds.includes(contestant) ? ['small'] : ['sparse', 'small', 'start'],
        );
        expect(own.filter((row) => !('median' in row && (row.ratio ?? 0) > 0))).toEqual([]);
        expect(stdout).toContain(contestant);
        expect(picture).toContain(`>${contestant}</text>`);
      }
      // CI has every contestant.
      const mustExist = process.env.CI !== undefined;
      expect(results.rows.filter((row) => 'failed' in row || (mustExist && 'missing' in row))).toEqual([]);
      expect(status).toBe(0);
    }));

  it('reports contestants that are missing, fail or copy too little, and fails if one is mapcp', () =>
    inTemporaryDirectory((directory) => {
      const programs = { rsync: 'mkdir "$3"; cp "$2/file-0" "$3"', wasmtime: 'echo broken >&2; exit 1' };
      const { status, stdout, results } = bench(directory, {
        ...replacePrograms(directory, programs),
        MAPCP_WASMTIME: 'wasmtime',
        CASES: 'small',
        CONTESTANTS: 'cp,rsync,mapcp in wasmtime,fs-extra',
      });
      expect(results.rows).toMatchObject([
        { contestant: 'cp', rounds: 1 },
        { contestant: 'rsync', failed: 'copied 1 files of 4096 bytes, not 3 of 12288' },
        { contestant: 'mapcp in wasmtime', failed: 'broken' },
        { contestant: 'fs-extra', rounds: 1 },
      ]);
      expect(stdout).toContain(' failed: copied 1 files of 4096 bytes, not 3 of 12288 |');
      expect(status).toBe(1);
    }));

  it('refuses an invalid setting in one sentence', () => {
    const env = { ...process.env, ROUNDS: '1.5' };
    const { status, stderr } = spawnSync(process.execPath, ['tests/bench/bench.mjs'], {
      env,
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^ROUNDS must be a .*, and is '1\.5'\n$/);
    expect(status).toBe(2);
  });

  it('publishes no partial run', () =>
    inTemporaryDirectory((directory) => {
      bench(directory, { CASES: 'start', CONTESTANTS: 'rsync,mapcp' });
      const { status, stderr, readme } = publish(directory);
      for (const reason of ['ROUNDS=1', 'SCALE=0.0005', 'CASES=start', 'CONTESTANTS=rsync,mapcp']) {
        expect(stderr).toContain(`  ${reason}\n`);
      }
      expect(readme).toBe(README);
      expect(status).toBe(1);
    }));

  it('publishes the main ratios in the README, and all tables in docs/benchmark.md', () =>
    inTemporaryDirectory((directory) => {
      const start = { place: 'tmpfs', case: 'start', title: 'a process', rounds: 7, least: 9, most: 12.5 };
      const mixed = { ...start, case: 'mixed', title: 'a tree', median: 9 };
      const rows = [
        { ...start, contestant: 'cp', median: 10, ratio: 1 },
        { place: 'tmpfs', case: 'start', title: 'a process', contestant: 'rsync', failed: 'no' },
        { ...start, contestant: 'mapcp', median: 30, ratio: 3, rounds: 5, longestTurn: 4, memory: 2 ** 20 },
        { ...start, contestant: 'node -e 0', median: 20, ratio: 2 },
        { ...mixed, case: 'large', title: 'a file', contestant: 'mapcp', ratio: 1.5 },
        { ...mixed, contestant: 'mapcp', ratio: 2.5, memory: 3 * 2 ** 20 },
        { ...mixed, contestant: 'fs.cp', ratio: 8 },
        { ...mixed, place: 'disk', contestant: 'mapcp', ratio: 6, longestTurn: 5 },
      ];
      const results = { date: '2026-01-01', machine: 'a machine', rounds: 7, partial: [], rows };
      writeFileSync(join(directory, 'bench.json'), JSON.stringify(results));
      writeFileSync(join(directory, 'bench.svg'), 'a picture');

      const { status, stderr, readme } = publish(directory);

      expect([status, stderr]).toEqual([0, '']);
      expect(readme).toMatch(/^before\n(.*\n)+after\n$/);
      expect(readme).toMatch(
        /takes 1\.50 times as long as `cp` for one file of 256 MiB,\sand 2\.50 times as long for/,
      );
      const page = readFileSync(join(directory, 'docs/benchmark.md'), 'utf8');
      for (const line of [
        /^\| cp +\| +10.0 ms \|/m,
        /^\| rsync +\| +failed: no \|/m,
        /^\| mapcp +\| +3.00 \| +1.50 \| +2.50 \|/m,
        /^\| mapcp +\| +5 \| +30.0 ms \| +9.0–12.5 \| +3.00 \| +4.0 ms \| +1 MiB \|/m,
      ]) {
        expect(page).toMatch(line);
      }
    }));
});

const hasStrace = spawnSync('strace', ['-V']).status === 0 || process.env.CI !== undefined;

describe.skipIf(!hasStrace)('the bounds', () => {
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
    }));
});
