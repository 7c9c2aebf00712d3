import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Whether tests can mount: only the superuser can. CI runs as superuser, so there they must, unless `CI` is empty. */
export const canMount = process.getuid?.() === 0 || Boolean(process.env.CI);

/**
 * Mounts an empty file system of `size` bytes on a directory. The returned function unmounts it.
 *
 * @param files how many files, links and directories it can hold besides its root; 0 means no limit
 */
export function mountSmallDisk(path: string, size: number, files = 0): () => void {
  const options = `size=${size},nr_inodes=${files && files + 1}`;
  return mount(path, ['-t', 'tmpfs', '-o', options, 'tmpfs']);
}

/** Mounts `file` over the file at `path`. The returned function unmounts it. */
export function mountFile(path: string, file: string): () => void {
  return mount(path, ['--bind', file]);
}

function mount(path: string, options: readonly string[]): () => void {
  const { status, stderr } = spawnSync('mount', [...options, path]);
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
