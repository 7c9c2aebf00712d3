// Attempts to leave a sandbox, each on the host's own objects and by a hostile program.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import type { Access, Preopen } from '../../ts/host/grant.js';
import type { Walker } from '../../ts/host/walker.js';
import { it } from '../helpers/it.js';
import type { Attempt, Descriptor } from './helpers.js';
import { expectAnswers, hostWith, outcome, preopensOf, programWalkers, sandbox, walkers } from './helpers.js';
import { namesBelow, sealed } from './sealed.js';

const follow = { symlinkFollow: true };
const now = { tag: 'now' } as const;

/** A use of a path, on the host's objects and as a call of the guest. */
type Use = [name: string, act: (root: Descriptor, path: string) => unknown, call: (path: string) => string];

/** Uses that follow a symbolic link at the end of a path. */
const followingUses: Use[] = [
  ['open', (root, path) => root.openAt(follow, path, {}, { read: true }), (path) => `open 0 - ${path} r`],
  [
    'open as a directory',
    (root, path) => root.openAt(follow, path, { directory: true }, { read: true }),
    (path) => `open 0 - ${path} rd`,
  ],
  [
    'create',
    (root, path) => root.openAt(follow, path, { create: true }, { write: true }),
    (path) => `open 0 - ${path} wc`,
  ],
  [
    'truncate',
    (root, path) => root.openAt(follow, path, { truncate: true }, { write: true }),
    (path) => `open 0 - ${path} wt`,
  ],
  ['look at', (root, path) => root.statAt(follow, path), (path) => `stat - ${path}`],
  ['identify', (root, path) => root.metadataHashAt(follow, path), (path) => `same - ${path} - .`],
  [
    'set the times of',
    (root, path) => root.setTimesAt(follow, path, now, now),
    (path) => `utimes - ${path} 1 2`,
  ],
];

/** Uses that take a symbolic link at the end of a path as a link. */
const namingUses: Use[] = [
  ['look at the name', (root, path) => root.statAt({}, path), (path) => `lstat - ${path}`],
  ['make a directory', (root, path) => root.createDirectoryAt(path), (path) => `mkdir - ${path}`],
  ['remove a directory', (root, path) => root.removeDirectoryAt(path), (path) => `rmdir - ${path}`],
  ['remove a file', (root, path) => root.unlinkFileAt(path), (path) => `unlink - ${path}`],
  [
    'move something in',
    (root, path) => root.renameAt(path, root, 'mine'),
    (path) => `rename - ${path} - mine`,
  ],
  [
    'move something out',
    (root, path) => root.renameAt('file', root, path),
    (path) => `rename - file - ${path}`,
  ],
  [
    'link something in',
    (root, path) => root.linkAt({}, path, root, 'mine'),
    (path) => `link - ${path} - mine`,
  ],
  [
    'link something out',
    (root, path) => root.linkAt({}, 'file', root, path),
    (path) => `link - file - ${path}`,
  ],
  ['read a link', (root, path) => root.readlinkAt(path), (path) => `readlink - ${path}`],
  ['make a link', (root, path) => root.symlinkAt('file', path), (path) => `symlink file - ${path}`],
];

/**
 * Names that lead out of `box`, and the error of their use. All lead to `outside` or to the parent of both, and never
 * to the machine's own files: a broken host would truncate, move and remove them.
 */
type WayOut = [name: string, arrange: (box: string, outside: string) => string, code: string];

/** Creates a symbolic link in the box, and returns the path that follows it. */
const linkTo = (target: string, rest = '') => {
  return (box: string) => {
    symlinkSync(target, join(box, 'link'));
    return `link${rest}`;
  };
};

/** Creates a chain of `count` symbolic links to a file. */
function chain(box: string, count: number): string {
  writeFileSync(join(box, 'link-0'), 'inside');
  for (let index = 1; index <= count; index++) {
    symlinkSync(`link-${index - 1}`, join(box, `link-${index}`));
  }
  return `link-${count}`;
}

