import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Whether `onSmallDisk` works here: mounting is the superuser's. CI is one, and must not pass without. */
export const canMount = process.getuid?.() === 0 || process.env.CI !== undefined;

/** Mounts an empty file system of `size` bytes on a directory; what it returns takes it away. */
export function mountSmallDisk(path: string, size: number): () => void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  if (status !== 0) {
    throw new Error(`cannot mount: ${stderr}`);
  }
  return () => void spawnSync('umount', [path]);
}

/** Mounts an empty file system of `size` bytes on a directory while `use` runs. */
export function onSmallDisk(path: string, size: number, use: () => void): void {
  const unmount = mountSmallDisk(path, size);
  try {
    use();
  } finally {
    unmount();
  }
}
