import { spawnSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Runs a command and returns its output. */
function run(command: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`${command} says: ${stderr.trim()}`);
  }
  return stdout.trim();
}

const SIZE = 32 * 1024 * 1024;

/**
 * Mounts an empty exFAT through FUSE, which only the superuser may do. exFAT folds case, gives each spelling of a name
 * another inode number, and has neither links nor modes.
 *
 * @param path the mount point
 * @param image a file for the file system
 */
export function mountExfat(path: string, image: string): Disposable {
  const undo: (() => void)[] = [];
  const disk: Disposable = {
    [Symbol.dispose]: () => {
      for (const each of undo.splice(0).reverse()) {
        each();
      }
    },
  };
  try {
    writeFileSync(image, '');
    undo.push(() => rmSync(image));
    truncateSync(image, SIZE);
    const device = run('losetup', '--find', '--show', image);
    undo.push(() => run('losetup', '--detach', device));
    run('mkfs.exfat', device);
    run('mount.exfat-fuse', device, path);
    undo.push(() => run('umount', path));
    return disk;
  } catch (error) {
    disk[Symbol.dispose]();
    throw error;
  }
}

/**
 * Tries to mount exFAT, and returns the reason if that fails. CI has the programs, so there only a kernel without FUSE
 * or loop devices is a reason.
 */
export function whyNoExfat(path: string, image: string): string | undefined {
  try {
    mountExfat(path, image)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (process.env.CI !== undefined && isMissing) {
      throw error;
    }
    return String(error);
  }
}
