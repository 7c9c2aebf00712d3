import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { command } from './mounting.js';

/** An empty mounted file system that can be made too small. */
export interface LimitedDisk extends Disposable {
  /** Limits its total size. If `most` is undefined, removes the limit. */
  limit(most?: number): void;
}

// A tmpfs without a limit cannot get one later.
const PLENTY = { size: 1 << 30, nr_inodes: 100_000 };

/**
 * Mounts a file system with a limit on its bytes, or on its files, links and directories. Only the superuser may.
 *
 * @param path the mount point
 */
export function mountDiskWithLimited(what: 'bytes' | 'files', path: string): LimitedDisk {
  const optionsWith = (limits: object) =>
    Object.entries({ ...PLENTY, ...limits })
      .map(([name, value]) => `${name}=${value}`)
      .join();
  command('mount', '-t', 'tmpfs', '-o', optionsWith({}), 'tmpfs', path);
  return {
    limit: (most) => {
      // The root counts as a file.
      const limits = what === 'bytes' ? { size: most } : { nr_inodes: most && most + 1 };
      command('mount', '-o', `remount,${optionsWith(most === undefined ? {} : limits)}`, path);
    },
    [Symbol.dispose]: () => command('umount', path),
  };
}

// A little above the minimum of mkfs.btrfs. Unused space takes no memory.
const QUOTA_DISK = 128 * 1024 * 1024;

/**
 * Mounts a btrfs with a quota. Its quotas work without further kernel modules, and bind the superuser too.
 *
 * @param path the mount point
 * @param image a file for the file system
 */
export function mountDiskWithQuota(path: string, image: string): LimitedDisk {
  writeFileSync(image, '');
  truncateSync(image, QUOTA_DISK);
  command('mkfs.btrfs', '--quiet', image);
  command('mount', '-o', 'loop', image, path);
  const disk: LimitedDisk = {
    limit: (most) => {
      // Removed files count until then.
      command('btrfs', 'filesystem', 'sync', path);
      command('btrfs', 'qgroup', 'limit', String(most ?? 'none'), path);
    },
    [Symbol.dispose]: () => {
      command('umount', path);
      rmSync(image);
    },
  };
  try {
    command('btrfs', 'quota', 'enable', path);
  } catch (error) {
    disk[Symbol.dispose]();
    throw error;
  }
  return disk;
}
