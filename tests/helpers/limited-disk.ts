import { spawnSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** A mounted file system, empty at first, that can be made too small for what goes into it. */
export interface LimitedDisk extends Disposable {
  /** Limits what it holds in all, and no longer does where that is undefined. */
  limit(most?: number): void;
}

/** Runs a command, which must succeed. */
function run(command: string, ...args: string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`${command} says: ${stderr.trim()}`);
  }
}

// A tmpfs that has no limit at first cannot be given one.
const PLENTY = { size: 1 << 30, nr_inodes: 100_000 };

/**
 * Mounts a file system whose bytes, or whose files, links and directories, are limited. That is the superuser's right.
 *
 * @param path the directory to mount it on
 */
export function mountDiskWithLimited(what: 'bytes' | 'files', path: string): LimitedDisk {
  const optionsWith = (limits: object) =>
    Object.entries({ ...PLENTY, ...limits })
      .map(([name, value]) => `${name}=${value}`)
      .join();
  run('mount', '-t', 'tmpfs', '-o', optionsWith({}), 'tmpfs', path);
  return {
    limit: (most) => {
      // Its root is one of its files.
      const limits = what === 'bytes' ? { size: most } : { nr_inodes: most && most + 1 };
      run('mount', '-o', `remount,${optionsWith(most === undefined ? {} : limits)}`, path);
    },
    [Symbol.dispose]: () => run('umount', path),
  };
}

// The least that mkfs.btrfs makes one of, and some more; what is not written takes no room.
const QUOTA_DISK = 128 * 1024 * 1024;

/**
 * Mounts a file system whose bytes are limited by a quota: a btrfs, since its quotas need no more of a kernel than itself,
 * and the superuser has to heed them too.
 *
 * @param path the directory to mount it on
 * @param image a file to make it in
 */
export function mountDiskWithQuota(path: string, image: string): LimitedDisk {
  writeFileSync(image, '');
  truncateSync(image, QUOTA_DISK);
  run('mkfs.btrfs', '--quiet', image);
  run('mount', '-o', 'loop', image, path);
  const disk: LimitedDisk = {
    limit: (most) => {
      // What was removed counts until then.
      run('btrfs', 'filesystem', 'sync', path);
      run('btrfs', 'qgroup', 'limit', String(most ?? 'none'), path);
    },
    [Symbol.dispose]: () => {
      run('umount', path);
      rmSync(image);
    },
  };
  try {
    run('btrfs', 'quota', 'enable', path);
  } catch (error) {
    disk[Symbol.dispose]();
    throw error;
  }
  return disk;
}

/**
 * Why there can be no disk with a quota here, found out by trying; undefined where there can. CI has the programs, and must
 * not pass without: all that it may lack is a kernel that mounts one.
 */
export function whyNoQuota(path: string, image: string): string | undefined {
  try {
    mountDiskWithQuota(path, image)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (process.env.CI !== undefined && isMissing) {
      throw error;
    }
    return String(error);
  }
}
