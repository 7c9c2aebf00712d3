// A second process swaps directories, files and links as fast as it can, while every kind of call is made on them.
// MAPCP_RACE_ROUNDS makes it longer.

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { procfsWalker } from '../../ts/host/walker-procfs.js';
import type { Descriptor } from './helpers.js';
import { outcome, sandbox } from './helpers.js';

const ROUNDS = Number(process.env.MAPCP_RACE_ROUNDS ?? 2000);
const procfs = procfsWalker();

/** Swaps `dir` and `file` for links out and back, for ever. */
const swapper = `
  const { renameSync } = require('node:fs');
  const [box] = process.argv.slice(1);
  process.chdir(box);
  process.stdout.write('ready');
  for (;;) {
    for (const name of ['dir', 'file']) {
      renameSync(name, name + '-aside');
      renameSync(name + '-link', name);
      renameSync(name, name + '-link');
      renameSync(name + '-aside', name);
    }
  }
`;

/** One of each kind. What a call gives is looked at, since an escape would be seen in it. */
const calls: [string, (root: Descriptor, round: number) => unknown][] = [
  ['read', (root) => contentOf(root, 'dir/secret')],
  ['read a file', (root) => contentOf(root, 'file')],
  ['stat', (root) => root.statAt({ symlinkFollow: true }, 'dir/secret').size],
  ['stat a file', (root) => root.statAt({ symlinkFollow: true }, 'file').size],
  [
    'list',
    (root) => namesIn(root.openAt({ symlinkFollow: true }, 'dir', { directory: true }, { read: true })),
  ],
  [
    'create',
    (root, round) => dispose(root.openAt({}, `dir/new-${round}`, { create: true }, { write: true })),
  ],
  ['mkdir', (root, round) => root.createDirectoryAt(`dir/made-${round}`)],
  ['rmdir', (root, round) => root.removeDirectoryAt(`dir/made-${round}`)],
  ['symlink', (root, round) => root.symlinkAt('x', `dir/symbolic-${round}`)],
  ['link', (root, round) => root.linkAt({}, 'dir/secret', root, `linked-${round}`)],
  ['rename in', (root, round) => root.renameAt(`linked-${round}`, root, `dir/linked-${round}`)],
  [
    'truncate',
    (root) => dispose(root.openAt({ symlinkFollow: true }, 'victim/../file', {}, { write: true })),
  ],
  ['times', (root) => root.setTimesAt({ symlinkFollow: true }, 'dir/secret', { tag: 'now' }, { tag: 'now' })],
  ['unlink', (root, round) => root.unlinkFileAt(`dir/new-${round}`)],
];

function dispose(descriptor: Descriptor): void {
  (descriptor as unknown as Disposable)[Symbol.dispose]();
}

function contentOf(root: Descriptor, path: string): string {
  const file = root.openAt({ symlinkFollow: true }, path, {}, { read: true });
  const [bytes] = file.read(100n, 0n);
  dispose(file);
  return Buffer.from(bytes).toString();
}

function namesIn(directory: Descriptor): string {
  const listing = directory.readDirectory();
  const names: string[] = [];
  for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
    names.push(entry.name);
  }
  (listing as unknown as Disposable)[Symbol.dispose]();
  dispose(directory);
  return names.includes('outside-marker') ? 'outside' : 'inside';
}

it.skipIf(procfs === undefined)(
  'nobody outside leads a component out by swapping what is on its way',
  async () => {
    if (procfs === undefined) {
      return;
    }
    const { box, outside, root } = sandbox(procfs);
    for (const place of [join(box, 'dir'), join(box, 'victim')]) {
      mkdirSync(place);
    }
    writeFileSync(join(box, 'dir/secret'), 'fine');
    writeFileSync(join(box, 'file'), 'fine');
    writeFileSync(join(outside, 'secret'), 'outside');
    writeFileSync(join(outside, 'outside-marker'), '');
    symlinkSync('../outside', join(box, 'dir-link'));
    symlinkSync('../outside/secret', join(box, 'file-link'));
    const before = statSync(join(outside, 'secret'), { bigint: true });

    const other = spawn(process.execPath, ['-e', swapper, box], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void other.kill('SIGKILL'));
    await new Promise((resolve) => other.stdout.once('data', resolve));

    const seen = new Map<string, Map<string, number>>();
    const escapes: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, call] of calls) {
        let given: unknown;
        const result = outcome(() => {
          given = call(root, round);
        });
        if (given === 'outside' || given === 7n) {
          escapes.push(`${name} in round ${round}`);
        }
        const counts = seen.get(name) ?? new Map<string, number>();
        counts.set(String(result), (counts.get(String(result)) ?? 0) + 1);
        seen.set(name, counts);
      }
    }

    expect(escapes).toEqual([]);
    expect(readdirSync(outside).sort()).toEqual(['outside-marker', 'secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('outside');
    const after = statSync(join(outside, 'secret'), { bigint: true });
    expect([after.mtimeNs, after.nlink, after.ctimeNs]).toEqual([before.mtimeNs, 1n, before.ctimeNs]);
    // It really raced: the same call met what belongs there, and the link out.
    for (const name of ['read', 'read a file', 'stat', 'list', 'create']) {
      expect(seen.get(name)?.get('ok') ?? 0, `${name} inside`).toBeGreaterThan(0);
      expect(seen.get(name)?.get('not-permitted') ?? 0, `${name} at the link`).toBeGreaterThan(0);
    }
  },
);
