// Files whose last bytes are lost at the close. The test closes the descriptor behind the host's back, so the host's
// close fails with EBADF. tests/cli/system-calls.test.ts has the errors of real disks.

import { once } from 'node:events';
import { closeSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { type Descriptor, outcome, sandbox, walkers } from './helpers.js';

const drop = (resource: object): void => (resource as Disposable)[Symbol.dispose]();

/** Closes every descriptor that this process has of a file. */
function closeBehindItsBack(path: string): void {
  const own = '/proc/self/fd';
  for (const fd of readdirSync(own)) {
    let held: string | undefined;
    try {
      held = readlinkSync(join(own, fd));
    } catch {
      // The listing's own descriptor.
    }
    if (held === path) {
      closeSync(Number(fd));
    }
  }
}

/** Creates and writes a file. */
function write(root: Descriptor, name: string): Descriptor {
  const file = root.openAt({}, name, { create: true, exclusive: true }, { read: true, write: true });
  file.write(Buffer.from('content'), 0n);
  return file;
}

describe.skipIf(process.platform !== 'linux').each(walkers)('by the %s walker,', (_kind, walker) => {
  /** A component's root with a file that was lost at its close. */
  function lostFile() {
    const { box, root, host } = sandbox(walker);
    const file = write(root, 'file');
    closeBehindItsBack(join(box, 'file'));
    drop(file);
    return { box, root, host };
  }

  it('a lost file can never be renamed or linked', () => {
    const { box, root } = lostFile();
    writeFileSync(join(box, 'target'), 'old');
    for (let time = 0; time < 2; time++) {
      expect(outcome(() => root.renameAt('file', root, 'target'))).toBe('bad-descriptor');
      expect(outcome(() => root.linkAt({}, './file', root, 'link'))).toBe('bad-descriptor');
    }
    expect(readFileSync(join(box, 'target'), 'utf8')).toBe('old');
    expect(readdirSync(box).sort()).toEqual(['file', 'target']);
  });

  it('a lost file that is opened again cannot be synchronised', () => {
    const { root } = lostFile();
    const again = root.openAt({}, 'file', {}, { write: true });
    expect(outcome(() => again.sync())).toBe('bad-descriptor');
    expect(outcome(() => again.syncData())).toBe('bad-descriptor');
  });

  it('a lost file is recognised by every path', () => {
    const { box, root } = sandbox(walker);
    root.createDirectoryAt('directory');
    root.symlinkAt('directory', 'link');
    const file = write(root, 'directory/file');
    closeBehindItsBack(join(box, 'directory/file'));
    drop(file);
    const directory = root.openAt({}, 'directory', { directory: true }, { read: true });
    expect(outcome(() => directory.renameAt('file', root, 'target'))).toBe('bad-descriptor');
    expect(outcome(() => root.renameAt('link/file', root, 'target'))).toBe('bad-descriptor');
  });

  it('a file that was lost while a stream held it cannot be renamed', () => {
    const { box, root } = sandbox(walker);
    const file = write(root, 'file');
    const [sink, appending] = [file.writeViaStream(0n), file.appendViaStream()];
    drop(file);
    closeBehindItsBack(join(box, 'file'));
    drop(sink);
    drop(appending);
    expect(outcome(() => root.renameAt('file', root, 'target'))).toBe('bad-descriptor');
  });

  it.each<[string, (root: Descriptor) => void]>([
    [
      'removed and made anew',
      (root) => {
        root.unlinkFileAt('file');
        drop(write(root, 'file'));
      },
    ],
    [
      'written anew from the start',
      (root) => drop(root.openAt({}, 'file', { truncate: true }, { write: true })),
    ],
    [
      'replaced',
      (root) => {
        drop(write(root, 'other'));
        root.renameAt('other', root, 'file');
      },
    ],
  ])('a file can be renamed after a lost one was %s', (_, replace) => {
    const { root } = lostFile();
    replace(root);
    expect(outcome(() => root.renameAt('file', root, 'target'))).toBe('ok');
  });

  it('when the host is closed, a warning names a lost file, unless the component got the error or removed the file', async () => {
    const warned = once(process, 'warning');
    const { box, root, host } = sandbox(walker);
    for (const name of ['told', 'removed', 'lost']) {
      const file = write(root, name);
      closeBehindItsBack(join(box, name));
      drop(file);
    }
    outcome(() => root.renameAt('told', root, 'target'));
    root.unlinkFileAt('removed');
    host.close();
    expect(await warned).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^closing "\/lost" failed, .*EBADF/) }),
    ]);
  });

  it('a file that was only read cannot be lost at its close', () => {
    const { box, root } = sandbox(walker);
    writeFileSync(join(box, 'file'), '');
    const file = root.openAt({}, 'file', {}, { read: true });
    closeBehindItsBack(join(box, 'file'));
    drop(file);
    expect(outcome(() => root.renameAt('file', root, 'target'))).toBe('ok');
    expect(statSync(join(box, 'target')).size).toBe(0);
  });
});
