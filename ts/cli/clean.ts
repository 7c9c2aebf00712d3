import process from 'node:process';
import { cleanAll, hostPath } from '../clean.js';
import { cleanErrorOf } from '../cleaning.js';
import { quoted } from '../errors.js';
import { CleanError } from '../index.js';
import type { Flags } from './flags.js';
import { writeJson } from './json.js';

/**
 * Cleans each directory, prints what there is to say, and tells the exit status.
 *
 * @param directories host paths
 */
export async function cleanDirectories(directories: readonly string[], flags: Flags): Promise<number> {
  let status = 0;
  for (const directory of directories) {
    try {
      const { files, failures } = await cleanAll(directory, { dryRun: flags.dryRun });
      const pathOf = (guestPath: string) => hostPath(guestPath, directory);
      for (const failure of failures) {
        status = 1;
        complain(cleanErrorOf(failure, pathOf), flags);
      }
      report(directory, files.map(pathOf), flags);
    } catch (error) {
      if (!(error instanceof CleanError)) {
        throw error;
      }
      status = 1;
      complain(error, flags);
    }
  }
  return status;
}

function complain({ code, operation, path, reason, message }: CleanError, { json }: Flags): void {
  if (json) {
    writeJson({ type: 'error', code, operation, path, reason, message });
  } else {
    process.stderr.write(`mapcp: ${message}\n`);
  }
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
