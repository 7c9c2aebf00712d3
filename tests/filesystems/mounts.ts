// Mounts common file systems, by FUSE or by the kernel.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command } from '../helpers/mounting.js';
import { mountSmallDisk } from '../helpers/small-disk.js';

/** A mounted file system, at first empty. Disposing of it unmounts it, and removes its image. */
export interface Mounted extends Disposable {
  /** The mount point. */
  readonly path: string;
  /** A directory for its parts, such as an image. `behind` in it is what a network mount shows. */
  readonly work: string;
}

/**
 * Mounts a file system.
 *
 * @param path the mount point
 * @param work an empty directory for its parts
 * @param undo gets the functions that undo the mount. They are called in reverse order
 */
export type Make = (path: string, work: string, undo: (() => void)[]) => void;

function unmount(path: string): void {
  // If its connection was cut, it is already unmounted.
  const isMounted = () => readFileSync('/proc/self/mounts', 'utf8').includes(` ${path} `);
  if (!isMounted() || spawnSync('umount', [path]).status === 0) {
    return;
  }
  // It may still be in use by a process that was just killed. A lazy unmount waits for that.
  const { stderr } = spawnSync('umount', ['--lazy', path], { encoding: 'utf8' });
  if (isMounted()) {
    throw new Error(stderr);
  }
}

function makeImage(work: string, size: number): string {
  const image = join(work, 'image');
  writeFileSync(image, '');
  truncateSync(image, size);
  return image;
}

const MEBIBYTE = 1024 * 1024;

/** exFAT: folds case, gives each spelling of a name another inode number, and has neither links nor modes. */
export const exfat: Make = (path, work, undo) => {
  const device = command('losetup', '--find', '--show', makeImage(work, 32 * MEBIBYTE));
  undo.push(() => command('losetup', '--detach', device));
  command('mkfs.exfat', device);
  command('mount.exfat-fuse', device, path);
  undo.push(() => unmount(path));
};

/** FAT. A large sparse image has room for files of more than 4 GiB. */
export const fat =
  (size: number): Make =>
  (path, work, undo) => {
    const image = makeImage(work, size);
    command('mkfs.fat', '-F', '32', image);
    command('fusefat', '-o', 'rw+', image, path);
    undo.push(() => unmount(path));
  };

/** NTFS. */
export const ntfs =
  (...options: string[]): Make =>
  (path, work, undo) => {
    const image = makeImage(work, 32 * MEBIBYTE);
    command('mkfs.ntfs', '--force', '--fast', image);
    command('ntfs-3g', ...options.flatMap((option) => ['-o', option]), image, path);
    undo.push(() => unmount(path));
  };

/** The directory `behind` of the working directory, through bindfs. */
export const bindfs =
  (...options: string[]): Make =>
  (path, work, undo) => {
    const behind = join(work, 'behind');
    mkdirSync(behind);
    command('bindfs', ...options, behind, path);
    undo.push(() => unmount(path));
  };

/** overlayfs, by the kernel, over a lower layer with these files. */
export const overlay =
  (files: Readonly<Record<string, string>>): Make =>
  (path, work, undo) => {
    const [lower, upper, scratch] = ['lower', 'upper', 'scratch'].map((name) => join(work, name));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(work, 'lower', dirname(name)), { recursive: true });
      writeFileSync(join(work, 'lower', name), content);
    }
    mkdirSync(join(work, 'upper'));
    mkdirSync(join(work, 'scratch'));
    // The default of the kernel may be to rename such directories.
    const options = `redirect_dir=off,lowerdir=${lower},upperdir=${upper},workdir=${scratch}`;
    command('mount', '-t', 'overlay', '-o', options, 'overlay', path);
    undo.push(() => unmount(path));
  };

/** XFS, by the kernel. */
export const xfs: Make = (path, work, undo) => {
  const image = makeImage(work, 320 * MEBIBYTE);
  command('mkfs.xfs', '-q', image);
  command('mount', '-o', 'loop', image, path);
  undo.push(() => unmount(path));
};

/**
 * The directory `behind` of the working directory, through sshfs and OpenSSH's server. The client starts the server on
 * its standard streams, so it needs no port and ends with the connection.
 */
export const sshfs: Make = (path, work, undo) => {
  mkdirSync(join(work, 'behind'));
  connect(path, work, undo);
};

/** The same, but the directory has room for only `size` bytes. */
export const sshfsOnSmallDisk =
  (size: number): Make =>
  (path, work, undo) => {
    const behind = join(work, 'behind');
    mkdirSync(behind);
    undo.push(mountSmallDisk(behind, size));
    connect(path, work, undo);
  };

/** Mounts the directory `behind` of the working directory through sshfs. */
const connect: Make = (path, work, undo) => {
  const at = (name: string) => join(work, name);
  // The server needs it to separate its privileges.
  mkdirSync('/run/sshd', { recursive: true });
  for (const key of ['host', 'user']) {
    command('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key));
  }
  const server = [
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('user.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'Subsystem sftp internal-sftp',
  ];
  const client = [
    'Host behind',
    `IdentityFile ${at('user')}`,
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
    `ProxyCommand sh -c 'echo $$ > ${at('pid')}; exec /usr/sbin/sshd -i -f ${at('server')} -E ${at('log')}'`,
  ];
  writeFileSync(at('server'), `${server.join('\n')}\n`);
  writeFileSync(at('client'), `${client.join('\n')}\n`);
  command('sshfs', '-F', at('client'), `behind:${at('behind')}`, path);
  undo.push(() => unmount(path));
};

/** Cuts the connection of an sshfs, as if the server were gone. */
export function cutConnection({ work }: Mounted): void {
  process.kill(Number(readFileSync(join(work, 'pid'), 'utf8')), 'SIGKILL');
}

/**
 * Mounts a file system on `out` in a directory. Its parts are in `work` there.
 *
 * @throws the error of the mount, after removing everything
 */
export function mount(make: Make, directory: string): Mounted {
  const [path, work] = [join(directory, 'out'), join(directory, 'work')];
  mkdirSync(path);
  mkdirSync(work);
  const undo: (() => void)[] = [
    () => {
      rmSync(work, { recursive: true });
      rmSync(path, { recursive: true });
    },
  ];
  const mounted: Mounted = {
    path,
    work,
    [Symbol.dispose]: () => {
      for (const each of undo.splice(0).reverse()) {
        each();
      }
    },
  };
  try {
    make(path, work, undo);
    return mounted;
  } catch (error) {
    mounted[Symbol.dispose]();
    throw error;
  }
}
