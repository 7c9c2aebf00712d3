// What the tests of copies by several machines share: the text of docs/several-machines.md, and a directory to run it in.

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, vi } from 'vitest';
import { look } from '../behaviour/tree.js';
import { blocksOf } from '../docs/documents.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { mustRun, runProgram } from '../helpers/program.js';

const mapcp = resolve('build/out/js/cli/main.js');
const blocks = blocksOf('docs/several-machines.md');

/** The text of the example that is saved as `file`. */
export function exampleOf(file: string): string {
  const found = blocks.find(({ marks }) => marks.file === file);
  if (found === undefined) {
    throw new Error(`docs/several-machines.md has no example ${file}`);
  }
  return found.code;
}

/** The commands of the examples that a reader types, except their output. */
export function commandsWith(program: string): string[] {
  return blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ code }) => code.split('\n'))
    .filter((line) => line.startsWith('$ ') && line.includes(program))
    .map((line) => line.slice(2));
}

/** Returns a reason to skip tests. CI must run all of them, so there it is an error. */
export function reasonToSkip(reason: string): string {
  if (process.env.CI !== undefined) {
    throw new Error(reason);
  }
  return reason;
}

/** Returns a reason to skip tests that need some programs; undefined if they are installed. */
export function whyNot(...programs: string[]): string | undefined {
  const isMissing = (program: string) =>
    runProgram('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0;
  const missing = programs.filter(isMissing);
  return missing.length === 0 ? undefined : reasonToSkip(`these programs are missing: ${missing.join(', ')}`);
}

/** Defines tests. If there is a reason to skip them, prints it. */
export function describeUnless(why: string | undefined, name: string, define: () => void): void {
  if (why !== undefined) {
    process.stderr.write(`the tests of ${name} are skipped: ${why}\n`);
  }
  describe.skipIf(why !== undefined)(name, define);
}

/** A file that is never copied to its end, until `killItsCopy`. */
const HUGE = 'big/huge';
const HUGE_SIZE = 17;

/** Runs a test in a directory with everything that `prepare` makes, and with lists of the photos. */
export function withLists(use: (directory: string) => Promise<void>): Promise<void> {
  return inMemoryDirectory(async (directory) => {
    prepare(directory);
    makeLists(directory);
    await use(directory);
  });
}

/** Fills a directory with `photos`, `backup`, `lists`, and `commands/mapcp`, which notes its process. */
function prepare(directory: string): void {
  const at = (...names: string[]) => join(directory, ...names);
  for (const path of ['backup', 'lists', 'commands', 'photos/empty/inner', 'photos/big']) {
    mkdirSync(at(path), { recursive: true });
  }
  for (let year = 0; year < 4; year++) {
    for (const month of ['may', 'june\nand july', 'read-only']) {
      mkdirSync(at('photos', `${year}`, month), { recursive: true });
      for (let file = 0; file < 10; file++) {
        writeFileSync(at('photos', `${year}`, month, `line\nfeed ${file}`), `${year} ${month} ${file}`);
      }
      symlinkSync('may/line\nfeed 0', at('photos', `${year}`, `link to ${month}`));
    }
    chmodSync(at('photos', `${year}`, 'read-only'), 0o555);
  }
  chmodSync(at('photos/1/may'), 0o750);
  writeFileSync(at('photos', HUGE), '');
  truncateSync(at('photos', HUGE), 2 ** 40);
  const touch = ['-exec', 'touch', '--no-dereference', '--date=@1000000.25', '{}', '+'];
  mustRun('find', [at('photos'), ...touch]);
  const script = `#!/bin/sh\necho $$ "$@" >>'${at('runs')}'\nexec '${process.execPath}' '${mapcp}' --verify "$@"\n`;
  writeFileSync(at('commands/mapcp'), script, { mode: 0o755 });
}

/** The variables for programs in that directory. */
export function environmentOf(directory: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(directory, 'commands')}:${process.env.PATH}`, NO_COLOR: '1' };
}

/** The runs of mapcp so far: their processes and arguments. */
export function runsIn(directory: string): { pid: number; args: string }[] {
  return readFileSync(join(directory, 'runs'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => /^(\d+) (.*)$/.exec(line) ?? [])
    .map(([, pid, args = '']) => ({ pid: Number(pid), args }));
}

/** Makes lists by the command of the documentation, but with fewer files in each. */
function makeLists(directory: string): void {
  const [command = ''] = commandsWith('fpart');
  expect(command).toContain('-f 100000 ');
  mustRun('sh', ['-c', command.replace('-f 100000 ', '-f 20 ')], { cwd: directory });
}

/** The name of the list with the huge file. */
function hugeList(directory: string): string {
  const names = readdirSync(join(directory, 'lists'));
  const found = names.find((name) => readFileSync(join(directory, 'lists', name), 'latin1').includes(HUGE));
  return `lists/${found}`;
}

/** Waits until a run copies the huge file, and kills that run. From then on the file can be copied. */
export async function killItsCopy(directory: string): Promise<void> {
  const list = hugeList(directory);
  const isUnderWay = () => {
    try {
      return readdirSync(join(directory, 'backup/photos/big')).some((name) => name.startsWith('.mapcp-'));
    } catch {
      // The directory does not exist yet.
      return false;
    }
  };
  try {
    await vi.waitUntil(isUnderWay, { timeout: 300_000 });
    const owner = runsIn(directory).find(({ args }) => args.includes(` ${list} `));
    expect(owner?.args).toContain('--files-from');
    process.kill(owner?.pid ?? 0, 'SIGKILL');
  } finally {
    // If the run is still there, it fails because its source has changed.
    truncateSync(join(directory, 'photos', HUGE), HUGE_SIZE);
    mustRun('touch', ['--date=@1000000.25', join(directory, 'photos', HUGE)]);
  }
}

/** Removes what the killed run has left, and compares the copy with one that a single run makes. */
export function expectWholeCopy(directory: string): void {
  const run = (...args: string[]) => mustRun(process.execPath, [mapcp, ...args], { cwd: directory });
  expect(run('--clean', 'backup/photos')).toBe("'backup/photos': 1 temporary file removed");
  run('-rpT', 'photos', 'backup/whole');
  const copy = look(join(directory, 'backup/photos'));
  expect(Object.keys(copy)).toHaveLength(Object.keys(look(join(directory, 'photos'))).length);
  expect(copy).toEqual(look(join(directory, 'backup/whole')));
}
