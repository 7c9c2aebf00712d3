// A second process swaps directories, files, links and FIFOs as fast as it can, while every kind of call is made on
// them, on the host's own objects and by a hostile program. `make race` runs longer.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { Command as Program } from '../../ts/host/command.js';
import type { Host } from '../../ts/host/host.js';
import type { CheckedHostOptions } from '../../ts/host/host-options.js';
import type { Walker } from '../../ts/host/walker.js';
import { compile } from '../../ts/host/web-assembly.js';
import { it } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';
import type { Descriptor } from './helpers.js';
import { hostWith, outcome, preopensOf, walkers } from './helpers.js';
import { sealed } from './sealed.js';
import { Counter } from './watch-calls.js';

const ROUNDS = Number(process.env.MAPCP_RACE_ROUNDS ?? 1500);

/** How often each call must meet each side of a swap. A run meets it some hundred times. */
const LEAST = 10;

/** Ten minutes on a busy machine, and many times the duration of a round. */
const TIMEOUT = 600_000 + ROUNDS * 20;

/**
 * Swaps `dir` and `file` for links to outside, and `pipe` for a FIFO, and back, until the test ends. If a call waits
 * too long for the other end of the FIFO, it lets the call go on, and the test fails by its timeout.
 */
const swapper = `
  const { constants, openSync, renameSync } = require('node:fs');
  const [box, timeout] = process.argv.slice(1);
  const names = ['dir', 'file', 'pipe'];
  const swap = (name, away, back) => {
    renameSync(name, name + away);
    renameSync(name + back, name);
  };
  process.chdir(box);
  process.stdout.write('ready');
  const end = Date.now() + Number(timeout);
  while (Date.now() < end) {
    names.forEach((name) => swap(name, '-inside', '-other'));
    names.forEach((name) => swap(name, '-other', '-inside'));
  }
  openSync('pipe-other', constants.O_RDWR);
  setInterval(() => {}, 1e6);
`;

const follow = { symlinkFollow: true };
const now = { tag: 'now' } as const;

/**
 * One call of each kind, as in guests/race.c. Paths such as `dir/secret` exist on both sides, so an escape finds
 * something. It shows in the result, which is then false, or in a change outside.
 */
const calls: [string, (root: Descriptor) => unknown][] = [
  ['read', (root) => readsFine(root, 'dir/secret')],
  ['read a file', (root) => readsFine(root, 'file')],
  ['stat', (root) => root.statAt(follow, 'dir/secret').size === 4n],
  ['stat a file', (root) => root.statAt(follow, 'file').size === 4n],
  [
    'list',
    (root) => namesIn(root.openAt(follow, 'dir', { directory: true }, { read: true })).includes('inside'),
  ],
  ['read a link', (root) => root.readlinkAt('dir/pointer') === 'inside'],
  [
    'create',
    (root) => {
      outcome(() => root.unlinkFileAt('dir/new'));
      return writes(root, 'dir/new', { create: true });
    },
  ],
  ['truncate', (root) => writes(root, 'file', { truncate: true })],
  ['set times', (root) => root.setTimesAt(follow, 'dir/secret', now, now)],
  [
    'unlink',
    (root) => {
      outcome(() => dispose(root.openAt({}, 'dir/kept', { create: true }, { write: true })));
      root.unlinkFileAt('dir/kept');
    },
  ],
  [
    'mkdir',
    (root) => {
      outcome(() => root.removeDirectoryAt('dir/made'));
      root.createDirectoryAt('dir/made');
    },
  ],
  [
    'rmdir',
    (root) => {
      outcome(() => root.createDirectoryAt('dir/empty'));
      root.removeDirectoryAt('dir/empty');
    },
  ],
  [
    'symlink',
    (root) => {
      outcome(() => root.unlinkFileAt('dir/symbolic'));
      root.symlinkAt('x', 'dir/symbolic');
    },
  ],
  [
    'link out',
    (root) => {
      outcome(() => root.unlinkFileAt('linked'));
      root.linkAt({}, 'dir/secret', root, 'linked');
    },
  ],
  [
    'link in',
    (root) => {
      outcome(() => root.unlinkFileAt('dir/linked'));
      root.linkAt({}, 'anchor', root, 'dir/linked');
    },
  ],
  ['rename out', (root) => root.renameAt('dir/moving', root, 'moving')],
  ['rename in', (root) => root.renameAt('moving', root, 'dir/moving')],
  ['open a pipe', (root) => readsFine(root, 'pipe')],
  [
    'look at a pipe and open it',
    (root) => {
      outcome(() => root.statAt(follow, 'pipe'));
      return readsFine(root, 'pipe');
    },
  ],
  ['write to a pipe', (root) => writes(root, 'pipe', {})],
  ['truncate a pipe', (root) => writes(root, 'pipe', { truncate: true })],
];

