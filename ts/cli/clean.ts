import process from 'node:process';
import { quoted } from '../errors.js';
import { CleanError, clean } from '../index.js';
import type { Flags } from './flags.js';

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
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ type: 'clean', directory, removed })}\n`);
      } else if (!flags.quiet) {
        process.stdout.write(`${quoted(directory)}: ${removed} temporary files removed\n`);
      }
    } catch (error) {
      if (!(error instanceof CleanError)) {
        throw error;
      }
      process.stderr.write(`mapcp: ${error.message}\n`);
      status = 1;
    }
  }
  return status;
}
