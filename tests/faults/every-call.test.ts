// Every call that a copy makes fails once, in each way that it can. MAPCP_FAULTS=all takes each of them by both ways
// into the host; otherwise they alternate.

import process from 'node:process';
import type { Operation } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import type { FallibleCall, Fault, Way } from './faulty-host.js';
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
  syncData: ['sync'],
  readDirectory: ['list'],
  readDirectoryEntry: ['list'],
  readlinkAt: ['inspect'],
  createDirectoryAt: ['create'],
  symlinkAt: ['create'],
  renameAt: ['rename'],
  unlinkFileAt: ['remove'],
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

/** Whether a copy may come out well although this has happened: `brokenPromises` then sees to it that it did. */
function canBeBorne(call: FallibleCall, fault: Fault): boolean {
  // A directory that cannot be made may be there already.
  const mayNotMatter = ['stat', 'statAt', 'metadataHash', 'metadataHashAt', 'createDirectoryAt'].includes(
    call,
  );
  return mayNotMatter || fault === 'short' || (fault === 'interrupted' && ['read', 'write'].includes(call));
}

/** What is wrong with how a copy ended whose one fault was this; nothing is good. */
function wrongWith(ending: Ending, call: FallibleCall, fault: Fault): string[] {
  const wrong = brokenPromises(ending);
  if (ending.descriptorsLeft !== 0) {
    wrong.push(`${ending.descriptorsLeft} descriptors are left open`);
  }
  if (ending.succeeded) {
    return canBeBorne(call, fault) ? wrong : [...wrong, 'nobody was told'];
  }
  for (const { code, operation, path, source, target, leftover, message } of failuresOf(ending)) {
    const isNamed = [source, target].includes(path) && message.includes(`'${path}'`);
    if (
      !isNamed ||
      !operationsOf[call].includes(operation) ||
      code !== codeOf[fault] ||
      leftover !== undefined
    ) {
      wrong.push(`it says: ${code}: ${message}`);
    }
  }
  return wrong;
}

/** The faults of a copy, each with the call that it is put into. */
function* faultsIn(calls: readonly FallibleCall[], way: Way): Generator<[number, FallibleCall, Fault]> {
  let count = 0;
  for (const [number, call] of calls.entries()) {
    for (const fault of faultsOf[call]) {
      if (takesAll || count++ % ways.length === ways.indexOf(way)) {
        yield [number, call, fault];
      }
    }
  }
}

async function failEachOnce(scenario: Scenario, way: Way, directory: string): Promise<void> {
  using sandbox = await FaultySandbox.open(scenario, way, directory);
  expect(brokenPromises(await sandbox.copy())).toEqual([]);
  const { calls } = sandbox;
  const wrong: string[] = [];
  for (const [number, call, fault] of faultsIn(calls, way)) {
    const ending = await sandbox.copy((_, each) => (each === number ? fault : undefined));
    const then = await sandbox.copyAgain();
    const here = `where call ${number}, ${call}, is ${fault}`;
    wrong.push(...wrongWith(ending, call, fault).map((what) => `${here}: ${what}`));
    wrong.push(...brokenPromises(then).map((what) => `after one ${here}: ${what}`));
    if (!then.succeeded) {
      wrong.push(`after one ${here}: ${then.error}`);
    }
  }
  expect(wrong).toEqual([]);
}

async function failFromEachOn(scenario: Scenario, way: Way, directory: string): Promise<void> {
  using sandbox = await FaultySandbox.open(scenario, way, directory);
  await sandbox.copy();
  const { calls } = sandbox;
  const wrong: string[] = [];
  for (const [number, call] of calls.entries()) {
    const ending = await sandbox.copy((_, each) => (each >= number ? 'io' : undefined));
    const here = `where each call from ${number}, ${call}, on fails`;
    const left = Object.keys(ending.found).filter(isTemporary);
    const named = ending.succeeded ? [] : failuresOf(ending).flatMap(({ leftover }) => leftover ?? []);
    // A host that makes a file, fails all the same, and then does not remove it, has told nobody of it.
    const isUntold = call === 'getType' && calls[number - 1] === 'openAt';
    if (String(named) !== String(left.map((path) => `/out/${path}`)) && !isUntold) {
      wrong.push(`${here}: '${named}' is named, and '${left}' is left`);
    }
    if (sandbox.clean() !== left.length) {
      wrong.push(`${here}: cleaning does not remove '${left}'`);
    }
    const cleaned = { ...ending, found: sandbox.look() };
    wrong.push(...brokenPromises(cleaned).map((what) => `${here}: ${what}`));
    const then = await sandbox.copyAgain();
    wrong.push(...brokenPromises(then).map((what) => `after one ${here}: ${what}`));
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

it('a temporary file that cannot be removed is named by the error, and cleaned', () =>
  inMemoryDirectory(async (directory) => {
    const [scenario] = scenarios;
    using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
    const ending = await sandbox.copy((call) =>
      call === 'write' ? 'insufficient-space' : call === 'unlinkFileAt' ? 'io' : undefined,
    );
    const [left = ''] = Object.keys(ending.found);
    expect(isTemporary(left)).toBe(true);
    expect(failuresOf(ending)).toMatchObject([
      { code: 'ENOSPC', operation: 'write', leftover: `/out/${left}` },
    ]);
    expect(sandbox.clean()).toBe(1);
    expect(sandbox.look()).toEqual({});
  }));
