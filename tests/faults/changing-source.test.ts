// The source changes during its copy: right before one call of the copy, for each call in turn.

import {
  appendFileSync,
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CopyOptions } from 'mapcp';
import { describe, expect } from 'vitest';
import { type Put, putInto } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { errorsOf, FaultySandbox } from './faulty-sandbox.js';
import { bytes, type Scenario } from './scenarios.js';

const PAGE = 65_536;
const old = bytes(3 * PAGE + 17, 1);
const OLD_TIME = '1000000000.25';

/** Writes `content` into an existing file. */
function overwrite(path: string, content: Buffer): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, content, 0, content.length, 0);
  closeSync(descriptor);
}

interface Change {
  readonly name: string;
  /** Changes the file. */
  act(path: string, put: Put): void;
  /** The source's content after the change. */
  readonly content: Buffer;
}

const changes: readonly Change[] = [
  {
    name: 'appended to',
    act: (path) => appendFileSync(path, 'more'),
    content: Buffer.concat([old, Buffer.from('more')]),
  },
  {
    name: 'cut',
    act: (path) => truncateSync(path, PAGE),
    content: old.subarray(0, PAGE),
  },
  {
    name: 'emptied',
    act: (path) => truncateSync(path),
    content: Buffer.alloc(0),
  },
  {
    name: 'overwritten',
    act: (path) => overwrite(path, bytes(old.length, 2)),
    content: bytes(old.length, 2),
  },
  {
    name: 'overwritten and given its time again',
    act: (path, put) => {
      overwrite(path, bytes(old.length, 2));
      put.time('in/a', OLD_TIME);
    },
    content: bytes(old.length, 2),
  },
];

const allOptions: readonly CopyOptions[] = [
  { windowSize: PAGE },
  {},
  { windowSize: PAGE, verify: true, preserveTimestamps: true, sync: true },
];

/** Waits until a new write gets a later time than the last one. */
function untilTheClockTicks(directory: string): void {
  const probe = join(directory, 'probe');
  const { ctimeNs } = lstatSync(join(directory, 'in/a'), { bigint: true });
  do {
    writeFileSync(probe, '');
  } while (lstatSync(probe, { bigint: true }).ctimeNs <= ctimeNs);
}

/** Copies once for each call, and passes the error code and the content of the copy to `check`, if there are any. */
async function changeBeforeEachCall(
  change: Change,
  options: CopyOptions,
  directory: string,
  check: (code: string | undefined, copy: Buffer | undefined) => string | undefined,
): Promise<string[]> {
  const put = putInto(directory);
  const path = join(directory, 'in/a');
  const renew = () => {
    put.file('in/a', old);
    put.time('in/a', OLD_TIME);
  };
  const scenario: Scenario = { name: change.name, options, source: renew };
  using sandbox = await FaultySandbox.open(scenario, 'in memory', directory);
  await sandbox.copy();
  const wrong: string[] = [];
  for (const [number, { name }] of sandbox.calls.entries()) {
    renew();
    untilTheClockTicks(directory);
    const ending = await sandbox.copy((_, each) => {
      if (each === number) {
        change.act(path, put);
      }
      return undefined;
    });
    const copy = 'b' in ending.found ? readFileSync(join(directory, 'out/b')) : undefined;
    const code = ending.succeeded ? undefined : errorsOf(ending)[0]?.code;
    const said = check(code, copy);
    if (said !== undefined || Object.keys(ending.found).length > 1 || ending.descriptorsLeft !== 0) {
      wrong.push(`before call ${number}, ${name}: ${said ?? 'something is left'}`);
    }
  }
  return wrong;
}

describe.each(allOptions.map((options) => ({ options, name: JSON.stringify(options) })))(
  'with $name',
  ({ options }) => {
    it.for(changes)(
      'if the source is $name during its copy, the copy is the old or the new content, or fails',
      async (change, { inMemory: directory }) => {
        let errors = 0;
        const wrong = await changeBeforeEachCall(change, options, directory, (code, copy) => {
          if (code !== undefined) {
            errors++;
            return code === 'ERR_MAPCP_SOURCE_CHANGED' && copy === undefined ? undefined : code;
          }
          const isWhole = copy?.equals(old) || copy?.equals(change.content);
          return isWhole ? undefined : 'the copy is neither';
        });
        expect(wrong).toEqual([]);
        expect(errors).toBeGreaterThan(0);
      },
    );

    it('with allowChanges, a source that grows during its copy is no error', async ({
      inMemory: directory,
    }) => {
      const change: Change = {
        name: 'appended to',
        act: (path) => appendFileSync(path, 'more'),
        content: Buffer.concat([old, Buffer.from('more')]),
      };
      const wrong = await changeBeforeEachCall(
        change,
        { ...options, allowChanges: true },
        directory,
        (code, copy) => (copy?.equals(old) || copy?.equals(change.content) ? undefined : `${code}`),
      );
      expect(wrong).toEqual([]);
    });

    it('with allowChanges, a source that gets shorter during its copy is still an error', async ({
      inMemory: directory,
    }) => {
      const change: Change = {
        name: 'cut',
        act: (path) => truncateSync(path, 17),
        content: old.subarray(0, 17),
      };
      const wrong = await changeBeforeEachCall(
        change,
        { ...options, allowChanges: true },
        directory,
        (code, copy) =>
          code === 'ERR_MAPCP_SOURCE_CHANGED' || copy?.equals(old) || copy?.equals(change.content)
            ? undefined
            : `${code}`,
      );
      expect(wrong).toEqual([]);
    });
  },
);