function dispose(resource: object): void {
  (resource as Disposable)[Symbol.dispose]();
}

function readsFine(root: Descriptor, path: string): boolean {
  const file = root.openAt(follow, path, {}, { read: true });
  try {
    return Buffer.from(file.read(8n, 0n)[0]).toString() === 'fine';
  } finally {
    dispose(file);
  }
}

function writes(root: Descriptor, path: string, open: { create?: boolean; truncate?: boolean }): boolean {
  const file = root.openAt(follow, path, open, { write: true });
  try {
    return file.write(Buffer.from('fine'), 0n) === 4n;
  } finally {
    dispose(file);
  }
}

function namesIn(directory: Descriptor): string[] {
  const listing = directory.readDirectory();
  const names: string[] = [];
  for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
    names.push(entry.name);
  }
  dispose(listing);
  dispose(directory);
  return names;
}

/** The results of each call, with their counts. */
type Seen = Map<string, Counter>;

function seenBy(seen: Seen, call: string): Counter {
  const counter = seen.get(call) ?? new Counter();
  seen.set(call, counter);
  return counter;
}

function callObjects(host: Host): Seen {
  const root = preopensOf(host)('/');
  const seen: Seen = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, call] of calls) {
      let isInside: unknown;
      const result = String(
        outcome(() => {
          isInside = call(root);
        }),
      );
      seenBy(seen, name).count(isInside === false ? 'ESCAPE' : result);
    }
  }
  return seen;
}

async function runProgram(host: Host, output: () => string): Promise<Seen> {
  const { instantiate } = await import(built('node', 'guests', 'race.js'));
  (await instantiate(undefined, host.imports)).run.run();
  return seenIn(output());
}

/** Runs the program as a core module for preview 1. */
async function runCoreModule(
  walker: Walker,
  options: CheckedHostOptions,
  output: () => string,
): Promise<Seen> {
  const program = new Program(await compile(readFileSync(built('wasm', 'guests', 'race.wasm'))));
  expect(await program.runOn(walker, options)).toBe(0);
  return seenIn(output());
}

/** Reads the lines that the program prints. */
function seenIn(output: string): Seen {
  const seen: Seen = new Map();
  for (const [, call = '', result = '', count] of output.matchAll(/^(.+): (.+) (\d+)$/gm)) {
    seenBy(seen, call).count(result, Number(count));
  }
  return seen;
}

/** Removes the lowered forms of the methods, so the bindings pass JavaScript values. */
function passValues({ imports }: Host): void {
  const { Descriptor, DirectoryEntryStream } = imports['wasi:filesystem/types'];
  for (const { prototype } of [Descriptor, DirectoryEntryStream]) {
    for (const name of Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')) {
      const method = Reflect.get(prototype, name);
      const value = function (this: unknown, ...args: unknown[]) {
        return method.apply(this, args);
      };
      Object.defineProperty(prototype, name, { value, configurable: true });
    }
  }
}

