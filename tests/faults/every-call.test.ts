// Every call that a copy makes fails once, in each way that it can. MAPCP_FAULTS=all takes each of them by both ways
// into the host; otherwise they alternate.

import { posix } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { CopyError, type Operation, openSandbox } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { look, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import {
  type Call,
  createFaultyHost,
  type FallibleCall,
  type Fault,
  type Plan,
  type Way,
} from './faulty-host.js';
import { type Ending, FaultySandbox, failuresOf } from './faulty-sandbox.js';
import { brokenPromises, isTemporary } from './promises.js';
import { faultsOf, type Scenario, scenarios } from './scenarios.js';

const takesAll = process.env.MAPCP_FAULTS === 'all';
const ways: readonly Way[] = ['in memory', 'by value'];

/** What an error says was being done when a call failed. */
const operationsOf: Readonly<Record<FallibleCall, readonly Operation[]>> = {
  getFlags: ['open', 'create'],
  getType: ['open', 'create'],
  stat: ['inspect'],
  statAt: ['inspect'],
  metadataHash: ['inspect', 'list'],
  metadataHashAt: ['inspect'],
  openAt: ['open', 'create'],
  read: ['map'],
  write: ['write'],
  setSize: ['write'],
  setTimes: ['set-times'],
  setTimesAt: ['set-times'],
  sync: ['sync'],
  readDirectory: ['list'],
  readDirectoryEntry: ['list'],
  readlinkAt: ['inspect'],
  createDirectoryAt: ['create'],
  symlinkAt: ['create'],
  linkAt: ['rename'],
  renameAt: ['rename'],
  // A temporary name that stays beside the target is as much as a name that was not given.
  unlinkFileAt: ['remove', 'rename'],
};

/** The code that an error has for what failed. */
const codeOf: Readonly<Partial<Record<Fault, string>>> = {
  access: 'EACCES',
  io: 'EIO',
  interrupted: 'ERR_MAPCP_OTHER',
  quota: 'EDQUOT',
  'file-too-large': 'EFBIG',
  'insufficient-memory': 'ENOMEM',
  'insufficient-space': 'ENOSPC',
  'read-only': 'EROFS',
};

/** One call that fails in a copy. */
interface Failing {
  readonly scenario: Scenario;
  readonly call: FallibleCall;
  readonly fault: Fault;
  /** What the call is made for: the guest path of an entry, or that of a directory on the way to the target. */
  readonly entry: string;
  /** Whether it is asked while a directory is listed. */
  readonly isListing: boolean;
}

/** See {@link Failing.entry}. */
function entryOf(calls: readonly Call[], number: number): string {
  const [before, call, next] = [-1, 0, 1].map((distance) => calls[number + distance]);
  // C libraries look at a directory before they open what is in it.
  if (call?.name === 'getFlags' || (call?.name === 'getType' && before?.name === 'getFlags')) {
    return entryOf(calls, number + (next?.name === 'openAt' ? 1 : 2));
  }
  return calls.find(({ from }) => from === call?.path)?.path ?? call?.path ?? '';
}

function targetOf({ to = 'b' }: Scenario): string {
  return `/out/${to}`;
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(posix.join(directory, '/'));
}

/** Whether a call is for a directory on the way to the target. */
function isOnTheWay({ scenario, entry }: Failing): boolean {
  return isBelow(targetOf(scenario), entry);
}

/** Whether a copy may come out well although this has happened: `brokenPromises` then sees to it that it did. */
function canBeBorne({ before }: Ending, failing: Failing): boolean {
  const { scenario, call, fault, entry, isListing } = failing;
  switch (call) {
    case 'read':
    case 'write':
      return fault === 'short' || fault === 'interrupted';
    case 'statAt':
      // A directory on the way that cannot be looked at is made, which shows whether it is there; and one that is the
      // source itself is met again, when the tree is entered. A temporary file that is looked for by another spelling is
      // taken to be there if that cannot be known.
      return isOnTheWay(failing) || /\/\.MAPCP-|e\u0301\.tmp$/.test(entry);
    case 'metadataHashAt':
      // Nobody goes by the number of an entry that is only listed.
      return isOnTheWay(failing) || isListing;
    case 'createDirectoryAt':
      // The root of the target may be a preopened directory, which cannot be made: where it is there, that is enough,
      // unless it is the disk that fails.
      return (
        entry === targetOf(scenario) &&
        before[posix.relative('/out', entry)] !== undefined &&
        !['io', 'insufficient-space', 'quota'].includes(fault)
      );
    case 'setTimes':
    case 'setTimesAt':
      return isRefusedTime(failing);
    case 'linkAt':
      // Without hard links, the target is looked at and then named.
      return ['not-permitted', 'unsupported', 'too-many-links'].includes(fault);
    default:
      return false;
  }
}

/** Whether a file system does not let times be set, which is only a warning. */
function isRefusedTime({ call, fault }: Failing): boolean {
  return ['setTimes', 'setTimesAt'].includes(call) && fault === 'access';
}

/** The same ending, with any time for what has been refused its time. */
function withAnyTime(ending: Ending, path: string): Ending {
  const entry = ending.complete[path];
  if (entry === undefined) {
    return ending;
  }
  const { kind, content } = entry;
  return { ...ending, complete: { ...ending.complete, [path]: { kind, content } } };
}

/** What an error may say was being done when this failed. */
function operationsIn(failing: Failing): readonly Operation[] {
  // What is opened on the way is the directory that names a file, to have the name on the disk.
  const isForSync = isOnTheWay(failing) && operationsOf[failing.call].includes('open');
  return isForSync ? ['sync'] : operationsOf[failing.call];
}

/** What is wrong with how a copy ended whose one fault was this; nothing is good. */
function wrongWith(given: Ending, failing: Failing): string[] {
  const { scenario, call, fault, entry } = failing;
  const root = targetOf(scenario);
  const below = isOnTheWay(failing) ? '' : entry.replace(/^\/in\/a/, '').replace(root, '');
  const [source, target] = [`/in/a${below}`, `${root}${below}`];
  // A directory whose entries are done is all that is missed where it is only given its time, or had on the disk.
  const isFinished = ['setTimesAt', 'sync'].includes(call);
  const ending = isRefusedTime(failing) ? withAnyTime(given, posix.relative('/out', target)) : given;
  const wrong = brokenPromises(ending, (path) => {
    const missed = `/out/${path}`;
    return (
      scenario.options.keepGoing !== true || missed === target || (!isFinished && isBelow(missed, target))
    );
  });
  if (ending.descriptorsLeft !== 0) {
    wrong.push(`${ending.descriptorsLeft} descriptors are left open`);
  }
  if (ending.succeeded && isRefusedTime(failing)) {
    const told = (ending.report?.warnings ?? []).map(
      ({ code, operation, path }) => `${code} ${operation} ${path}`,
    );
    return told.join() === `EACCES set-times ${entry}` ? wrong : [...wrong, `the warnings are: ${told}`];
  }
  if (ending.succeeded) {
    return canBeBorne(ending, failing) ? wrong : [...wrong, 'nobody was told'];
  }
  const expected = {
    code: codeOf[fault],
    path: isOnTheWay(failing) ? root : entry,
    source,
    target,
    leftover: undefined,
  };
  const failures = failuresOf(ending);
  if (failures.length !== 1) {
    wrong.push(`${failures.length} failures are told of`);
  }
  for (const { code, operation, path, source, target, leftover, message } of failures) {
    const isRight =
      isDeepStrictEqual({ code, path, source, target, leftover }, expected) &&
      operationsIn(failing).includes(operation) &&
      message.includes(`'${path}'`);
    if (!isRight) {
      wrong.push(`it says: ${code}: ${message}`);
    }
  }
  return wrong;
}

/** The faults of a copy, each with the number of the call that it is put into. */
function* faultsIn(
  scenario: Scenario,
  calls: readonly Call[],
  way: Way,
): Generator<Failing & { readonly number: number }> {
  let count = 0;
  for (const [number, { name }] of calls.entries()) {
    for (const fault of faultsOf[name]) {
      if (takesAll || count++ % ways.length === ways.indexOf(way)) {
        const isListing = calls[number - 1]?.name === 'readDirectoryEntry';
        yield { scenario, number, call: name, fault, entry: entryOf(calls, number), isListing };
      }
    }
  }
}

/** What is wrong with a copy that nothing happened to, after one that failed; nothing is good. */
function wrongAfter(then: Ending): string[] {
  return [
    ...brokenPromises(then),
    ...(then.succeeded ? [] : [`${then.error ?? failuresOf(then)}`]),
    ...(then.descriptorsLeft === 0 ? [] : [`${then.descriptorsLeft} descriptors are left open`]),
  ];
}

async function failEachOnce(scenario: Scenario, way: Way, directory: string): Promise<void> {
  using sandbox = await FaultySandbox.open(scenario, way, directory);
  expect(wrongAfter(await sandbox.copy())).toEqual([]);
  const { calls } = sandbox;
  const wrong: string[] = [];
  for (const failing of faultsIn(scenario, calls, way)) {
    const { number, call, fault, entry } = failing;
    const ending = await sandbox.copy((_, each) => (each === number ? fault : undefined));
    const then = await sandbox.copyAgain();
    const here = `where call ${number}, ${call} for ${entry}, is ${fault}`;
    wrong.push(...wrongWith(ending, failing).map((what) => `${here}: ${what}`));
    wrong.push(...wrongAfter(then).map((what) => `after one ${here}: ${what}`));
  }
  expect(wrong).toEqual([]);
}

async function failFromEachOn(scenario: Scenario, way: Way, directory: string): Promise<void> {
  using sandbox = await FaultySandbox.open(scenario, way, directory);
  await sandbox.copy();
  const { calls } = sandbox;
  const wrong: string[] = [];
  for (const [number, { name }] of calls.entries()) {
    const ending = await sandbox.copy((_, each) => (each >= number ? 'io' : undefined));
    const here = `where each call from ${number}, ${name}, on fails`;
    const left = Object.keys(ending.found).filter(isTemporary);
    const named = ending.succeeded ? [] : failuresOf(ending).flatMap(({ leftover }) => leftover ?? []);
    // A host that makes a file, fails all the same, and then does not remove it, has told nobody of it.
    const isUntold = name === 'getType' && calls[number - 1]?.name === 'openAt';
    if (String(named) !== String(left.map((path) => `/out/${path}`)) && !isUntold) {
      wrong.push(`${here}: '${named}' is named, and '${left}' is left`);
    }
    if (ending.descriptorsLeft !== 0) {
      wrong.push(`${here}: ${ending.descriptorsLeft} descriptors are left open`);
    }
    if (sandbox.clean() !== left.length) {
      wrong.push(`${here}: cleaning does not remove '${left}'`);
    }
    const cleaned = { ...ending, found: sandbox.look() };
    wrong.push(...brokenPromises(cleaned).map((what) => `${here}: ${what}`));
    wrong.push(...wrongAfter(await sandbox.copyAgain()).map((what) => `after one ${here}: ${what}`));
  }
  expect(wrong).toEqual([]);
}

describe.each(scenarios)('$name', (scenario) => {
  it.each(ways)('is old, none or complete, and nothing is left, whichever call fails, called %s', (way) =>
    inMemoryDirectory((directory) => failEachOnce(scenario, way, directory)),
  );

  it('leaves at most a temporary file, and names it, where from a call on every one fails', () =>
    inMemoryDirectory((directory) => failFromEachOn(scenario, 'in memory', directory)));
});

it.each(faultsOf.unlinkFileAt)(
  'a temporary file whose removal is %s is named by the error, and cleaned',
  (fault) =>
    inMemoryDirectory(async (directory) => {
      const [scenario] = scenarios;
      using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
      const ending = await sandbox.copy((call) =>
        call === 'write' ? 'insufficient-space' : call === 'unlinkFileAt' ? fault : undefined,
      );
      const [left = ''] = Object.keys(ending.found);
      expect(isTemporary(left)).toBe(true);
      expect(failuresOf(ending)).toMatchObject([
        { code: 'ENOSPC', operation: 'write', leftover: `/out/${left}` },
      ]);
      expect(sandbox.clean()).toBe(1);
      expect(sandbox.look()).toEqual({});
    }),
);

it('a link never takes the place of the file that it leads to, whichever call fails', () =>
  inMemoryDirectory(async (directory) => {
    const put = putInto(directory);
    put.file('file');
    put.symlink('link', 'file');
    const before = look(directory);
    const preopens = { '/': { path: directory, access: 'read-write' } } as const;
    const host = await createFaultyHost({ preopens }, 'in memory');
    using box = await openSandbox(preopens, { host: () => host });
    const copyLink = (plan: Plan) => {
      Object.assign(host, { calls: [], plan });
      return box.copy('/link', '/file').then(String, (error) => error instanceof CopyError && error.code);
    };
    await copyLink(() => undefined);
    expect(await copyLink(() => undefined)).toBe('ERR_MAPCP_SAME_FILE');
    const codes = new Set<unknown>();
    for (const number of host.calls.keys()) {
      // Not among them is `access`: a link to where nobody may look is copied.
      for (const fault of ['io', 'interrupted', 'insufficient-memory'] as const) {
        codes.add(await copyLink((_, each) => (each === number ? fault : undefined)));
      }
    }
    expect([...codes].sort()).toEqual(['EIO', 'ENOMEM', 'ERR_MAPCP_OTHER']);
    expect(brokenPromises({ before, complete: before, found: look(directory), succeeded: true })).toEqual([]);
  }));

it.each([0, 1])('a link that may lead to a directory is no share of %i’s to pass over', (index) =>
  inMemoryDirectory(async (directory) => {
    const scenario: Scenario = {
      name: 'a share',
      options: { recursive: true, symlinks: 'follow', keepGoing: true, shard: { index, count: 2 } },
      source: (put) => {
        put.directory('in/a/real');
        put.file('in/a/real/f');
        put.symlink('in/a/link', 'real');
      },
      target: () => {},
    };
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    await sandbox.copy();
    const looks = sandbox.calls.map(({ name, path }) => name === 'statAt' && path === '/in/a/link');
    const ending = await sandbox.copy((_, number) => (looks[number] ? 'io' : undefined));
    expect(failuresOf(ending)).toMatchObject([{ code: 'EIO', path: '/in/a/link' }]);
  }),
);

it('every call that can fail is made by one of these copies', async () => {
  // What removes is called where something has failed, as above.
  const made = new Set<FallibleCall>(['unlinkFileAt']);
  for (const scenario of scenarios) {
    await inMemoryDirectory(async (directory) => {
      using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
      await sandbox.copy();
      for (const { name } of sandbox.calls) {
        made.add(name);
      }
    });
  }
  expect([...made].sort()).toEqual(Object.keys(faultsOf).sort());
});