/** A descriptor of this process. procfs leads from it to the entry at `path`. */
function heldOpen(path: string, flags = 'r'): number {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** On Windows, an absolute path has characters that no name may have. */
const absolute = process.platform === 'win32' ? 'invalid' : 'not-permitted';

/** Paths that every use must refuse. */
const pathsOut: WayOut[] = [
  ['the directory above', () => '..', 'not-permitted'],
  ['a path that begins with ..', () => '../outside/secret', 'not-permitted'],
  ['a path that climbs later', () => 'dir/../../outside/secret', 'not-permitted'],
  ['a path that climbs far', () => 'dir/deep/../../../outside/secret', 'not-permitted'],
  ['a path that climbs at its end', () => 'dir/deep/../../..', 'not-permitted'],
  ['a path that climbs in vain', () => '../box/file', 'not-permitted'],
  ['a path with slashes between', () => './/dir///..//.././outside//secret', 'not-permitted'],
  ['a path with a slash at its end', () => '../outside/', 'not-permitted'],
  ['a path with slashes at its end', () => 'dir/../../outside///', 'not-permitted'],
  ['an absolute path', (_box, outside) => join(outside, 'secret'), absolute],
  ['an absolute path to what is inside', (box) => join(box, 'file'), absolute],
  ['a path with an empty beginning', (_box, outside) => `/${join(outside, 'secret')}`, 'not-permitted'],
  [
    "an absolute path by this process's descriptor",
    (_box, outside) => `/proc/self/fd/${heldOpen(outside)}/secret`,
    'not-permitted',
  ],
  ['a relative symbolic link on the way', linkTo('../outside', '/secret'), 'not-permitted'],
  [
    'an absolute symbolic link on the way',
    (box, outside) => linkTo(outside, '/secret')(box),
    'not-permitted',
  ],
  [
    'an absolute symbolic link on the way to what is inside',
    (box) => linkTo(box, '/file')(box),
    'not-permitted',
  ],
  ['a symbolic link on the way with a slash', linkTo('../outside/', '/secret'), 'not-permitted'],
  ['a symbolic link to the directory above', linkTo('..', '/outside/secret'), 'not-permitted'],
  [
    'a symbolic link to below and up from there',
    linkTo('dir/deep', '/../../../outside/secret'),
    'not-permitted',
  ],
  [
    'a chain of symbolic links',
    (box) => {
      symlinkSync('..', join(box, 'dir/up'));
      symlinkSync('dir/up/../outside', join(box, 'chain'));
      return 'chain/secret';
    },
    'not-permitted',
  ],
  ['a symbolic link to the root and then up', linkTo('.', '/link/../outside/secret'), 'not-permitted'],
  [
    "a symbolic link on the way to this process's root",
    (box, outside) => linkTo('/proc/self/root', `${outside}/secret`)(box),
    'not-permitted',
  ],
  [
    "a symbolic link on the way to this process's descriptor",
    (box, outside) => linkTo(`/proc/self/fd/${heldOpen(outside)}`, '/secret')(box),
    'not-permitted',
  ],
  ['a name that is too long', () => 'x'.repeat(256), 'name-too-long'],
  ['a directory whose name is too long', () => `${'x'.repeat(256)}/../../outside/secret`, 'name-too-long'],
  ['a path that is too long', () => `${'dir/../'.repeat(1000)}dir`, 'name-too-long'],
  ['a path that is too long by one', () => `${'./'.repeat(2046)}file`, 'name-too-long'],
  ['a symbolic link to itself on the way', linkTo('link', '/secret'), 'loop'],
  ['a chain of 41 symbolic links on the way', (box) => `${chain(box, 41)}/secret`, 'loop'],
];

/** Symbolic links, which may be used as links, but not followed. */
const linksOut: WayOut[] = [
  ['a relative symbolic link', linkTo('../outside/secret'), 'not-permitted'],
  ['a symbolic link to what is missing', linkTo('../outside/new'), 'not-permitted'],
  ['a symbolic link to a directory', linkTo('../outside'), 'not-permitted'],
  ['a symbolic link with a slash behind it', linkTo('../outside', '/'), 'not-permitted'],
  ['an absolute symbolic link', (box, outside) => linkTo(join(outside, 'secret'))(box), 'not-permitted'],
  ['an absolute symbolic link to what is inside', (box) => linkTo(join(box, 'file'))(box), 'not-permitted'],
  [
    "a symbolic link by this process's root",
    (box, outside) => linkTo(`/proc/self/root${outside}/secret`)(box),
    'not-permitted',
  ],
  [
    "a symbolic link to this process's descriptor",
    (box, outside) => linkTo(`/proc/self/fd/${heldOpen(outside)}`)(box),
    'not-permitted',
  ],
  ['a symbolic link to itself', linkTo('link'), 'loop'],
  ['a symbolic link to itself with a slash behind it', linkTo('link', '/'), 'loop'],
  ['a chain of 41 symbolic links', (box) => chain(box, 41), 'loop'],
];

const attacks = [
  ...pathsOut.map((way) => [...way, [...followingUses, ...namingUses]] as const),
  ...linksOut.map((way) => [...way, followingUses] as const),
];

/** The errno that a program sees for an error code. */
const errnos: Readonly<Record<string, string>> = {
  'not-permitted': 'EPERM',
  invalid: 'EINVAL',
  'name-too-long': 'ENAMETOOLONG',
  loop: 'ELOOP',
};

function besieged(walker: Walker) {
  const box = sandbox(walker);
  mkdirSync(join(box.box, 'dir/deep'), { recursive: true });
  writeFileSync(join(box.box, 'file'), 'inside');
  writeFileSync(join(box.outside, 'secret'), 'secret');
  return { ...box, top: join(box.box, '..'), expectUntouched: sealed(box.outside) };
}

describe.each(walkers)('the objects of the %s walker', (kind, walker) => {
  it.each(attacks)('refuses %s', (_name, arrange, code, uses) => {
    const { box, outside, root, expectUntouched } = besieged(walker);
    const path = arrange(box, outside);
    const before = namesBelow(box);
    expect(uses.map(([use, act]) => [use, outcome(() => act(root, path))])).toEqual(
      uses.map(([use]) => [use, code]),
    );
    expectUntouched();
    expect(namesBelow(box)).toEqual(before);
  });

  const outward: [string, (root: Descriptor) => unknown][] = [
    ['make an absolute link', (root) => root.symlinkAt('/etc/passwd', 'link')],
    ['remove itself', (root) => root.removeDirectoryAt('dir/../..')],
  ];

  it.each(outward)('refuses to %s', (_name, act) => {
    const { box, root, expectUntouched } = besieged(walker);
    expect(outcome(() => act(root))).toBe('not-permitted');
    expectUntouched();
    expect(readdirSync(box).sort()).toEqual(['dir', 'file']);
  });

  it('stays in a held directory if a link to outside takes its name', () => {
    const { box, root, expectUntouched } = besieged(walker);
    const directory = root.openAt({}, 'dir/deep', { directory: true }, { read: true });
    rmdirSync(join(box, 'dir/deep'));
    symlinkSync('../../outside', join(box, 'dir/deep'));
    const missing = !kind.startsWith('path') ? 'no-entry' : 'not-permitted';
    for (const [use, act] of followingUses) {
      expect([use, outcome(() => act(directory, 'secret'))]).toEqual([use, missing]);
    }
    expectUntouched();
  });

  it('stays in a held directory if an outside directory takes its name', () => {
    const { box, outside, root } = besieged(walker);
    const directory = root.openAt({}, 'dir', { directory: true }, { read: true });
    renameSync(join(box, 'dir'), join(box, 'moved'));
    renameSync(outside, join(box, 'dir'));
    expect(outcome(() => directory.statAt({}, 'secret'))).toBe(
      !kind.startsWith('path') ? 'no-entry' : 'not-permitted',
    );
  });

  it('does not climb out of a held directory, which is its own root', () => {
    const { root } = besieged(walker);
    const directory = root.openAt({}, 'dir/deep', { directory: true }, { read: true });
    expect(outcome(() => directory.statAt({}, '..'))).toBe('not-permitted');
    expect(outcome(() => directory.openAt({}, '../..', {}, { read: true }))).toBe('not-permitted');
  });
});

describe.each(programWalkers)('the %s walker', (kind, walker) => {
  /** The path-based walker loses a directory that was moved. */
  const held = (answer: string) => (!kind.startsWith('path') ? answer : 'EPERM');

  /** If `link` may follow a symbolic link, the host gives none a second name. */
  const linked = (answer: string, otherwise: string) => (walker.linkFollows ? otherwise : answer);

  it.each(attacks)('refuses a program %s', async (_name, arrange, code, uses) => {
    const { box, outside, expectUntouched } = besieged(walker);
    const path = arrange(box, outside);
    const before = namesBelow(box);
    await expectAnswers(
      walker,
      box,
      uses.map(([, , call]) => [call(path), errnos[code] ?? '']),
    );
    expectUntouched();
    expect(namesBelow(box)).toEqual(before);
  });

  it('refuses a NUL that hides the rest of a path', async () => {
    const { box, root, expectUntouched } = besieged(walker);
    for (const path of ['dir\0/../../outside/secret', 'file\0', '\0']) {
      for (const [use, act] of [...followingUses, ...namingUses]) {
        expect([use, outcome(() => act(root, path))]).toEqual([use, 'invalid']);
      }
    }
    await expectAnswers(walker, box, [
      ['open-nul - dir /../../outside/secret', 'EINVAL'],
      ['open-nul - file x', 'EINVAL'],
    ]);
    expectUntouched();
  });

  it('follows at most 40 symbolic links, and accepts paths of the maximum length', async () => {
    const { box, root } = besieged(walker);
    const link = chain(box, 40);
    const name = 'x'.repeat(255);
    const path = `${'./'.repeat(2045)}/file`;
    expect(root.statAt(follow, link).size).toBe(6n);
    expect(root.statAt(follow, path).size).toBe(6n);
    await expectAnswers(walker, box, [
      [`stat - ${link}`, 'ok file 6'],
      [`open 0 - ${link} r`, 'ok'],
      ['pread 0', 'ok inside'],
      [`stat - ${path}`, 'ok file 6'],
      [`open 0 - ${name} wcx`, 'ok'],
      [`stat - ${name}`, 'ok file 0'],
    ]);
  });

  it('treats a link that leads outside as a link if it is renamed, linked, read or removed', async () => {
    const { box, root, expectUntouched } = besieged(walker);
    for (const name of ['one', 'two', 'three', 'four']) {
      symlinkSync('../outside/secret', join(box, name));
    }
    root.unlinkFileAt('one');
    root.renameAt('file', root, 'two');
    await expectAnswers(walker, box, [
      ['lstat - three', 'ok link'],
      ['readlink - three', 'ok ../outside/secret'],
      ['lutimes - three 5 6', 'ok'],
      ['times - three', 'ok 5.000000 6.000000'],
      ['open 0 - three rn', 'ELOOP'],
      ['open 0 - three wcx', 'EEXIST'],
      ['mkdir - three', 'EEXIST'],
      ['rmdir - three', 'ENOTDIR'],
      ['symlink file - three', 'EEXIST'],
      ['link - two - three', 'EEXIST'],
      ['link - three - hard', linked('ok', 'ENOTSUP')],
      ['rename - hard - dir/deep/hard', linked('ok', 'ENOENT')],
      ['lstat - dir/deep/hard', linked('ok link', 'ENOENT')],
      ['rename - two - three', 'ok'],
      ['unlink - four', 'ok'],
    ]);
    expect(readdirSync(box).sort()).toEqual(['dir', 'three']);
    expect(readFileSync(join(box, 'three'), 'utf8')).toBe('inside');
    expectUntouched();
  });

  it('lets a program climb back to its root, from any depth', async () => {
    const { box, expectUntouched } = besieged(walker);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    mkdirSync(join(box, ...names), { recursive: true });
    await expectAnswers(
      walker,
      box,
      names.flatMap((name, depth): Attempt[] => {
        const below = [...names.slice(0, depth), name].join('/');
        const back = '/..'.repeat(depth + 1);
        return [
          [`stat - ${below}${back}/file`, 'ok file 6'],
          [`stat - ${below}${back}/..`, 'EPERM'],
          [`open 9 - ${below}${back}/../outside/secret r`, 'EPERM'],
          [`open ${depth} - ${below} rd`, 'ok'],
          [`stat ${depth} .`, 'ok directory'],
          [`stat ${depth} ..`, 'EPERM'],
          [`open 9 ${depth} ${back.slice(1)} rd`, 'EPERM'],
          [`open 9 ${depth} ${back.slice(1)}/../outside/secret r`, 'EPERM'],
          [`rename ${depth} ../${name} - taken`, 'EPERM'],
          [`rmdir ${depth} ../${name}`, 'EPERM'],
        ];
      }),
    );
    expectUntouched();
  });

  /**
   * Changes to `dir` while a program holds it, and the content of `deep` in it afterwards, by the handle and by the old
   * path.
   */
  const fates: [string, (place: ReturnType<typeof besieged>) => void, { deep: string; name: string }][] = [
    [
      'has been moved inside',
      ({ box }) => renameSync(join(box, 'dir'), join(box, 'moved')),
      { deep: 'ok directory', name: 'ENOENT' },
    ],
    [
      'has been moved out',
      ({ box, top }) => renameSync(join(box, 'dir'), join(top, 'moved')),
      { deep: 'ok directory', name: 'ENOENT' },
    ],
    [
      'has been removed',
      ({ box }) => {
        rmdirSync(join(box, 'dir/deep'));
        rmdirSync(join(box, 'dir'));
      },
      { deep: 'ENOENT', name: 'ENOENT' },
    ],
    [
      'has been moved out, with a link to outside in its place',
      ({ box, top }) => {
        renameSync(join(box, 'dir'), join(top, 'moved'));
        symlinkSync('../outside', join(box, 'dir'));
      },
      { deep: 'ok directory', name: 'EPERM' },
    ],
  ];

  it.each(fates)('keeps a program in a held directory that %s', async (_name, befall, { deep, name }) => {
    const place = besieged(walker);
    await expectAnswers(
      walker,
      place.box,
      [
        ['open 0 - dir rd', 'ok'],
        ['open 1 0 deep rd', 'ok'],
        ['meanwhile', 'ok'],
        ['stat 0 deep', held(deep)],
        ['stat 1 .', held('ok directory')],
        ['open 2 0 secret r', held('ENOENT')],
        ['open 2 1 secret r', held('ENOENT')],
        ['stat 0 ..', 'EPERM'],
        ['stat 1 ..', 'EPERM'],
        ['open 2 1 ../.. rd', 'EPERM'],
        ['open 2 0 ../outside/secret r', 'EPERM'],
        ['open 2 1 ../../outside/secret r', 'EPERM'],
        ['open 2 0 deep/../../outside/secret r', deep === 'ENOENT' ? held('ENOENT') : 'EPERM'],
        ['rename 1 ../deep - stolen', 'EPERM'],
        ['unlink 0 ../outside/secret', 'EPERM'],
        ['stat - dir/secret', name],
        ['stat - dir/../outside/secret', name],
      ],
      { meanwhile: [() => befall(place)] },
    );
    place.expectUntouched();
  });

  it('creates nothing in a held directory that was removed', async () => {
    const { box } = besieged(walker);
    await expectAnswers(
      walker,
      box,
      [
        ['open 0 - dir/deep rd', 'ok'],
        ['meanwhile', 'ok'],
        ['open 1 0 new wcx', held('ENOENT')],
        ['mkdir 0 new', held('ENOENT')],
        ['symlink x 0 new', held('ENOENT')],
        ['link - file 0 new', held('ENOENT')],
        ['rename - file 0 new', held('ENOENT')],
      ],
      { meanwhile: [() => rmdirSync(join(box, 'dir/deep'))] },
    );
    expect(namesBelow(box)).toEqual(['dir', 'file']);
  });

  it.skipIf(process.platform === 'win32')('refuses FIFOs, sockets and devices without blocking', async () => {
    const { box, root } = besieged(walker);
    execFileSync('mkfifo', [join(box, 'fifo')]);
    const server = createServer().listen(join(box, 'socket'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    for (const name of ['fifo', 'socket']) {
      symlinkSync(name, join(box, `link-to-${name}`));
    }
    // Creating a device needs root, so this uses an existing one.
    const devices: Preopen = { path: '/dev', access: 'read-write' };
    const host = hostWith(walker, { preopens: { '/dev': devices } });
    const kinds: [Descriptor, string, string][] = [
      [root, 'fifo', 'fifo'],
      // The preview 1 adapter traps if the type is socket.
      [root, 'socket', 'unknown'],
      [preopensOf(host)('/dev'), 'null', 'character-device'],
    ];
    for (const [directory, name, type] of kinds) {
      expect(directory.statAt({}, name).type).toBe(type);
      for (const flags of [{ read: true }, { write: true }, { read: true, write: true }]) {
        expect(outcome(() => directory.openAt({}, name, {}, flags))).toBe('not-permitted');
      }
      expect(outcome(() => directory.openAt({}, name, { truncate: true }, { write: true }))).toBe(
        'not-permitted',
      );
      expect(outcome(() => directory.openAt({}, name, { create: true }, { write: true }))).toBe(
        'not-permitted',
      );
    }
    await expectAnswers(
      walker,
      box,
      ['- fifo', '- socket', '- link-to-fifo', '- link-to-socket', '+ null'].flatMap((place): Attempt[] => [
        [`stat ${place}`, 'ok other'],
        ...['r', 'w', 'rw', 'wc', 'wt', 'rt', 'wa'].map(
          (how): Attempt => [`open 0 ${place} ${how}`, 'EPERM'],
        ),
        [`open 0 ${place} rd`, 'ENOTDIR'],
        [`open 0 ${place}/ r`, 'ENOTDIR'],
        [`open 0 ${place} wcx`, 'EEXIST'],
      ]),
      { other: devices },
    );
  });

  const exchanges: [string, (path: string) => void][] = [
    ['a link out', (path) => symlinkSync('../outside/secret', path)],
    [
      'a FIFO',
      (path) => {
        execFileSync('mkfifo', [path]);
        // Only the race test can check an open that waits for the other end.
        heldOpen(path, 'r+');
      },
    ],
  ];

  it.each(exchanges.slice(0, process.platform === 'win32' ? 1 : 2))(
    'does not open an entry that was a file and is now %s',
    async (_name, put) => {
      const { box, expectUntouched } = besieged(walker);
      const file = join(box, 'file');
      const exchange = () => {
        unlinkSync(file);
        put(file);
      };
      await expectAnswers(
        walker,
        box,
        [
          ['stat - file', 'ok file 6'],
          ['meanwhile', 'ok'],
          ['open 0 - file r', 'EPERM'],
          ['pread 0', 'EBADF'],
        ],
        { meanwhile: [exchange] },
      );
      expectUntouched();
    },
  );

  it.runIf(process.platform === 'linux')(
    'does not follow the links of procfs, which lead to open files',
    async () => {
      const { outside, expectUntouched } = besieged(walker);
      const own = `fd/${heldOpen(outside)}`;
      await expectAnswers(
        walker,
        `/proc/${process.pid}`,
        [
          ...['root', 'cwd', 'exe', own, 'root/etc/passwd', `${own}/secret`].flatMap((path): Attempt[] => [
            [`open 0 - ${path} r`, 'EPERM'],
            [`stat - ${path}`, 'EPERM'],
          ]),
          [`lstat - ${own}`, 'ok link'],
          ['readlink - root', 'ok /'],
        ],
        { access: 'read' },
      );
      expectUntouched();
    },
  );

  // On Windows it makes a name invalid: see tests/runtimes/confinement.ts.
  it.skipIf(process.platform === 'win32')('treats a backslash as an ordinary character', async () => {
    const { box, root, expectUntouched } = besieged(walker);
    writeFileSync(join(box, 'dir/file'), '');
    expect(outcome(() => root.statAt({}, 'dir\\file'))).toBe('no-entry');
    writeFileSync(join(box, 'dir\\file'), 'backslash');
    expect(root.statAt({}, 'dir\\file').size).toBe(9n);
    await expectAnswers(walker, box, [
      ['stat - dir\\file', 'ok file 9'],
      ['open 0 - ..\\outside\\secret r', 'ENOENT'],
      ['open 0 - dir\\..\\..\\outside\\secret r', 'ENOENT'],
      ['open 0 - ..\\outside\\new wcx', 'ok'],
      ['mkdir - ..\\made', 'ok'],
      ['symlink ..\\outside\\secret - link', 'ok'],
      ['stat - link', 'ENOENT'],
      ['stat - ..\\made/../file', 'ok file 6'],
    ]);
    expectUntouched();
    expect(readdirSync(box).sort()).toEqual([
      '..\\made',
      '..\\outside\\new',
      'dir',
      'dir\\file',
      'file',
      'link',
    ]);
  });

  const pairs = (['read', 'read-write'] as const).flatMap((one) =>
    (['read', 'read-write'] as const).map((two) => [one, two] as const),
  );

  it.for(pairs)(
    'moves and links between a %s and a %s preopen only if both may be changed',
    async ([one, two], { directory: top }) => {
      const preopen = (name: string, access: Access) => {
        const path = join(top, name);
        mkdirSync(join(path, 'dir'), { recursive: true });
        for (const file of ['a', 'b', 'c', 'd']) {
          writeFileSync(join(path, file), `${name}, ${file}`);
        }
        return { path, access };
      };
      const [first, second] = [preopen('one', one), preopen('two', two)];
      const at = preopensOf(hostWith(walker, { preopens: { '/one': first, '/two': second } }));
      const [left, right] = [at('/one'), at('/two')];
      const mayBoth = one === 'read-write' && two === 'read-write';
      const checks = [first, second].map(({ path }) => (mayBoth ? () => {} : sealed(path)));
      const acts = [
        () => left.renameAt('a', right, 'moved'),
        () => right.renameAt('a', left, 'moved'),
        () => left.linkAt({}, 'b', right, 'linked'),
        () => right.linkAt({}, 'b', left, 'linked'),
      ];
      expect(acts.map((act) => outcome(act))).toEqual(acts.map(() => (mayBoth ? 'ok' : 'not-permitted')));
      const attempts = [
        'rename - c + moved-c',
        'rename + c - moved-c',
        'rename - dir + moved-dir',
        'rename + dir - moved-dir',
        'link - d + linked-d',
        'link + d - linked-d',
      ];
      await expectAnswers(
        walker,
        first.path,
        attempts.map((call) => [call, mayBoth ? 'ok' : 'EPERM']),
        { access: one, other: second },
      );
      for (const check of checks) {
        check();
      }
      if (mayBoth) {
        const names = ['b', 'd', 'linked', 'linked-d', 'moved', 'moved-c', 'moved-dir'];
        expect([readdirSync(first.path), readdirSync(second.path)]).toEqual([names, names]);
        expect(readFileSync(join(second.path, 'moved-c'), 'utf8')).toBe('one, c');
      }
    },
  );

  it('gives a hostile program nothing through links that it creates', async () => {
    const { box, expectUntouched } = besieged(walker);
    await expectAnswers(walker, box, [
      ['symlink /etc/passwd - absolute', 'EPERM'],
      // Without a race: the program replaces a directory that it holds by its own link.
      ['mkdir - held', 'ok'],
      ['open 1 - held rd', 'ok'],
      ['rmdir - held', 'ok'],
      ['symlink ../outside - held', 'ok'],
      ['open 2 1 secret r', held('ENOENT')],
      ['open 2 1 ../outside/secret r', 'EPERM'],
      ['open 2 - held/secret r', 'EPERM'],
      // A link that is harmless until it is moved.
      ['symlink ../secret - dir/deep/later', 'ok'],
      ['rename - dir/deep/later - later', 'ok'],
      ['open 2 - later r', 'EPERM'],
      ['symlink ../outside/secret - dir/fine', 'ok'],
      ['link - dir/fine - dir/deep/fine', linked('ok', 'ENOTSUP')],
      ['rename - dir/fine - fine', 'ok'],
      ['open 2 - fine r', 'EPERM'],
    ]);
    expectUntouched();
  });
});