/** Creates a directory to be swapped for one outside, and the other entries that `calls` uses. */
function arrange(box: string, outside: string): void {
  for (const [place, content] of [
    [join(box, 'dir'), 'fine'],
    [outside, 'outside'],
  ] as const) {
    mkdirSync(join(place, 'empty'), { recursive: true });
    for (const name of ['secret', 'kept', 'moving']) {
      writeFileSync(join(place, name), content);
    }
    symlinkSync(content === 'fine' ? 'inside' : 'outside', join(place, 'pointer'));
  }
  for (const name of ['dir/inside', 'file', 'anchor', 'pipe']) {
    writeFileSync(join(box, name), 'fine');
  }
  symlinkSync('../outside', join(box, 'dir-other'));
  symlinkSync('../outside/secret', join(box, 'file-other'));
  execFileSync('mkfifo', [join(box, 'pipe-other')]);
}

/** The results of a call on either side of a swap. */
const sides: [string, string[]][] = [
  ['what belongs there', ['ok', 'exist', 'EEXIST']],
  // If a FIFO appears between the check and an open for writing, the error is that it has no reader.
  ['the way out', ['not-permitted', 'EPERM', 'no-such-device', 'ENXIO']],
];

/** The results between the sides: there is no entry, or each check finds another one. */
const between = ['no-entry', 'ENOENT', 'not-directory', 'ENOTDIR', 'loop', 'ELOOP'];

type Contest = (walker: Walker, options: CheckedHostOptions, output: () => string) => Seen | Promise<Seen>;

const contestants: [string, Contest][] = [
  ['whoever calls its objects', (walker, options) => callObjects(hostWith(walker, options))],
  ['a program', (walker, options, output) => runProgram(hostWith(walker, options), output)],
  [
    'a program whose calls are passed as values',
    (walker, options, output) => {
      const host = hostWith(walker, options);
      passValues(host);
      return runProgram(host, output);
    },
  ],
  ['a core module', runCoreModule],
];

/** A moment is left in which another process can swap what the path walker has checked. */
const races = walkers
  .filter(([kind]) => kind !== 'path')
  .flatMap(([kind, walker]) => contestants.map(([name, contest]) => ({ kind, walker, name, contest })));

it.runIf(process.platform === 'linux').for(races)(
  'by the $kind walker, no swap by another process leads $name outside',
  { timeout: TIMEOUT },
  async ({ walker, contest }, { directory: top }) => {
    const [box, outside] = [join(top, 'box'), join(top, 'outside')];
    arrange(box, outside);
    const expectUntouched = sealed(outside);
    let output = '';
    const options: CheckedHostOptions = {
      preopens: { '/': { path: box, access: 'read-write' } },
      args: ['race', `${ROUNDS}`],
      stdout: (bytes) => {
        output += Buffer.from(bytes).toString();
      },
      clocks: true,
      random: true,
    };
    const other = spawn(process.execPath, ['-e', swapper, box, `${TIMEOUT}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // It must end before its files are removed.
    const over = once(other, 'exit');
    onTestFinished(async () => {
      other.kill('SIGKILL');
      await over;
    });
    await once(other.stdout, 'data');

    const seen = await contest(walker, options, () => output);

    // Any other result could be an escape.
    const expected = [...sides.flatMap(([, results]) => results), ...between];
    expect(
      [...seen].filter(([, results]) => [...results.keys()].some((result) => !expected.includes(result))),
    ).toEqual([]);
    expectUntouched();
    expect(other.exitCode).toBe(null);
    // The race was real: each call met both sides.
    const met = calls.flatMap(([name]) =>
      sides.map(([side, results]): [string, number] => [
        `${name}: ${side}`,
        results.reduce((sum, result) => sum + (seen.get(name)?.get(result) ?? 0), 0),
      ]),
    );
    expect(met.filter(([, count]) => count < LEAST)).toEqual([]);
  },
);
