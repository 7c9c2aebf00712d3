import type { CleanRequest } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { cleanAll, hostPath } from '../api/clean.js';
import { cleanErrorOf } from '../common/cleaning.js';
import { quoted } from '../common/errors.js';
import { CleanError } from '../index.js';
import { standardError, standardOutput, writeJson } from './streams.js';

/** Cleans each directory, prints what happens, and returns the exit status. */
export async function cleanDirectories(request: CleanRequest): Promise<number> {
  let status = 0;
  for (const directory of request.directories) {
    try {
      const { files, restored, errors } = await cleanAll(directory, { dryRun: request.dryRun });
      const pathOf = (guestPath: string) => hostPath(guestPath, directory);
      for (const error of errors) {
        status = 1;
        complain(cleanErrorOf(error, pathOf), request);
      }
      report(directory, files.map(pathOf), restored.map(pathOf), request);
    } catch (error) {
      if (!(error instanceof CleanError)) {
        throw error;
      }
      status = 1;
      complain(error, request);
    }
  }
  return status;
}

function complain(
  { code, operation, path, reason, message }: CleanError,
  { output: { json } }: CleanRequest,
): void {
  if (json) {
    writeJson({ type: 'error', code, operation, path, reason, message });
  } else {
    standardError().write(`mapcp: ${message}\n`);
  }
}

function report(
  directory: string,
  files: readonly string[],
  restored: readonly string[],
  { dryRun, output }: CleanRequest,
): void {
  const { json, quiet, verbose } = output;
  if (quiet) {
    return;
  }
  for (const path of dryRun || verbose ? files : []) {
    if (json) {
      writeJson({ type: 'temporary', path });
    } else {
      standardOutput().write(`${dryRun ? 'would remove' : 'removed'} ${quoted(path)}\n`);
    }
  }
  for (const path of restored) {
    if (json) {
      writeJson({ type: 'restored', path });
    } else {
      standardOutput().write(`${dryRun ? 'would move back' : 'moved back'} ${quoted(path)}\n`);
    }
  }
  const removed = files.length;
  if (json) {
    writeJson({ type: 'clean', directory, removed });
  } else {
    const counted = `${removed} temporary ${removed === 1 ? 'file' : 'files'}`;
    standardOutput().write(`${quoted(directory)}: ${counted} ${dryRun ? 'to remove' : 'removed'}\n`);
  }
}
