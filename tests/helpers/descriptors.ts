import { readdirSync, readlinkSync } from 'node:fs';

/**
 * The files and directories that this process has open. Threads open and close pipes and event loops, so those are left
 * out.
 */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith('/') ? [path] : [];
    } catch {
      // The listing's own descriptor.
      return [];
    }
  });
}

/** Returns those below a directory. The test runner opens and closes other files at any time. */
export function openFilesIn(directory: string): string[] {
  return openFiles().filter((path) => path.startsWith(directory));
}
