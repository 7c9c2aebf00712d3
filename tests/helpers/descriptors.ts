import { readdirSync, readlinkSync } from 'node:fs';

/**
 * What the descriptors of this process lead to that are of files and directories; those of pipes and of event loops come and
 * go with threads.
 */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith('/') ? [path] : [];
    } catch {
      // It was that of the listing itself.
      return [];
    }
  });
}
