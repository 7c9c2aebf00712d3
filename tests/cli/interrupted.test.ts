import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';

const command = [resolve('build/out/js/cli/main.js'), '--json', '-r', '-T', '--verify', 'in/a', 'out/b'];

type Copying = ChildProcessByStdio<null, Readable, Readable>;

/** How the command line is run. */
interface Way {
  /** Further arguments. */
  readonly args?: readonly string[];
  /** The program that runs it, with its arguments. */
  readonly run?: readonly [string, ...string[]];
  /** Its standard input. */
  readonly stdin?: 'ignore' | number;
}

/** Interrupts the command line as soon as it copies the huge file, and returns how it ended. */
async function interrupt(directory: string, act: (copying: Copying) => void, way: Way = {}) {
  const { args = [], stdin = 'ignore', run = [process.execPath, ...command] } = way;
  const copying = spawn(run[0], [...run.slice(1), ...args], {
    cwd: directory,
    stdio: [stdin, 'pipe', 'pipe'],
  }) as Copying;
  let [stdout, stderr, hasActed] = ['', '', false];
  copying.stderr.on('data', (data: Buffer) => {
    stderr += data;
  });
  copying.stdout.on('data', (data: Buffer) => {
    stdout += data;
    if (!hasActed && stdout.includes('huge')) {
      hasActed = true;
      act(copying);
    }
  });
  const [status, signal] = (await once(copying, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, stdout, stderr };
}

/** The id of the process that runs a program in a directory. */
function processIn(directory: string, program: string): number {
  const found = readdirSync('/proc').find((id) => {
    try {
      const [name] = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
      return name === program && readlinkSync(`/proc/${id}/cwd`) === directory;
    } catch {
      return false;
    }
  });
  return Number(found);
}

/** A source and a target directory. Verifying the copy takes longer than the test. */
function prepare(directory: string): void {
  for (const path of ['in', 'out', 'in/a', 'out/b']) {
    mkdirSync(join(directory, path));
  }
  // A hole, because a disk would be slow.
  writeFileSync(join(directory, 'in/a/huge'), '');
  truncateSync(join(directory, 'in/a/huge'), 2 ** 40);
  writeFileSync(join(directory, 'out/b/huge'), 'old');
}

function expectOldTarget(directory: string): void {
  expect(readdirSync(join(directory, 'out/b'))).toEqual(['huge']);
  expect(readFileSync(join(directory, 'out/b/huge'), 'utf8')).toBe('old');
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGPIPE', 'SIGUSR1', 'SIGUSR2'] as const;

describe('mapcp, if it is interrupted', () => {
  // At SIGUSR1, Node would open a port for a debugger, and say so.
  it.for(signals)('by %s, ends by it and leaves no partial file', async (name, { directory }) => {
    prepare(directory);

    const { signal, stderr } = await interrupt(directory, (copying) => copying.kill(name));

    expect(stderr).toBe('mapcp: interrupted; what was finished stays\n');
    expect(signal).toBe(name);
    expectOldTarget(directory);
  });

  it('has printed the errors so far', async ({ directory }) => {
    prepare(directory);
    mkdirSync(join(directory, 'in/a/d'));
    renameSync(join(directory, 'in/a/huge'), join(directory, 'in/a/d/huge'));
    // A directory's files precede its subdirectories' entries.
    mkdirSync(join(directory, 'out/b/x'));
    writeFileSync(join(directory, 'in/a/x'), '');

    const { stdout } = await interrupt(directory, (copying) => copying.kill('SIGINT'), {
      args: ['--keep-going'],
    });

    expect(stdout).toMatch(/^{"type":"error","code":"EISDIR","operation":"create","path":"out\/b\/x"/m);
  });

  it('by the end of its terminal under nohup, goes on', async ({ directory }) => {
    prepare(directory);
    // This standard input shows that nohup has started it.
    const stdin = openSync('/dev/null', constants.O_WRONLY);
    const act = (copying: Copying) => {
      copying.kill('SIGHUP');
      copying.kill('SIGINT');
    };

    const { signal } = await interrupt(directory, act, { stdin });

    closeSync(stdin);
    expect(signal).toBe('SIGINT');
  });

  it.for([
    'nohup $mapcp </dev/null; exit',
    'true | nohup $mapcp; exit',
    "nohup sh -c '$mapcp; exit' </dev/null; exit",
    "trap '' HUP; $mapcp; exit",
  ])('by the end of its terminal, goes on if that must be ignored: %s', async (line, { directory }) => {
    prepare(directory);
    const mapcp = [process.execPath, ...command].join(' ');
    const act = () => {
      const copying = processIn(directory, process.execPath);
      process.kill(copying, 'SIGHUP');
      process.kill(copying, 'SIGINT');
    };

    const run = ['bash', '-c', line.replace('$mapcp', mapcp)] as const;
    const { status } = await interrupt(directory, act, { run });

    expect(status).toBe(130);
  });

  it('while it waits for the writer of a FIFO, ends at the first signal and says so', async ({
    directory,
  }) => {
    prepare(directory);
    writeFileSync(join(directory, 'huge'), '');
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    const main = resolve('build/out/js/cli/main.js');
    const run = [process.execPath, main, '-v', 'huge', 'fifo', 'out'] as const;

    const { signal, stderr } = await interrupt(directory, (copying) => copying.kill('SIGTERM'), { run });

    expect(stderr).toBe('mapcp: interrupted; what was finished stays\n');
    expect(signal).toBe('SIGTERM');
  });

  it('by the end of the program that reads its output, ends with status 141 and leaves no partial file', async ({
    directory,
  }) => {
    prepare(directory);

    const { status, stderr } = await interrupt(directory, ({ stdout }) => stdout.destroy());

    expect(stderr).toBe('mapcp: cannot print: broken pipe; what was finished stays\n');
    expect(status).toBe(141);
    expectOldTarget(directory);
  });

  it('by the end of its terminal, leaves no partial file', async ({ directory }) => {
    prepare(directory);
    const terminal = spawn(
      'script',
      ['--quiet', '--command', `${process.execPath} ${command.join(' ')}`, '/dev/null'],
      {
        cwd: directory,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    await once(terminal.stdout, 'data');
    terminal.kill('SIGKILL');
    await expect.poll(() => readdirSync(join(directory, 'out/b'))).toEqual(['huge']);
    expectOldTarget(directory);
  });
});
