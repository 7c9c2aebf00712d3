import { spawnSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Runs a command, which must succeed, and returns what it prints. */
function run(command: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`${command} says: ${stderr.trim()}`);
  }
  return stdout.trim();
}

const SIZE = 32 * 1024 * 1024;

/**
 * Mounts an empty exFAT through FUSE: it folds case, gives each spelling of a name another inode number, and has neither
 * links nor modes. That is the superuser's right.
 *
 * @param path the directory to mount it on
 * @param image a file to make it in
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
 * Why there can be no exFAT here, found out by trying; undefined where there can. CI has the programs, and must not pass
 * without: all that it may lack is a kernel with FUSE and loop devices.
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
