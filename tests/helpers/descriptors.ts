import { readdirSync, readlinkSync } from 'node:fs';
import process from 'node:process';

/**
 * The files and directories that this process has open. Threads open and close pipes and event loops, and the test
 * runner opens and closes files of the checkout, so those are left out.
 */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith('/') && !path.startsWith(`${process.cwd()}/`) ? [path] : [];
    } catch {
      // The listing's own descriptor.
      return [];
    }
  });
}

/** Returns those below a directory. */
export function openFilesIn(directory: string): string[] {
  return openFiles().filter((path) => path.startsWith(directory));
}
