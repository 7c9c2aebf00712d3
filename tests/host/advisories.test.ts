// Tries the attacks of public advisories against similar software. docs/threat-model.md has a row for each, which
// describes it.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished } from 'vitest';
import { createHost, ModeCarrier } from '../../ts/host/index.js';
import { MOST_RESOURCES } from '../../ts/host/resources.js';
import { pathWalker } from '../../ts/host/walker-path.js';
import { frontends, run as runCommand } from '../cli/frontends.js';
import { errorsOf, FaultySandbox } from '../faults/faulty-sandbox.js';
import type { Scenario } from '../faults/scenarios.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';
import { wasmtime } from '../helpers/wasmtime.js';
import type { Attempt } from './helpers.js';
import { callsOnWasmtime, expectAnswers, hostWith, outcome, preopensOf, programWalkers } from './helpers.js';
import { namesBelow, sealed } from './sealed.js';

const follow = { symlinkFollow: true };

/**
 * A directory `box` for a component, and `outside` beside it, with a secret. The returned function checks that
 * `outside` is unchanged.
 */
function besieged() {
  const top = temporaryDirectory();
  const [box, outside] = [join(top, 'box'), join(top, 'outside')];
  mkdirSync(join(box, 'dir/deep'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(box, 'file'), 'inside');
  writeFileSync(join(outside, 'secret'), 'secret');
  return { top, box, outside, expectUntouched: sealed(outside) };
}

/** An attack by a component in a directory that it may change. */
interface Attack {
  readonly advisory: string;
  readonly name: string;
  /** Links in the box, by their names. */
  readonly links?: Readonly<Record<string, string>>;
  readonly attempts: readonly Attempt[];
}

const attacks: readonly Attack[] = [
  {
    advisory: 'CVE-2025-55130',
    name: 'a relative link that is moved until it leads outside is not followed',
    attempts: [
      ['mkdir - a', 'ok'],
      ['mkdir - a/b', 'ok'],
      ['symlink ../.. - a/b/up', 'ok'],
      ['stat - a/b/up', 'ok directory'],
      ['rename - a/b - b', 'ok'],
      ['stat - b/up', 'EPERM'],
      ['open 0 - b/up/outside/secret r', 'EPERM'],
      ['open 0 - b/up/outside/new wc', 'EPERM'],
      ['rename - b/up/outside - mine', 'EPERM'],
    ],
  },
  {
    advisory: 'CVE-2026-21715',
    name: 'no call reveals whether an outside path exists',
    links: { out: '../outside' },
    attempts: ['secret', 'missing'].flatMap((name): Attempt[] => [
      [`stat - ../outside/${name}`, 'EPERM'],
      [`stat - out/${name}`, 'EPERM'],
      [`lstat - out/${name}`, 'EPERM'],
      [`readlink - out/${name}`, 'EPERM'],
      [`open 0 - out/${name} r`, 'EPERM'],
      [`utimes - out/${name} 1 2`, 'EPERM'],
      [`mkdir - out/${name}`, 'EPERM'],
      [`mkdir - out/${name}/deeper`, 'EPERM'],
      [`unlink - out/${name}`, 'EPERM'],
      [`same - out/${name} - .`, 'EPERM'],
    ]),
  },
  {
    advisory: 'CVE-2026-39822',
    name: 'a slash after a link that leads outside does not make the host follow it',
    links: { out: '../outside', dangling: '../outside/new' },
    attempts: [
      ['open 0 - out/ rd', 'EPERM'],
      ['open 0 - out/ r', 'EPERM'],
      ['open 0 - out/. rd', 'EPERM'],
      ['open 0 - out// rd', 'EPERM'],
      ['stat - out/', 'EPERM'],
      ['utimes - out/ 1 2', 'EPERM'],
      ['lutimes - out/ 1 2', 'EPERM'],
      ['readlink - out/', 'EPERM'],
      ['link - out/ - mine', 'EPERM'],
      ['mkdir - out/', 'EEXIST'],
      ['mkdir - dangling/', 'EEXIST'],
      ['rename - dir - dangling/', 'ENOTDIR'],
    ],
  },
  {
    advisory: 'GHSA-vqjp-4c8c-hfgg',
    name: 'a link whose text ends with a slash is not followed outside',
    links: { one: 'two/', two: '../outside/', file1: '../outside/secret/', new1: '../outside/new/' },
    attempts: [
      ['open 0 - one rd', 'EPERM'],
      ['open 0 - one/ rd', 'EPERM'],
      ['open 0 - one/secret r', 'EPERM'],
      ['open 0 - one/new wc', 'EPERM'],
      ['stat - one/secret', 'EPERM'],
      ['mkdir - one/new', 'EPERM'],
      ['rename - one/secret - mine', 'EPERM'],
      ['unlink - one/secret', 'EPERM'],
      ['open 0 - file1 r', 'EPERM'],
      ['stat - file1', 'EPERM'],
      ['open 0 - new1 wc', 'EPERM'],
    ],
  },
  {
    advisory: 'GHSA-m9f7-9w4p-gv38',
    name: "a rename of a link with a slash after it does not move the link's target",
    links: { out: '../outside' },
    attempts: [
      ['rename - out/ - mine', 'ENOTDIR'],
      ['rename - out/ - dir/mine', 'ENOTDIR'],
      ['rename - out/. - mine', 'EPERM'],
      ['rename - dir - out/', 'ENOTDIR'],
      ['rename - dir/ - out/', 'ENOTDIR'],
      ['rename - file - out/', 'ENOTDIR'],
      ['rename - dir/deep/ - out/deep', 'EPERM'],
      ['lstat - out', 'ok link'],
    ],
  },
  {
    advisory: 'CVE-2026-23745',
    name: 'neither a link with an absolute text nor a hard link to an outside file is created',
    attempts: [
      ['symlink /etc/passwd - mine', 'EPERM'],
      ['symlink /proc/self/root - mine', 'EPERM'],
      ['link - /etc/passwd - mine', 'EPERM'],
      ['link - ../outside/secret - mine', 'EPERM'],
      ['link - dir/../../outside/secret - mine', 'EPERM'],
    ],
  },
  {
    advisory: 'CVE-2026-24842',
    name: 'a hard link takes the same path as its check',
    links: { to: 'dir/deep' },
    attempts: [
      // The text of the path leads to `file` in the box. The link in it leads to `dir/file`.
      ['link - to/../file - mine', 'ENOENT'],
      ['link - to/../../file - mine', 'ok'],
      ['link - to/../../../outside/secret - other', 'EPERM'],
    ],
  },
  {
    advisory: 'CVE-2026-26960',
    name: 'a chain of links gives no hard link to an outside file',
    attempts: [
      ['mkdir - a', 'ok'],
      ['symlink .. - a/b', 'ok'],
      ['symlink a/b/../outside - c', 'ok'],
      ['symlink c - d', 'ok'],
      ['link - d/secret - mine', 'EPERM'],
      ['link - a/b/../outside/secret - mine', 'EPERM'],
      ['open 0 - d/secret rw', 'EPERM'],
    ],
  },
];

describe.each(attacks)('$advisory: $name', ({ links = {}, attempts }) => {
  function prepared() {
    const place = besieged();
    for (const [name, text] of Object.entries(links)) {
      symlinkSync(text, join(place.box, name));
    }
    return place;
  }

  it.each(programWalkers)('by the %s walker', async (_, walker) => {
    const { box, expectUntouched } = prepared();
    await expectAnswers(walker, box, attempts);
    expectUntouched();
  });

  it.skipIf(wasmtime === undefined)('in wasmtime', () => {
    const { box, expectUntouched } = prepared();
    const calls = attempts.map(([call]) => call);
    expect(callsOnWasmtime(box, calls).map((line, index) => [calls[index], line])).toEqual(attempts);
    expectUntouched();
  });
});

describe.each(programWalkers)('by the %s walker', (kind, walker) => {
  it('CVE-2026-21716: times, size and content of an open file or directory below a read-only preopen cannot be changed', async () => {
    const { box } = besieged();
    const expectUntouched = sealed(box);
    await expectAnswers(
      walker,
      box,
      [
        ['open 0 - file r', 'ok'],
        ['open 1 - dir rd', 'ok'],
        ['futimes 0 1 2', 'EPERM'],
        ['resize 0 0', 'EPERM'],
        ['pwrite 0 x 0', 'EPERM'],
        ['utimes 1 . 1 2', 'EPERM'],
      ],
      { access: 'read' },
    );
    expectUntouched();
  });

  it('GHSA-2r75-cxrj-cmph: opening for reading with truncation is refused below a read-only preopen', async () => {
    const { box } = besieged();
    const host = hostWith(walker, { preopens: { '/': { path: box, access: 'read' } } });
    const root = preopensOf(host)('/');
    for (const flags of [{ read: true }, {}, { write: true }]) {
      expect(outcome(() => root.openAt(follow, 'file', { truncate: true }, flags))).toBe('not-permitted');
    }
    await expectAnswers(walker, box, [['open 0 - file rt', 'EPERM']], { access: 'read' });
    expect(readFileSync(join(box, 'file'), 'utf8')).toBe('inside');
  });

  it('GHSA-4ch3-9j33-3pmj: no link and no rename moves a file from a read-only to a read-write preopen', async () => {
    const { box, outside } = besieged();
    const expectUntouched = sealed(box);
    await expectAnswers(
      walker,
      box,
      [
        ['link - file + mine', 'EPERM'],
        ['rename - file + mine', 'EPERM'],
        ['rename - dir + mine', 'EPERM'],
        ['link + secret - mine', 'EPERM'],
        ['rename + secret - mine', 'EPERM'],
      ],
      { access: 'read', other: { path: outside, access: 'read-write' } },
    );
    expectUntouched();
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  /** The path-based walker loses a directory that was moved. */
  const held = (answer: string) => (!kind.startsWith('path') ? answer : 'EPERM');

  it("CVE-2026-27139: if a listed entry's directory becomes a link, the entry is not read elsewhere", async () => {
    const { box, expectUntouched } = besieged();
    writeFileSync(join(box, 'dir/secret'), 'of the box');
    await expectAnswers(
      walker,
      box,
      [
        ['open 0 - dir rd', 'ok'],
        ['list 0', 'ok deep secret'],
        ['meanwhile', 'ok'],
        ['stat 0 secret', held('ok file 10')],
        ['stat - dir/secret', 'EPERM'],
      ],
      {
        meanwhile: [
          () => {
            renameSync(join(box, 'dir'), join(box, 'aside'));
            symlinkSync('../outside', join(box, 'dir'));
          },
        ],
      },
    );
    expectUntouched();
  });

  it('CVE-2026-32282: a link that replaces a new file or directory does not get its permissions', () => {
    const { top, box, outside } = besieged();
    const source = join(top, 'source');
    mkdirSync(join(source, 'd'), { recursive: true });
    writeFileSync(join(source, 'f'), '');
    chmodSync(join(source, 'd'), 0o777);
    chmodSync(join(source, 'f'), 0o777);
    chmodSync(join(outside, 'secret'), 0o600);
    chmodSync(outside, 0o700);
    const modes = new ModeCarrier();
    modes.start(true);
    const at = preopensOf(
      hostWith(walker, {
        preopens: { '/in': { path: source, access: 'read' }, '/out': { path: box, access: 'read-write' } },
        modes,
      }),
    );
    const [from, to] = [at('/in'), at('/out')];
    const drop = (resource: object) => (resource as Disposable)[Symbol.dispose]();

    from.openAt({}, 'f', {}, { read: true });
    const file = to.openAt({}, 'new', { create: true, exclusive: true }, { write: true });
    unlinkSync(join(box, 'new'));
    symlinkSync('../outside/secret', join(box, 'new'));
    drop(file);
    from.openAt({}, 'd', { directory: true }, { read: true });
    to.createDirectoryAt('made');
    const directory = to.openAt({}, 'made', { directory: true }, { read: true });
    renameSync(join(box, 'made'), join(box, 'aside'));
    symlinkSync('../outside', join(box, 'made'));
    outcome(() => drop(directory));

    expect(statSync(join(outside, 'secret')).mode & 0o777).toBe(0o600);
    expect(statSync(outside).mode & 0o777).toBe(0o700);
  });

  it("CVE-2025-59343: a directory whose name starts with the preopen's name is outside", () => {
    const { box } = besieged();
    const beside = `${box}-evil`;
    mkdirSync(beside);
    writeFileSync(join(beside, 'secret'), 'secret');
    symlinkSync(join(beside, 'secret'), join(box, 'absolute'));
    symlinkSync('../box-evil/secret', join(box, 'relative'));
    symlinkSync(join(box, 'file'), join(box, 'own'));
    const expectUntouched = sealed(beside);
    const host = hostWith(walker, {
      preopens: { '/': { path: box, access: 'read-write' } },
      absoluteLinks: true,
    });
    const root = preopensOf(host)('/');
    expect(root.statAt(follow, 'own').size).toBe(6n);
    for (const name of ['absolute', 'relative', '../box-evil/secret']) {
      expect(outcome(() => root.openAt(follow, name, {}, { read: true }))).toBe('not-permitted');
    }
    expectUntouched();
  });

  it('CVE-2026-53795 and others of rsync 3.5.0: a directory that becomes a link between two calls is not followed', async () => {
    const { box, expectUntouched } = besieged();
    const parts: Attempt[] = [
      ['open 1 - dir/secret r', 'EPERM'],
      ['open 1 - dir/new wcx', 'EPERM'],
      ['mkdir - dir/new', 'EPERM'],
      ['symlink x - dir/new', 'EPERM'],
      ['link - file - dir/new', 'EPERM'],
      ['rename - file - dir/new', 'EPERM'],
      ['unlink - dir/secret', 'EPERM'],
      ['utimes - dir/secret 1 2', 'EPERM'],
      ['open 1 0 secret r', held('ENOENT')],
      ['unlink 0 secret', held('ENOENT')],
      ['utimes 0 secret 1 2', held('ENOENT')],
      ['mkdir 0 new', held('ok')],
      ['rename - file 0 moved', held('ok')],
    ];
    await expectAnswers(walker, box, [['open 0 - dir rd', 'ok'], ['meanwhile', 'ok'], ...parts], {
      meanwhile: [
        () => {
          renameSync(join(box, 'dir'), join(box, 'aside'));
          symlinkSync('../outside', join(box, 'dir'));
        },
      ],
    });
    expectUntouched();
    expect(readdirSync(join(box, 'aside'))).toEqual(
      !kind.startsWith('path') ? ['deep', 'moved', 'new'] : ['deep'],
    );
  });
});

/** Makes the host believe that it is on Windows, for one test. */
function pretendWindows(): void {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform');
  Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
  onTestFinished(() => void Object.defineProperty(process, 'platform', platform ?? {}));
}

describe('on Windows', () => {
  it.each([
    'C:',
    'C:secret',
    'dir/C:secret',
    'C:../outside/secret',
    '..\\outside\\secret',
    'dir\\..\\..\\outside\\secret',
    'file:stream',
    '\\\\server\\share',
    'CONIN$',
    'nul .txt',
    'COM¹',
  ])('GHSA-f2pq-268w-886c: %s is not a valid name', (path) => {
    const { box, expectUntouched } = besieged();
    const root = preopensOf(hostWith(pathWalker, { preopens: { '/': { path: box, access: 'read-write' } } }))(
      '/',
    );
    pretendWindows();
    const before = namesBelow(box);
    expect(outcome(() => root.openAt(follow, path, {}, { read: true }))).toBe('invalid');
    expect(outcome(() => root.openAt({}, path, { create: true }, { write: true }))).toBe('invalid');
    expect(outcome(() => root.createDirectoryAt(path))).toBe('invalid');
    expect(outcome(() => root.renameAt('file', root, path))).toBe('invalid');
    expect(outcome(() => root.statAt({}, path))).toBe('invalid');
    expect(namesBelow(box)).toEqual(before);
    expectUntouched();
  });

  const targets = [
    'C:../../../target.txt',
    'C:\\target.txt',
    '..\\..\\target.txt',
    'dir/C:x',
    '\\\\server\\share',
  ];

  it.each(targets)('CVE-2026-29786: no hard link is created to %s', (target) => {
    const { box } = besieged();
    const root = preopensOf(hostWith(pathWalker, { preopens: { '/': { path: box, access: 'read-write' } } }))(
      '/',
    );
    pretendWindows();
    expect(outcome(() => root.linkAt(follow, target, root, 'mine'))).toBe('invalid');
    expect(existsSync(join(box, 'mine'))).toBe(false);
  });

  it.each(targets)('CVE-2026-31802: no symbolic link is created with the text %s', (target) => {
    const { box } = besieged();
    const root = preopensOf(hostWith(pathWalker, { preopens: { '/': { path: box, access: 'read-write' } } }))(
      '/',
    );
    pretendWindows();
    expect(outcome(() => root.symlinkAt(target, 'mine'))).toBe('not-permitted');
    expect(outcome(() => root.symlinkAt('../dir/./deep', 'mine'))).toBe('ok');
    expect(namesBelow(box)).toEqual(['dir', 'dir/deep', 'file', 'mine']);
  });
});

describe.each(frontends)('a copy in $name', (frontend) => {
  it('CVE-2025-45582: a second tree is not written through a link of the first one', ({
    inMemory: directory,
  }) => {
    for (const name of ['in/first', 'in/second/x', 'out', 'outside']) {
      mkdirSync(join(directory, name), { recursive: true });
    }
    symlinkSync('../../outside', join(directory, 'in/first/x'));
    writeFileSync(join(directory, 'in/second/x/authorized_keys'), 'mine');
    expect(runCommand(frontend, ['-rT', 'in/first', 'out/tree'], directory)).toMatchObject({ status: 0 });

    const second = runCommand(frontend, ['-rT', 'in/second', 'out/tree'], directory);

    expect(second.status).toBe(1);
    expect(second.stderr).toContain("out/tree/x'");
    expect(readdirSync(join(directory, 'outside'))).toEqual([]);
  });

  it('CVE-2026-53797 and others of rsync 3.5.0: a link in a tree copies no content, name or time from outside', ({
    inMemory: directory,
  }) => {
    for (const name of ['in/tree', 'out', 'outside']) {
      mkdirSync(join(directory, name), { recursive: true });
    }
    writeFileSync(join(directory, 'outside/secret'), 'secret');
    symlinkSync('../../outside', join(directory, 'in/tree/directory'));
    symlinkSync('../../outside/secret', join(directory, 'in/tree/file'));
    const expectUntouched = sealed(join(directory, 'outside'));

    const { status, stderr } = runCommand(
      frontend,
      ['-rLT', '--keep-going', 'in/tree', 'out/tree'],
      directory,
    );

    expect(status).toBe(1);
    expect(stderr).not.toContain('secret\n');
    expect(existsSync(join(directory, 'out/tree'))).toBe(true);
    expect(readdirSync(join(directory, 'out/tree'))).toEqual([]);
    expectUntouched();
  });
});

it("CVE-2026-23950: if the disk folds a link's and a file's names to one, neither is written through the other", async ({
  inMemory: directory,
}) => {
  const outside = join(directory, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  const expectUntouched = sealed(outside);
  const scenario: Scenario = {
    name: 'two names that fold to one',
    options: { recursive: true, keepGoing: true },
    source: (put) => {
      put.symlink('in/a/ß', '../../outside/secret');
      put.file('in/a/ss', 'mine');
    },
  };
  const foldFully = (path: string) => path.toLowerCase().replaceAll('ß', 'ss');
  using sandbox = await FaultySandbox.open(scenario, 'by value', directory, foldFully);
  const ending = await sandbox.copy(() => undefined);
  expect(errorsOf(ending)).toMatchObject([{ code: 'EEXIST', operation: 'accept' }]);
  expectUntouched();
});

it('CVE-2026-53794: the value 0 does not lift a limit', async () => {
  for (const maxResources of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
    expect(await rejectionOf(createHost({ maxResources }))).toBeInstanceOf(RangeError);
  }
});

it('GHSA-q554-3cjc-rx7p: one limit counts the handles of all kinds and instances together', async () => {
  using host = await createHost({ maxResources: 3, clocks: true });
  const { imports } = host;
  imports['wasi:cli/stdin'].getStdin();
  imports['wasi:cli/stdout'].getStdout();
  imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n);
  expect(() => imports['wasi:cli/stderr'].getStderr()).toThrow('the component holds 3 resources');
  expect(MOST_RESOURCES).toBeLessThan(2 ** 20);
});

it('every advisory has a row in the threat model that names its test, and every row has a test', () => {
  const [model = '', tests = ''] = ['docs/threat-model.md', 'tests/host/advisories.test.ts'].map((path) =>
    readFileSync(path, 'utf8'),
  );
  const advisories = (text: string) => [...new Set(text.match(/(?:CVE-2|GHSA-)[-0-9a-z]+/g))].sort();
  expect(advisories(model)).toEqual(advisories(tests));
  const rows = model.split('\n').filter((line) => /^\| *(?:CVE-|GHSA-)/.test(line));
  const named = rows.map((row) => row.split('|').at(-2)?.trim() ?? '');
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !tests.includes(name))).toEqual([]);
});
