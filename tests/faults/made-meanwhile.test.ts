// Targets that another process creates between the check and the commit: right before the call that names the copy, and
// by copies that run at the same time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CopyError, type CopyOptions, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { look } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import type { Fault, Plan } from './faulty-host.js';
import { FaultySandbox } from './faulty-sandbox.js';
import { copyCommands } from './killed-copies.js';
import { isTemporary } from './promises.js';
import { argumentsFor } from './recovery.js';
import { bytes, type Scenario } from './scenarios.js';

/** How the new target is treated: it is replaced, it stays, or it is an error. */
type Result = 'replaced' | 'skipped' | 'EEXIST' | 'EISDIR';

interface Case {
  readonly overwrite: CopyOptions['overwrite'];
  /** The kind of target that is created. */
  readonly makes: 'an older file' | 'a newer file' | 'a link' | 'a directory';
  readonly result: Result;
}

const cases: readonly Case[] = [
  { overwrite: 'error', makes: 'an older file', result: 'EEXIST' },
  { overwrite: 'error', makes: 'a link', result: 'EEXIST' },
  { overwrite: 'error', makes: 'a directory', result: 'EISDIR' },
  { overwrite: 'never', makes: 'an older file', result: 'skipped' },
  { overwrite: 'never', makes: 'a link', result: 'skipped' },
  { overwrite: 'never', makes: 'a directory', result: 'EISDIR' },
  { overwrite: 'newer', makes: 'an older file', result: 'replaced' },
  { overwrite: 'newer', makes: 'a newer file', result: 'skipped' },
  { overwrite: 'newer', makes: 'a directory', result: 'EISDIR' },
];

const makers: Readonly<Record<Case['makes'], (path: string) => void>> = {
  'an older file': (path) => {
    writeFileSync(path, 'theirs');
    utimesSync(path, 1, 1);
  },
  'a newer file': (path) => {
    writeFileSync(path, 'theirs');
    utimesSync(path, 4e9, 4e9);
  },
  'a link': (path) => symlinkSync('nowhere', path),
  'a directory': (path) => mkdirSync(path),
};

const sources: readonly (Pick<Scenario, 'name' | 'source'> & Pick<CopyOptions, 'preserveTimestamps'>)[] = [
  { name: 'a file', source: (put) => put.file('in/a', 'ours') },
  { name: 'a symbolic link', source: (put) => put.symlink('in/a', 'ours') },
  {
    name: 'a symbolic link with its times',
    source: (put) => put.symlink('in/a', 'ours'),
    preserveTimestamps: true,
  },
];

/** Creates `out/b` right before the copy gets its name, and makes a hard link fail. */
function makingWith(make: () => void, linkFault: Fault | undefined): Plan {
  let isMade = false;
  return (call) => {
    if (!isMade && (call === 'linkAt' || call === 'symlinkAt')) {
      isMade = true;
      make();
    }
    return call === 'linkAt' ? linkFault : undefined;
  };
}

function resultOf(error: unknown, skipped: number | undefined): Result {
  if (error instanceof CopyError) {
    return error.code as Result;
  }
  return skipped === 1 ? 'skipped' : 'replaced';
}

describe.each<{ linkFault: Fault | undefined; where: string }>([
  { where: 'with hard links', linkFault: undefined },
  { where: 'on a host without hard links', linkFault: 'not-permitted' },
  { where: 'on a file system without hard links', linkFault: 'unsupported' },
])('if a target appears right before the commit, $where,', ({ linkFault }) => {
  describe.each(sources)('of $name', ({ source, preserveTimestamps = false }) => {
    it.for(cases)(
      'under $overwrite, $makes is $result',
      async ({ overwrite, makes, result }, { inMemory: directory }) => {
        const options: CopyOptions = { overwrite, preserveTimestamps };
        const scenario: Scenario = { name: '', options, source };
        using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
        const path = join(directory, 'out/b');
        let theirs = {};
        const make = () => {
          makers[makes](path);
          theirs = { b: look(join(directory, 'out')).b };
        };
        const { report, error, found } = await sandbox.copy(makingWith(make, linkFault));
        expect(resultOf(error, report?.skipped)).toBe(result);
        if (result === 'replaced') {
          expect(found).toMatchObject({ b: { content: 'ours' } });
        } else {
          expect(found).toEqual(theirs);
        }
      },
    );
  });
});

