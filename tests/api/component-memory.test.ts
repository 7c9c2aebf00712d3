// Repeated calls do not grow the component's memory: a copy can have millions of steps.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { Root } from '#bindings';
import { toComponent } from '../../ts/common/options.js';
import { instantiateWithMemory } from '../faults/small-memory.js';
import { it } from '../helpers/it.js';
import { built, runFile } from '../helpers/runtimes.js';
import { hostWith, walkers } from '../host/helpers.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];

// Pages of 64 KiB. A leak of a few dozen bytes for each call would take several times as many.
const PAGES = 4;
const TIMES = 20_000;

type Job = InstanceType<Root['copier']['CopyJob']>;

/** Creates a job that copies a directory with a file and an entry that cannot be copied. */
function makeJob({ copier }: Root): Job {
  const options = toComponent({ recursive: true, keepGoing: true, windowSize: 1, onEntry: () => {} }, false);
  return new copier.CopyJob('/in/a', '/in/b', options);
}

const drop = (job: Job) => (job as Partial<Disposable>)[Symbol.dispose]?.();

function repeat(times: number, act: () => void): void {
  for (let time = 0; time < times; time++) {
    act();
  }
}

it.for<[string, (root: Root) => void]>([
  ['how far a job is', (root) => asked(root, (job) => job.progress())],
  ['where a job is', (root) => asked(root, (job) => job.currentPath())],
  ['what went wrong', (root) => asked(root, (job) => job.takeErrors())],
  ['what was copied', (root) => asked(root, (job) => job.takeEntries())],
  [
    'for another copy, with what went wrong and what was copied',
    (root) =>
      repeat(TIMES / 10, () => {
        const job = makeJob(root);
        while (!job.step(1n << 40n).done) {}
        expect([job.takeErrors().length, job.takeEntries().length]).toEqual([1, 1]);
        drop(job);
      }),
  ],
  [
    'for the copies of the next paths of a list',
    ({ copier }) => {
      const options = toComponent({ keepGoing: true, onEntry: () => {}, windowSize: 1 }, false, {
        input: 'paths',
      });
      const job = new copier.CopyJob('/in/a', '/in/listed', options);
      const paths = new TextEncoder().encode(`file\0./file\0missing\0../out\0${'x'.repeat(300)}\0`);
      repeat(TIMES / 10, () => {
        job.addInput(paths);
        while (!job.step(1n << 40n).waits) {}
        job.takeErrors();
        job.takeEntries();
      });
      job.endInput();
      expect(job.step(1n << 40n).filesDone).toBe(BigInt(TIMES / 5));
      drop(job);
    },
  ],
  [
    'for a copy that fails',
    ({ copier }) =>
      repeat(TIMES / 4, () => {
        const job = new copier.CopyJob('/in/none', '/in/c', toComponent({}, false));
        expect(() => job.step(1n)).toThrow();
        drop(job);
      }),
  ],
  [
    'to clean what is no directory',
    ({ copier }) => repeat(TIMES / 4, () => expect(() => copier.clean('/in/none', false)).toThrow()),
  ],
])(
  'if it is asked %s again and again, the component takes no further memory',
  async ([_, ask], { directory }) => {
    mkdirSync(join(directory, 'a'));
    mkdirSync(join(directory, 'b/blocked'), { recursive: true });
    writeFileSync(join(directory, 'a/blocked'), 'a directory is in its way');
    writeFileSync(join(directory, 'a/file'), 'content');
    const preopens = { '/in': { path: directory, access: 'read-write' } } as const;
    const host = hostWith(walker, { preopens, clocks: true, random: true });
    try {
      ask(await instantiateWithMemory(PAGES, host.imports));
    } finally {
      host.close();
    }
  },
);

function asked(root: Root, question: (job: Job) => unknown): void {
  const job = makeJob(root);
  repeat(TIMES, () => question(job));
  drop(job);
}

it.runIf(process.platform !== 'win32')(
  'a report of 60,000 warnings fits into a small heap',
  ({ inMemory: directory }) => {
    mkdirSync(join(directory, 'a'));
    execFileSync('sh', ['-c', 'seq 60000 | xargs mkfifo'], { cwd: join(directory, 'a') });
    const code = `
      import { copy } from ${JSON.stringify(pathToFileURL(built('js/index.js')).href)};
      const { warnings, warningCount } = await copy('a', 'b', { recursive: true, dryRun: true });
      console.log(warnings.length, warningCount);`;
    // All of them would take three times as much.
    const args = ['--max-old-space-size=32', '--input-type=module', '--eval', code];
    expect(runFile(process.execPath, args, directory)).toEqual({
      status: 0,
      stdout: '100 60000\n',
      stderr: '',
    });
  },
);
