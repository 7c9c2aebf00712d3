import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { CopyError, type CopyOptions, type CopyReport, copy } from '../index.js';
import type { Flags } from './flags.js';
import { Output } from './output.js';

const STATUS_COPIED = 0;
const STATUS_FAILED = 1;
const STATUS_INTERRUPTED = 130;

/**
 * Copies each source, prints what there is to say, and tells the exit status.
 *
 * @param refuse reports wrong usage, and does not return
 */
export async function runCopies(
  sources: readonly string[],
  target: string,
  flags: Flags,
  refuse: (why: string) => never,
): Promise<number> {
  if (sources.length === 0) {
    refuse(`there is no TARGET after '${target}'`);
  }
  if (sources.length > 1 && !flags.targetDirectory) {
    refuse(`with -T there is one name too many: '${target}'`);
  }
  if (sources.length > 1 && !isDirectory(target)) {
    refuse(`several sources need a directory as TARGET, and this is none: '${target}'`);
  }
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const output = await Output.create(flags);
  try {
    return await copyAll(sources, target, flags, output, interrupted.signal);
  } finally {
    output.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function copyAll(
  sources: readonly string[],
  target: string,
  flags: Flags,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  let status = STATUS_COPIED;
  for (const source of sources) {
    const place = flags.targetDirectory ? targetFor(source, target) : target;
    try {
      const report = await copy(source, place, optionsOf(flags, output, signal));
      output.report(source, place, report);
      status = hasFailed(report) ? STATUS_FAILED : status;
    } catch (error) {
      if (signal.aborted) {
        output.interrupted();
        return STATUS_INTERRUPTED;
      }
      if (!(error instanceof CopyError)) {
        throw error;
      }
      output.error(error);
      status = STATUS_FAILED;
      if (!flags.keepGoing) {
        break;
      }
    }
  }
  return status;
}

function hasFailed(report: CopyReport): boolean {
  return report.failures.length > 0;
}

function optionsOf(flags: Flags, output: Output, signal: AbortSignal): CopyOptions {
  return {
    recursive: flags.recursive,
    overwrite: flags.clobber ? (flags.update ? 'newer' : 'always') : 'never',
    preserveTimestamps: flags.preserve,
    symlinks: flags.dereference ? 'follow' : 'preserve',
    exclude: flags.exclude,
    sparse: flags.sparse,
    shard: flags.shard,
    concurrency: flags.concurrency,
    verify: flags.verify,
    sync: flags.sync,
    keepGoing: flags.keepGoing,
    dryRun: flags.dryRun,
    makeParents: false,
    onProgress: output.wantsProgress ? (progress) => output.progress(progress) : undefined,
    signal,
  };
}

/**
 * The path that the copy gets: `target`, or the source's name in it where it is a directory. "." and ".." are no names
 * to give: as in cp, what is in such a directory goes into the target itself, and nothing beside it.
 */
function targetFor(source: string, target: string): string {
  const name = basename(source);
  return ['', '.', '..'].includes(name) || !isDirectory(target) ? target : join(target, name);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // What is wrong with the path, the copy itself says better.
    return false;
  }
}