it('under newer, a target that becomes newer during the copy stays', async ({ inMemory: directory }) => {
  const scenario: Scenario = {
    name: '',
    options: { overwrite: 'newer' },
    source: (put) => put.file('in/a', 'ours'),
    target: (put) => {
      put.file('out/b', 'old');
      put.time('out/b', '1');
    },
  };
  using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
  const { report, found } = await sandbox.copy((call) => {
    if (call === 'write') {
      makers['a newer file'](join(directory, 'out/b'));
    }
    return undefined;
  });
  expect(report).toMatchObject({ skipped: 1, files: 0 });
  expect(found).toMatchObject({ b: { content: 'theirs' } });
});

/** Large enough to take a while. Each file has other bytes. */
const SIZE = 8_000_000;

/** Creates files named by numbers in `in`, and an empty `out`. */
function prepare(directory: string, names: readonly string[]): void {
  for (const folder of ['in', 'out']) {
    rmSync(join(directory, folder), { recursive: true, force: true });
    mkdirSync(join(directory, folder));
  }
  for (const name of names) {
    writeFileSync(join(directory, 'in', name), bytes(SIZE, Number(name)));
  }
}

/** Checks several copies to one new name. Returns what is wrong. */
function wrongWith(directory: string, names: readonly string[], hasCopied: readonly boolean[]): string[] {
  const winners = names.filter((_, index) => hasCopied[index]);
  if (winners.length !== 1) {
    return [`${winners.length} of ${names.length} say that they copied`];
  }
  const isWhole = readFileSync(join(directory, 'out/b')).equals(bytes(SIZE, Number(winners[0])));
  const found = Object.keys(look(join(directory, 'out'))).sort();
  return [
    ...(isWhole ? [] : ['the content is not that of the one that copied']),
    ...found.filter((each) => each !== 'b'),
  ];
}

describe.each(['error', 'never'] as const)(
  'if several copies to one new name run at the same time, under %s,',
  (overwrite) => {
    it('one of them wins, and its content stays, in one sandbox', async ({ inMemory: directory }) => {
      const names = ['1', '2', '3'];
      prepare(directory, names);
      using box = await openSandbox({
        '/in': { path: join(directory, 'in'), access: 'read' },
        '/out': { path: join(directory, 'out'), access: 'read-write' },
      });
      const copies = names.map((name) => box.copy(`/in/${name}`, '/out/b', { overwrite }));
      const endings = await Promise.allSettled(copies);
      const hasCopied = endings.map((ending) => ending.status === 'fulfilled' && ending.value.files === 1);
      expect(wrongWith(directory, names, hasCopied)).toEqual([]);
      expect(endings.filter(({ status }) => status === 'rejected')).toHaveLength(
        overwrite === 'error' ? 2 : 0,
      );
    });

    it.skipIf(copyCommands.some(({ missing }) => missing))(
      'one of them wins, and its content stays, in several processes',
      async ({ inMemory: directory }) => {
        const commands = copyCommands.map(({ command }) => command(directory));
        const names = ['1', '2', '3', '4'];
        prepare(directory, names);
        const copies = names.map(async (name, index) => {
          const [program = '', ...args] = commands[index % commands.length] ?? [];
          const flags = argumentsFor({ overwrite }).filter((each) => each !== 'in/a');
          const copying = spawn(program, [...args, '-v', ...flags.slice(0, -1), `in/${name}`, 'out/b'], {
            cwd: directory,
            stdio: ['ignore', 'pipe', 'ignore'],
          });
          let said = '';
          copying.stdout.on('data', (data) => {
            said += data;
          });
          await once(copying, 'close');
          return said.includes(' bytes)');
        });
        expect(wrongWith(directory, names, await Promise.all(copies))).toEqual([]);
      },
    );
  },
);

it('a copy whose unfinished file another program removes is an error that says so', async ({
  inMemory: directory,
}) => {
  const scenario: Scenario = {
    name: '',
    options: {},
    source: (put) => put.file('in/a', 'ours'),
    target: (put) => put.file('out/b', 'old'),
  };
  using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
  const { error, found } = await sandbox.copy((call) => {
    if (call === 'renameAt') {
      for (const name of readdirSync(join(directory, 'out')).filter(isTemporary)) {
        rmSync(join(directory, 'out', name));
      }
    }
    return undefined;
  });
  expect(error).toMatchObject({
    code: 'ENOENT',
    reason: expect.stringContaining('another program removed it'),
  });
  expect(found).toMatchObject({ b: { content: 'old' } });
});
