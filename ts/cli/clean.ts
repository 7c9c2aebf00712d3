import process from 'node:process';
import { cleanFiles } from '../clean.js';
import { quoted } from '../errors.js';
import { CleanError } from '../index.js';
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
      report(directory, await cleanFiles(directory, { dryRun: flags.dryRun }), flags);
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

function report(directory: string, files: readonly string[], { dryRun, json, quiet, verbose }: Flags): void {
  if (quiet) {
    return;
  }
  for (const path of dryRun || verbose ? files : []) {
    if (json) {
      writeJson({ type: 'temporary', path });
    } else {
      process.stdout.write(`${dryRun ? 'would remove' : 'removed'} ${quoted(path)}\n`);
    }
  }
  const removed = files.length;
  if (json) {
    writeJson({ type: 'clean', directory, removed });
  } else {
    const counted = `${removed} temporary ${removed === 1 ? 'file' : 'files'}`;
    process.stdout.write(`${quoted(directory)}: ${counted} ${dryRun ? 'to remove' : 'removed'}\n`);
  }
}
