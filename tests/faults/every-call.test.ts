// Each call of a copy fails once, in each way that it can. There are two ways into the host: the tests alternate
// between them, or try both if MAPCP_FAULTS=all.

import { posix } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { CopyError, type Operation, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { look, putInto } from '../behaviour/tree.js';
import { inMemoryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import {
  type Call,
  createFaultyHost,
  type FallibleCall,
  type Fault,
  type Plan,
  type Way,
} from './faulty-host.js';
import { type Ending, errorsOf, FaultySandbox } from './faulty-sandbox.js';
import { brokenPromises, isTemporary } from './promises.js';
import { faultsOf, type Scenario, scenarios } from './scenarios.js';

const takesAll = process.env.MAPCP_FAULTS === 'all';
const ways: readonly Way[] = ['in memory', 'by value'];

/** The operations that an error names if a call fails. */
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
  // If a temporary name stays beside the target, naming the target has failed.
  unlinkFileAt: ['remove', 'rename'],
};

/** The code of an error, by its cause. */
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

/** A call of a copy, and its fault. */
interface Failing {
  readonly scenario: Scenario;
  readonly call: FallibleCall;
  readonly fault: Fault;
  /** The guest path that the call is made for: an entry, or a directory on the way to the target. */
  readonly entry: string;
  /** Whether the call is part of listing a directory. */
  readonly isListing: boolean;
  /** Whether the call opens a directory on the way to synchronise it. */
  readonly isForSync: boolean;
  /** Whether the call only learns whether the path is too long. */
  readonly isForLength: boolean;
}

/** See {@link Failing.entry}. */
function entryOf(calls: readonly Call[], number: number): string {
  const [before, call, next] = [-1, 0, 1].map((distance) => calls[number + distance]);
  // C libraries inspect a directory before they open an entry of it.
  if (call?.name === 'getFlags' || (call?.name === 'getType' && before?.name === 'getFlags')) {
    return entryOf(calls, number + (next?.name === 'openAt' ? 1 : 2));
  }
  const path = call?.path ?? '';
  const moved = calls.find(({ from }) => from === path);
  if (moved !== undefined || !isTemporary(posix.basename(path))) {
    return moved?.path ?? path;
  }
  // What is only tried is tried for what gets its name next there.
  const directory = posix.dirname(path);
  return calls.slice(number).find(({ from = '' }) => posix.dirname(from) === directory)?.path ?? path;
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

/** Whether the copy may succeed in spite of the fault. `brokenPromises` then checks that it did. */
function maySucceed({ before }: Ending, failing: Failing): boolean {
  const { scenario, call, fault, entry, isListing } = failing;
  switch (call) {
    case 'read':
    case 'write':
      return fault === 'short' || fault === 'interrupted';
    case 'statAt':
      // If a directory on the way cannot be inspected, the copy creates it and so learns whether it exists. If it is
      // the source itself, the walk meets it again. If it is unknown whether a temporary file has another spelling, the
      // copy assumes that it has. The same holds for a name that is taken; names here have small letters.
      return isOnTheWay(failing) || failing.isForLength || /\/\.MAPCP-|e\u0301\.tmp$|\/[A-Z]+$/.test(entry);
    case 'metadataHashAt':
      // Listing does not depend on an entry's number.
      return isOnTheWay(failing) || isListing;
    case 'getFlags':
    case 'getType':
    case 'openAt':
    case 'stat':
    case 'metadataHash':
      // If a directory on the way cannot be opened by its name, the copy tries its path.
      return isOnTheWay(failing) && !failing.isForSync;
    case 'createDirectoryAt':
      // A preopened root cannot be created. If it exists, the copy goes on, unless the disk itself fails.
      return (
        entry === targetOf(scenario) &&
        before[posix.relative('/out', entry)] !== undefined &&
        !['io', 'insufficient-space', 'quota'].includes(fault)
      );
    case 'setTimes':
    case 'setTimesAt':
      return isRefusedTime(failing);
    case 'linkAt':
      // Without hard links, the copy checks the target and then renames.
      return ['not-permitted', 'unsupported', 'too-many-links'].includes(fault);
    default:
      return false;
  }
}

/** Whether a file system refuses to set times, which is only a warning. */
function isRefusedTime({ call, fault }: Failing): boolean {
  return ['setTimes', 'setTimesAt'].includes(call) && fault === 'access';
}

/** The same ending, in which an entry may have any time and any permissions. */
function withAnyStatus(ending: Ending, path: string): Ending {
  const entry = ending.complete[path];
  if (entry === undefined) {
    return ending;
  }
  const { kind, content } = entry;
  return { ...ending, complete: { ...ending.complete, [path]: { kind, content } } };
}

/** The operations that the error may name. */
function operationsIn(failing: Failing): readonly Operation[] {
  if (!isOnTheWay(failing)) {
    return operationsOf[failing.call];
  }
  return failing.isForSync ? ['sync'] : ['create'];
}

/** The path below source and target of the entry that a call is made for. */
function pathBelow(failing: Failing): string {
  const { scenario, entry } = failing;
  return isOnTheWay(failing) ? '' : entry.replace(/^\/in\/a/, '').replace(targetOf(scenario), '');
}

/** Checks the end of a copy with one fault. Returns what is wrong. */
function wrongWith(given: Ending, failing: Failing): string[] {
  const { scenario, call, fault, entry } = failing;
  const root = targetOf(scenario);
  const below = pathBelow(failing);
  const source = scenario.stream === undefined ? `/in/a${below}` : '-';
  const target = `${root}${below}`;
  // If a directory's entries are complete, only its time or its synchronisation can be missing.
  const isFinished = ['setTimesAt', 'sync'].includes(call);
  // If an existing directory is not met by its name, the host does not know it, and it keeps its permissions.
  const isUnknown = call === 'createDirectoryAt' && maySucceed(given, failing);
  const ending =
    isUnknown || isRefusedTime(failing) ? withAnyStatus(given, posix.relative('/out', target)) : given;
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
    const warnings = (ending.report?.warnings ?? []).map(
      ({ code, operation, path }) => `${code} ${operation} ${path}`,
    );
    return warnings.join() === `EACCES set-times ${entry}`
      ? wrong
      : [...wrong, `the warnings are: ${warnings}`];
  }
  if (ending.succeeded) {
    return maySucceed(ending, failing) ? wrong : [...wrong, 'it reported no error'];
  }
  const expected = {
    code: codeOf[fault],
    path: isOnTheWay(failing) ? root : entry,
    source,
    target,
    leftover: undefined,
  };
  const errors = errorsOf(ending);
  if (errors.length !== 1) {
    wrong.push(`${errors.length} errors are reported`);
  }
  for (const { code, operation, path, source, target, leftover, message } of errors) {
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

/** The entry that an error is about. If a list names what is copied, a directory is entered for a listed entry. */
function subjectOf(
  { options: { files }, ...scenario }: Scenario,
  calls: readonly Call[],
  number: number,
): string {
  const entry = entryOf(calls, number);
  const root = ['/in/a', targetOf({ options: {}, ...scenario })].find((each) => isBelow(entry, each));
  if (!Array.isArray(files) || root === undefined || calls[number]?.name.startsWith('setTimes')) {
    return entry;
  }
  const listed = files.map((path) => posix.join(root, path));
  return (
    calls.slice(number).find(({ path = '' }) => listed.includes(path) && isBelow(path, entry))?.path ?? entry
  );
}

/**
 * Whether a call opens a directory on the way to the target to synchronise it. The adapter for WASI 0.2 makes no call for
 * that. Other directories on the way are inspected when they are open.
 */
function isForSync(scenario: Scenario, calls: readonly Call[], number: number): boolean {
  // The type is looked up before and after.
  const opened = calls.findIndex(({ name }, index) => index >= number - 1 && name === 'openAt');
  return (
    ['getFlags', 'getType', 'openAt'].includes(calls[number]?.name ?? '') &&
    scenario.options.sync === true &&
    calls[opened + 2]?.name !== 'stat'
  );
}

/** Whether a call inspects the target before its parents are made, only to learn whether its path is too long. */
function isForLength(calls: readonly Call[], number: number): boolean {
  const { name, path = '' } = calls[number] ?? {};
  return (
    name === 'statAt' &&
    calls.slice(number).some((call) => call.name === 'createDirectoryAt' && isBelow(path, call.path ?? ''))
  );
}

/** Iterates over the faults of a copy, each with the number of its call. */
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
        const entry = subjectOf(scenario, calls, number);
        yield {
          ...{ scenario, number, call: name, fault, entry, isListing },
          isForSync: isForSync(scenario, calls, number),
          isForLength: isForLength(calls, number),
        };
      }
    }
  }
}

