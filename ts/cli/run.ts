import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { quoted } from '../errors.js';
import { CopyError, type CopyOptions, type CopyReport, copy } from '../index.js';
import type { Flags } from './flags.js';
import type { Interruption } from './interruption.js';
import { Output } from './output.js';

const STATUS_COPIED = 0;
const STATUS_FAILED = 1;

/**
 * Copies each source, prints what there is to say, and tells the exit status.
 *
 * @param interruption what ends the work early
 * @param refuse reports wrong usage, and does not return
 */
export async function runCopies(
  sources: readonly string[],
  target: string,
  flags: Flags,
  interruption: Interruption,
  refuse: (why: string) => never,
): Promise<number> {
  if (sources.length === 0) {
    refuse(`there is no TARGET after ${quoted(target)}`);
  }
  if (sources.length > 1 && !flags.targetDirectory) {
    refuse(`with -T there is one name too many: ${quoted(target)}`);
  }
  if (sources.length > 1 && !isDirectory(target)) {
    refuse(`several sources need a directory as TARGET, and this is none: ${quoted(target)}`);
  }
  interruption.heedSignals();
  const output = await Output.create(flags);
  try {
    return await copyAll(sources, target, flags, output, interruption);
  } finally {
    output.close();
    interruption.leaveSignals();
  }
}

async function copyAll(
  sources: readonly string[],
  target: string,
  flags: Flags,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  let status = STATUS_COPIED;
  for (const source of sources) {
    const place = flags.targetDirectory ? targetFor(source, target) : target;
    try {
      const report = await copy(source, place, optionsOf(flags, output, interruption.signal));
      output.report(source, place, report);
      status = hasFailed(report) ? STATUS_FAILED : status;
    } catch (error) {
      if (interruption.signal.aborted) {
        output.interrupted(interruption.why);
        return interruption.status;
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
    symlinks: flags.symlinks,
    include: flags.include,
    exclude: flags.exclude,
    makeParents: flags.makeParents ?? false,
    overwrite: flags.overwrite,
    preserveTimestamps: flags.preserve,
    sparse: flags.sparse,
    shard: flags.shard,
    concurrency: flags.concurrency,
    verify: flags.verify,
    sync: flags.sync,
    windowSize: flags.windowSize,
    keepGoing: flags.keepGoing,
    dryRun: flags.dryRun,
    onProgress: output.wantsProgress ? (progress) => output.progress(progress) : undefined,
    onEntry: output.wantsEntries ? (entry) => output.entry(entry) : undefined,
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
