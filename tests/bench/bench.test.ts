import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { canMount, onSmallDisk } from '../helpers/small-disk.js';
import { hasHadEnough } from './measure.mjs';
import { median } from './median.mjs';
import { milliseconds, type Results } from './report.mjs';

type Variables = Readonly<Record<string, string>>;

/** Runs the benchmark on next to nothing. */
function run(directory: string, variables: Variables) {
  const env = {
    ...process.env,
    ROUNDS: '1',
    SCALE: '0.0005',
    PLACES: 'disk',
    BENCH_OUT: directory,
    ...variables,
  };
  return spawnSync(process.execPath, ['tests/bench/bench.mjs'], { env, encoding: 'utf8' });
}

/** Runs it so, and returns what it has printed and written. */
function bench(directory: string, variables: Variables) {
  const { status, stdout: printed, stderr } = run(directory, variables);
  expect(stderr).toBe('');
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { status, printed, results: JSON.parse(read('bench.json')) as Results, drawn: read('bench.svg') };
}

/** Has scripts stand in for programs; they reach the true ones. Returns the variables for that. */
function standIns(directory: string, scripts: Readonly<Record<string, string>>): Variables {
  const { PATH = '' } = process.env;
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\nPATH='${PATH}'\n${script}\n`, { mode: 0o755 });
  }
  return { PATH: `${directory}${delimiter}${PATH}` };
}

describe('the benchmark', () => {
  it('measures whoever is there, and prints, writes and draws the ratios', () =>
    inTemporaryDirectory((directory) => {
      const { status, printed, results, drawn } = bench(directory, { CASES: 'sparse,small,start' });
      const { rows } = results;
      const bounds = ['bound: same calls in Node', 'bound: same calls in C'];
      for (const contestant of ['mapcp', 'cpy', 'fs-extra', ...bounds]) {
        const own = rows.filter((row) => row.contestant === contestant);
        expect(own.map((row) => row.case)).toEqual(
          bounds.includes(contestant) ? ['small'] : ['sparse', 'small', 'start'],
        );
        expect(own.filter((row) => !('median' in row && (row.ratio ?? 0) > 0))).toEqual([]);
        expect(printed).toContain(contestant);
        expect(drawn).toContain(`>${contestant}</text>`);
      }
      // Elsewhere tools may be missing; CI has all of them, and must not pass without.
      const isToBeThere = process.env.CI !== undefined;
      expect(rows.filter((row) => 'failed' in row || (isToBeThere && 'missing' in row))).toEqual([]);
      expect(status).toBe(0);
    }));

  it('draws a line for each spread, and says what cp takes', () =>
    inTemporaryDirectory((directory) => {
      const { results, drawn } = bench(directory, { CASES: 'small', CONTESTANTS: 'cp,mapcp', ROUNDS: '2' });
      expect(drawn.match(/class="spread"/g)).toHaveLength(2);
      const [ofCp] = results.rows;
      const median = ofCp !== undefined && 'median' in ofCp ? milliseconds(ofCp.median) : undefined;
      expect(drawn).toContain(`>5,000 files of 4 KiB: cp takes ${median} ms on disk<`);
    }));

  it('has all of them copy once in each round, in changing order, after a round that does not count', () =>
    inTemporaryDirectory((directory) => {
      const log = join(directory, 'log');
      const { results } = bench(directory, {
        ...standIns(directory, {
          cp: `case $2 in --reflink=*) echo cp ;; *) echo cp -r ;; esac >> '${log}'\nexec cp "$@"`,
          rsync: `echo rsync >> '${log}'\nexec cp -r "$2" "$3"`,
        }),
        CASES: 'small',
        CONTESTANTS: 'cp,cp -r,rsync',
        ROUNDS: '5',
      });
      const turns = readFileSync(log, 'utf8').trimEnd().split('\n');
      const rounds = [0, 1, 2, 3, 4, 5].map((round) => turns.slice(3 * round, 3 * round + 3));
      expect(turns).toHaveLength(18);
      expect(rounds.map((names) => names.toSorted())).toEqual(rounds.map(() => ['cp', 'cp -r', 'rsync']));
      expect(new Set(rounds.map(([first]) => first)).size).toBeGreaterThan(1);
      expect(new Set(rounds.map(String)).size).toBeGreaterThan(2);
      expect(results.rows.map((row) => 'rounds' in row && row.rounds)).toEqual([5, 5, 5]);
    }));

  it('has a contestant that takes long copy five times, and no more', () => {
    const samples = [1000, 20_000, 20_000, 20_000, 20_000, 20_000].map((time) => ({ time }));
    expect(hasHadEnough(samples)).toBe(true);
    expect(hasHadEnough(samples.slice(0, -1))).toBe(false);
    expect(hasHadEnough(samples.map(() => ({ time: 1000 })))).toBe(false);
  });

  it.skipIf(!existsSync('/dev/shm')).each([
    ['the disk', 'disk', ['0 0', '3 0', '6 0']],
    ['tmpfs', 'tmpfs', ['0 0', '0 0', '0 0']],
  ])('has the copies on %s take no space while others copy, and removes them', (_, place, seen) =>
    inTemporaryDirectory((directory) => {
      const log = join(directory, 'log');
      mkdirSync(join(directory, 'temporary'));
      const count = (condition: string) =>
        `$(find "\${4%/*/*}" -path '*/copy/*' -type f ${condition} | wc -l)`;
      bench(directory, {
        ...standIns(directory, { cp: `echo ${count('')} ${count('-size +0')} >> '${log}'\nexec cp "$@"` }),
        TMPDIR: join(directory, 'temporary'),
        PLACES: place,
        CASES: 'small',
        CONTESTANTS: 'cp',
        ROUNDS: '2',
      });
      expect(readFileSync(log, 'utf8').trimEnd().split('\n')).toEqual(seen);
      expect(readdirSync(join(directory, 'temporary'))).toEqual([]);
    }),
  );

  it('names who is missing, and goes on', () =>
    inTemporaryDirectory((directory) => {
      const variables = {
        CASES: 'small',
        CONTESTANTS: 'mapcp in wasmtime,fs-extra',
        MAPCP_WASMTIME: '/nowhere',
      };
      const { status, printed, results } = bench(directory, variables);
      expect(results.rows).toMatchObject([
        { contestant: 'mapcp in wasmtime', missing: 'there is no /nowhere' },
        { contestant: 'fs-extra', rounds: 1 },
      ]);
      expect(printed).toMatch(/mapcp in wasmtime +\|[ |]+missing: there is no \/nowhere \|/);
      expect(status).toBe(0);
    }));

  it.each([
    ['says no', 'echo "not | today" >&2; exit 23', 'not | today', 'failed: not \\| today'],
    ['ends by a signal', 'kill -9 $$', 'it ended with SIGKILL', 'failed: it ended with SIGKILL'],
    [
      'leaves something out',
      'mkdir "$3"; cp "$2/file-0" "$3"',
      'copied 1 files of 4096 bytes, not 3 of 12288',
      'failed: copied 1 files of 4096 bytes, not 3 of 12288',
    ],
  ])('tells why who %s has failed, and goes on', (_, script, failed, shown) =>
    inTemporaryDirectory((directory) => {
      const { status, printed, results } = bench(directory, {
        ...standIns(directory, { rsync: script }),
        CASES: 'small',
        CONTESTANTS: 'cp,rsync,mapcp',
      });
      expect(results.rows).toMatchObject([{ rounds: 1 }, { contestant: 'rsync', failed }, { rounds: 1 }]);
      expect(printed).toContain(` ${shown} |`);
      expect(status).toBe(0);
    }),
  );

  it('tells of a library whose process ends, and goes on', () =>
    inTemporaryDirectory((directory) => {
      const trap = join(directory, 'trap.mjs');
      writeFileSync(trap, "if (process.argv[2] === 'fs-extra') process.exit(3);");
      const { status, results } = bench(directory, {
        NODE_OPTIONS: `--import=${trap}`,
        CASES: 'small',
        CONTESTANTS: 'cp,mapcp,fs-extra',
      });
      const failed = 'its process ended with 3';
      expect(results.rows).toMatchObject([{ rounds: 1 }, { rounds: 1 }, { contestant: 'fs-extra', failed }]);
      expect(status).toBe(0);
    }));

  it('ends with status 1 where mapcp has failed', () =>
    inTemporaryDirectory((directory) => {
      const { status, results } = bench(directory, {
        ...standIns(directory, { wasmtime: 'echo broken >&2; exit 1' }),
        MAPCP_WASMTIME: 'wasmtime',
        CASES: 'small',
        CONTESTANTS: 'cp,mapcp in wasmtime',
      });
      expect(results.rows).toMatchObject([{ contestant: 'cp', rounds: 1 }, { failed: 'broken' }]);
      expect(status).toBe(1);
    }));

  it.skipIf(!canMount).each([
    ['a source', 64, /ENOSPC/],
    ['a copy', 200, /it needs 1 MiB more, and 1 MiB are free/],
  ])('leaves out a case that has no space for %s, and goes on', (_, kibibytes, why) =>
    inTemporaryDirectory((directory) => {
      const disk = join(directory, 'disk');
      mkdirSync(disk);
      onSmallDisk(disk, kibibytes * 1024, () => {
        const variables = { TMPDIR: disk, CASES: 'large,small', CONTESTANTS: 'cp,mapcp' };
        const { status, printed, results } = bench(directory, variables);
        expect(printed).toMatch(/^one file of 256 MiB, on disk, is left out: /m);
        expect(printed).toMatch(why);
        expect(results.partial).toContainEqual(expect.stringMatching(why));
        expect(results.rows.map((row) => [row.case, 'median' in row])).toEqual([
          ['small', true],
          ['small', true],
        ]);
        expect(status).toBe(0);
      });
    }),
  );

  it.each([
    ['ROUNDS', 'x'],
    ['ROUNDS', ''],
    ['ROUNDS', '0'],
    ['ROUNDS', '1.5'],
    ['SCALE', 'small'],
    ['SCALE', '-1'],
    ['SCALE', '2'],
    ['CASES', 'smal'],
    ['CONTESTANTS', ''],
    ['PLACES', 'tmpfs,moon'],
  ])('refuses %s=%s in a sentence', (variable, value) =>
    inTemporaryDirectory((directory) => {
      const little = { CASES: 'start', CONTESTANTS: 'cp' };
      const { status, stdout, stderr } = run(directory, { ...little, [variable]: value });
      expect(stderr).toMatch(
        new RegExp(`^${variable} (must be a .*, and is '.*'|has '.*', which is none of: .*)\n$`),
      );
      expect(stdout).toBe('');
      expect(status).toBe(2);
    }),
  );
});

describe('what is published', () => {
  /** Publishes into a checkout that has nothing but a README. */
  function publish(directory: string) {
    const readme = join(directory, 'README.md');
    mkdirSync(join(directory, 'docs'));
    writeFileSync(readme, 'before\n<!-- bench: begin -->\n<!-- bench: end -->\nafter\n');
    const env = { ...process.env, BENCH_OUT: directory };
    const { status, stderr } = spawnSync(process.execPath, ['tests/bench/publish.mjs', directory], {
      env,
      encoding: 'utf8',
    });
    return { status, stderr, readme: readFileSync(readme, 'utf8') };
  }

  it('is no run that is less than the whole benchmark', () =>
    inTemporaryDirectory((directory) => {
      bench(directory, { CASES: 'start', CONTESTANTS: 'rsync,mapcp' });
      const { status, stderr, readme } = publish(directory);
      for (const reason of [
        'ROUNDS=1',
        'SCALE=0.0005',
        'CASES=start',
        'CONTESTANTS=rsync,mapcp',
        'PLACES=disk',
      ]) {
        expect(stderr).toContain(`  ${reason}\n`);
      }
      expect(readme).toBe('before\n<!-- bench: begin -->\n<!-- bench: end -->\nafter\n');
      expect(status).toBe(1);
    }));

  it('is no run that does not say whether it is whole', () =>
    inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'bench.json'), JSON.stringify({ rows: [] }));
      const { status, stderr } = publish(directory);
      expect(stderr).toContain('  it was measured by an older version\n');
      expect(status).toBe(1);
    }));

  it('is no run in which mapcp or cp has failed', () =>
    inTemporaryDirectory((directory) => {
      const variables = {
        ...standIns(directory, { cp: 'exit 1', wasmtime: 'exit 2' }),
        MAPCP_WASMTIME: 'wasmtime',
        CASES: 'small',
      };
      const { results } = bench(directory, { ...variables, CONTESTANTS: 'cp,mapcp in wasmtime,fs-extra' });
      expect(results.partial).toContain('5,000 files of 4 KiB, on disk, has no cp (failed: it ended with 1)');
      expect(publish(directory).stderr).toContain('has no mapcp in wasmtime (failed: it ended with 2)');
    }));

  it('are the main ratios in the README, and all tables in docs/benchmark.md', () =>
    inTemporaryDirectory((directory) => {
      const row = { place: 'tmpfs', case: 'start', title: 'a process' };
      const spread = { rounds: 7, least: 9, most: 12.5 };
      const figures = { ...row, ...spread };
      const mixed = { ...spread, place: 'tmpfs', case: 'mixed', title: 'a tree', median: 9 };
      const rows = [
        { ...figures, contestant: 'cp', median: 10, ratio: 1 },
        { ...row, contestant: 'rsync', failed: 'no' },
        { ...figures, contestant: 'mapcp', median: 30, ratio: 3, rounds: 5, longestTurn: 4, memory: 2 ** 20 },
        { ...figures, contestant: 'node -e 0', median: 20, ratio: 2 },
        { ...mixed, case: 'large', title: 'a file', contestant: 'mapcp', ratio: 1.5 },
        { ...mixed, contestant: 'mapcp', ratio: 2.5, memory: 3 * 2 ** 20 },
        { ...mixed, contestant: 'mapcp in wasmtime', ratio: 4 },
        { ...mixed, contestant: 'fs.cp', ratio: 8 },
        { ...mixed, place: 'disk', contestant: 'mapcp', ratio: 6, longestTurn: 5 },
      ];
      const results = { date: '2026-01-01', machine: 'a machine', rounds: 7, partial: [], rows };
      writeFileSync(join(directory, 'bench.json'), JSON.stringify(results));
      writeFileSync(join(directory, 'bench.svg'), 'a picture');

      const { status, stderr, readme } = publish(directory);

      expect(stderr).toBe('');
      expect(status).toBe(0);
      const read = (name: string) => readFileSync(join(directory, 'docs', name), 'utf8');
      expect(readme).toMatch(/^before\n(.*\n)+after\n$/);
      expect(readme).toContain('takes mapcp 1.50 times as long as `cp`,\nand 20,000 mixed files 2.50 times');
      expect(readme).toContain('(fs.cp 8.00)');
      expect(readme).toMatch(/at most 3 MiB more memory[^.]*at most 5 ms at a time/);
      for (const line of [
        /^\| cp +\| +10.0 ms \|/m,
        /^\| rsync +\| +failed: no \|/m,
        /^\| mapcp +\| +3.00 \| +1.50 \| +2.50 \|/m,
        /^\| mapcp +\| +6.00 \|$/m,
        /^\| mapcp +\| +5 \| +30.0 ms \| +9.0–12.5 \| +3.00 \| +4.0 ms \| +1 MiB \|/m,
        /^\| rsync +\|[ |]+failed: no \|/m,
      ]) {
        expect(read('benchmark.md')).toMatch(line);
      }
      expect(read('benchmark.md')).toContain('medians of 7 rounds, and of at least 5 if those take long');
      expect(read('benchmark.md')).toContain('The command took 10 ms more than `node -e 0` to copy 1 byte');
      const summary = read('bench-summary.svg');
      expect(summary).toContain('>a tree:');
      expect(summary).toContain('>fs.cp<');
      expect(summary).not.toMatch(/>a process:|>mapcp in wasmtime</);
      expect(read('bench.svg')).toBe('a picture');
    }));
});

describe('a median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect([median([30, 1, 2]), median([4, 1, 100, 2])]).toEqual([2, 3]);
  });
});

const hasStrace = spawnSync('strace', ['-V']).status === 0 || process.env.CI !== undefined;

describe.skipIf(!hasStrace)('the bounds', () => {
  const calls =
    'openat,fstat,newfstatat,statx,pread64,pwrite64,fchmod,fchmodat,chmod,close,rename,renameat,mkdir,mkdirat';

  /** How often each call is made for a directory with a file in it, from its opening to its getting its mode. */
  function callsOf(directory: string, command: readonly string[]) {
    const log = join(directory, 'log');
    spawnSync('strace', ['-f', '-qq', '-y', '-e', `trace=${calls}`, '-o', log, ...command]);
    const lines = readFileSync(log, 'utf8').split('\n');
    const [thread = ''] = lines.find((line) => line.includes('inner", O_RDONLY'))?.split(' ') ?? [];
    // The first name for an unfinished file takes random bytes for all.
    const own = lines.filter((line) => line.startsWith(`${thread} `) && !line.includes('/dev/urandom'));
    const first = own.findIndex((line) => line.includes('inner", O_RDONLY'));
    const last = own.findIndex((line) => /chmod(at)?\(.*, 0750\)/.test(line));
    const counts: Record<string, number> = {};
    for (const line of own.slice(first, last)) {
      const [, call = ''] = /^\d+ +(\w+)\(/.exec(line) ?? [];
      // Which of them is used to look at a file, and whether a call takes a descriptor of its directory, is the library's.
      const name = call
        .replace(/^(fstat|newfstatat|statx)$/, 'stat')
        .replace(/^(rename|mkdir)at$/, '$1')
        .replace(/^fchmod(at)?$/, 'chmod');
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  it('make the calls that mapcp makes', () =>
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