/** Checks an undisturbed copy after one that failed. Returns what is wrong. */
function wrongAfter(then: Ending): string[] {
  return [
    ...brokenPromises(then),
    ...(then.succeeded ? [] : [`${then.error ?? errorsOf(then)}`]),
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
    const here = `if call ${number}, ${call} for ${entry}, is ${fault}`;
    wrong.push(...wrongWith(ending, failing).map((what) => `${here}: ${what}`));
    // The second copy keeps what the first one finished, without its time.
    const isKept = isRefusedTime(failing) && scenario.options.overwrite === 'never';
    const complete = isKept
      ? withAnyStatus(then, posix.relative('/out', targetOf(scenario) + pathBelow(failing)))
      : then;
    wrong.push(...wrongAfter(complete).map((what) => `after one ${here}: ${what}`));
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
    const here = `if each call from ${number}, ${name}, on fails`;
    const left = Object.keys(ending.found).filter(isTemporary);
    const named = ending.succeeded ? [] : errorsOf(ending).flatMap(({ leftover }) => leftover ?? []);
    // The host made a file, failed, and did not remove it, so the copy does not know its name.
    const isUnknown = name === 'getType' && calls[number - 1]?.name === 'openAt';
    if (String(named) !== String(left.map((path) => `/out/${path}`)) && !isUnknown) {
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
  it.for(ways)(
    'whichever call fails %s, each entry is old, absent or complete, and no temporary file is left',
    (way, { inMemory: directory }) => failEachOnce(scenario, way, directory),
  );

  it('if every call from one on fails, at most a temporary file is left, and the error names it', ({
    inMemory: directory,
  }) => failFromEachOn(scenario, 'in memory', directory));
});

it.for(faultsOf.unlinkFileAt)(
  'if removing a temporary file is %s, the error names it, and clean removes it',
  async (fault, { inMemory: directory }) => {
    const [scenario] = scenarios;
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    const ending = await sandbox.copy((call) =>
      call === 'write' ? 'insufficient-space' : call === 'unlinkFileAt' ? fault : undefined,
    );
    const [left = ''] = Object.keys(ending.found);
    expect(isTemporary(left)).toBe(true);
    expect(errorsOf(ending)).toMatchObject([
      { code: 'ENOSPC', operation: 'write', leftover: `/out/${left}` },
    ]);
    expect(sandbox.clean()).toBe(1);
    expect(sandbox.look()).toEqual({});
  },
);

it('whichever call fails, a link never replaces the file that it leads to', async ({
  inMemory: directory,
}) => {
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
    // Not `access`: a link into a directory without permission is copied.
    for (const fault of ['io', 'interrupted', 'insufficient-memory'] as const) {
      codes.add(await copyLink((_, each) => (each === number ? fault : undefined)));
    }
  }
  expect([...codes].sort()).toEqual(['EIO', 'ENOMEM', 'ERR_MAPCP_OTHER']);
  expect(brokenPromises({ before, complete: before, found: look(directory), succeeded: true })).toEqual([]);
});

it.for([0, 1])(
  'shard %i does not skip a link that may lead to a directory',
  async (index, { inMemory: directory }) => {
    const scenario: Scenario = {
      name: 'a shard',
      options: { recursive: true, symlinks: 'follow', keepGoing: true, shard: { index, count: 2 } },
      source: (put) => {
        put.file('in/a/real/f');
        put.symlink('in/a/link', 'real');
      },
    };
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    await sandbox.copy();
    const looks = sandbox.calls.map(({ name, path }) => name === 'statAt' && path === '/in/a/link');
    const ending = await sandbox.copy((_, number) => (looks[number] ? 'io' : undefined));
    expect(errorsOf(ending)).toMatchObject([{ code: 'EIO', path: '/in/a/link' }]);
  },
);

it('these copies make every call that can fail', async () => {
  // A copy removes files only after a failure, as above.
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
