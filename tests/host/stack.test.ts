// A component chooses how much stack is left when it calls the host. However little it is, the host loses no open file:
// all are closed with the host.

import { closeSync, mkdirSync, openSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { DirectoryEntries } from '../../ts/host/directory-entries.js';
import { Handle } from '../../ts/host/handle.js';
import { temporaryDirectory } from '../helpers/it.js';
import { type Descriptor, outcome, sandbox, walkers } from './helpers.js';

/** How many depths to try at which a call fails: more than the maximum depth of the host's calls. */
const DEPTHS = 300;

/** How many depths to go back at a time, to one at which the call succeeds. V8 optimizes frames, so that changes. */
const MARGIN = 100;

/** Calls `act` below a number of further calls. */
function under(calls: number, act: () => void): void {
  if (calls === 0) {
    act();
  } else {
    under(calls - 1, act);
  }
}

/** Whether `act` ends before the end of the stack. */
function isDone(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** The maximum depth at which `act` succeeds. */
function deepest(act: () => void): number {
  let [least, most] = [0, 1 << 20];
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    [least, most] = isDone(() => under(middle, act)) ? [middle, most] : [least, middle - 1];
  }
  return least;
}

/** The open files of this process below a directory. */
function openBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', fd));
      return path.startsWith(directory) ? [path] : [];
    } catch {
      // The listing's own descriptor.
      return [];
    }
  });
}

const drop = (resource: object): void => (resource as Disposable)[Symbol.dispose]();

interface Setting {
  readonly root: Descriptor;
  readonly file: Descriptor;
  getDirectories(): [Descriptor, string][];
}

/** Calls that open something and return it. */
const opening: [string, (setting: Setting) => object[]][] = [
  ['opens a file', ({ root }) => [root.openAt({}, 'd/file', {}, { read: true })]],
  ['opens a file for writing', ({ root }) => [root.openAt({}, 'd/file', {}, { write: true })]],
  ['opens a directory', ({ root }) => [root.openAt({}, 'd', { directory: true }, { read: true })]],
  ['lists a directory', ({ root }) => [root.readDirectory()]],
  ['reads by a stream', ({ file }) => [file.readViaStream(0n)]],
  ['writes by a stream', ({ file }) => [file.writeViaStream(0n)]],
  ['appends by a stream', ({ file }) => [file.appendViaStream()]],
  ['gets the preopens', ({ getDirectories }) => getDirectories().map(([directory]) => directory)],
  ['looks at a path', ({ root }) => [root.statAt({}, 'd/file')].slice(1)],
];

describe.skipIf(process.platform !== 'linux').each(walkers)('by the %s walker,', (_kind, walker) => {
  it.each(opening)('nothing stays open if a component %s at the end of the stack', (_, open) => {
    const { box, host, root } = sandbox(walker);
    mkdirSync(join(box, 'd'));
    writeFileSync(join(box, 'd/file'), '');
    const file = root.openAt({}, 'd/file', {}, { read: true, write: true });
    const { getDirectories } = host.imports['wasi:filesystem/preopens'];
    const setting = { root, file, getDirectories };
    let depth = deepest(() => open(setting).forEach(drop));
    let [hasSucceeded, failed] = [false, 0];
    // Begins at a depth at which the call succeeds. At each further one it fails at an earlier point.
    while (failed < DEPTHS) {
      let opened: object[] = [];
      const isOpened = isDone(() =>
        under(depth, () => {
          opened = open(setting);
        }),
      );
      hasSucceeded ||= isOpened;
      failed += hasSucceeded && !isOpened ? 1 : 0;
      for (const each of opened) {
        isDone(() => under(depth, () => drop(each)));
      }
      // Drops, with little stack, what was opened with enough of it.
      for (const each of open(setting)) {
        isDone(() => under(depth, () => drop(each)));
      }
      depth += hasSucceeded ? 1 : -MARGIN;
      expect(depth).toBeGreaterThan(0);
    }
    host.close();
    expect(openBelow(box)).toEqual([]);
  });
});

it('a listing is closed once, even if its directory can be closed only at the second try', () => {
  let [tries, closes] = [0, 0];
  const close = (fd: number) => {
    tries += 1;
    if (tries === 1) {
      throw new RangeError('Maximum call stack size exceeded');
    }
    closeSync(fd);
  };
  const directory = new Handle(openSync(temporaryDirectory(), 'r'), close);
  const listing = {
    next: () => undefined,
    close: () => {
      closes += 1;
    },
  };
  const entries = new DirectoryEntries(listing, directory, false, () => {});
  expect(() => entries.close()).toThrow(RangeError);
  expect(outcome(() => entries.next())).toBe('bad-descriptor');
  entries.close();
  expect([tries, closes]).toEqual([2, 1]);
});
