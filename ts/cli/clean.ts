import process from 'node:process';
import { quoted } from '../errors.js';
import { CleanError, clean } from '../index.js';
import type { Flags } from './flags.js';
import { writeJson } from './json.js';

/**
 * Cleans each directory, prints what there is to say, and tells the exit status.
 *
 * @param directories host paths
 */
export async function cleanAll(directories: readonly string[], flags: Flags): Promise<number> {
  let status = 0;
  for (const directory of directories) {
    try {
      const removed = await clean(directory);
      if (flags.quiet) {
        continue;
      }
      if (flags.json) {
        writeJson({ type: 'clean', directory, removed });
      } else {
        process.stdout.write(
          `${quoted(directory)}: ${removed} temporary ${removed === 1 ? 'file' : 'files'} removed\n`,
        );
      }
    } catch (error) {
      if (!(error instanceof CleanError)) {
        throw error;
      }
      status = 1;
      if (flags.json) {
        const { code, operation, path, reason, message } = error;
        writeJson({ type: 'error', code, operation, path, reason, message });
      } else {
        process.stderr.write(`mapcp: ${error.message}\n`);
      }
    }
  }
  return status;
}
