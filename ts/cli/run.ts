import { existsSync, lstatSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { CopySeries } from '../copy-series.js';
import { quoted } from '../errors.js';
import { below } from '../host-path.js';
import { CopyError, type CopyOptions } from '../index.js';
import type { Flags } from './flags.js';
import type { Interruption } from './interruption.js';
import { type Amount, JointProgress } from './joint-progress.js';
import { mayMeet } from './meeting.js';
import { Output } from './output.js';
import { outsideWarnings } from './patterns.js';

const STATUS_COPIED = 0;
const STATUS_FAILED = 1;

/**
 * Copies each source, prints what there is to say, and tells the exit status.
 *
 * @param names at least one: the sources and the target, or the sources alone if the flags have a directory
 * @param interruption what ends the work early
 * @param refuse reports wrong usage, and does not return
 */
export async function runCopies(
  names: readonly string[],
  flags: Flags,
  interruption: Interruption,
  refuse: (why: string) => never,
): Promise<number> {
  const isNamed = typeof flags.targetDirectory === 'string';
  const target = isNamed ? flags.targetDirectory : (names.at(-1) ?? '');
  const sources = isNamed ? names : names.slice(0, -1);
  const isIntoDirectory = goesInto(target, flags);
  if (sources.length === 0) {
    refuse(`there is no TARGET after ${quoted(target)}`);
  }
  if (sources.length > 1 && flags.targetDirectory === false) {
    refuse(`with -T there is one name too many: ${quoted(target)}`);
  }
  if (isNamed && !isIntoDirectory) {
    refuse(`-t needs a directory, and this is none: ${quoted(target)}`);
  }
  if (sources.length > 1 && !isIntoDirectory) {
    refuse(`several sources need a directory as TARGET, and this is none: ${quoted(target)}`);
  }
  for (const warning of flags.quiet ? [] : outsideWarnings(sources, patternsOf(flags))) {
    process.stderr.write(`mapcp: warning: ${warning}\n`);
  }
  interruption.heedSignals();
  const output = await Output.create(flags);
  const copies = sources.map((source) => ({
    source,
    target: isIntoDirectory ? targetFor(source, target) : target,
  }));
  try {
    using run = new Run(flags, output, interruption.signal, mayMeet(sources));
    return await run.copyAll(copies);
  } finally {
    output.close();
    interruption.leaveSignals();
  }
}

function patternsOf({ include = [], exclude = [] }: Flags): readonly string[] {
  return [...include, ...exclude];
}

/** What is copied, and the path that the copy gets. */
interface Copy {
  readonly source: string;
  readonly target: string;
}

/** The copies of a command. */
class Run implements Disposable {
  readonly #flags: Flags;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #series: CopySeries;
  readonly #progress = new JointProgress();

  constructor(flags: Flags, output: Output, signal: AbortSignal, mayMeet: boolean) {
    this.#flags = flags;
    this.#output = output;
    this.#signal = signal;
    this.#series = new CopySeries(mayMeet);
  }

  /** Works through the copies, and tells the exit status. It ends early when the signal is aborted. */
  async copyAll(copies: readonly Copy[]): Promise<number> {
    const amounts = await this.#measure(copies);
    this.#output.startClock();
    let status = STATUS_COPIED;
    for (const [index, copy] of copies.entries()) {
      this.#progress.begin(amounts[index] ?? { bytes: 0, files: 0 });
      const isGood = await this.#copy(copy);
      status = isGood ? status : STATUS_FAILED;
      if (this.#signal.aborted || !(isGood || this.#flags.keepGoing)) {
        break;
      }
    }
    return status;
  }

  [Symbol.dispose](): void {
    this.#series.close();
  }

  async #copy({ source, target }: Copy): Promise<boolean> {
    const output = this.#output;
    try {
      const report = await this.#series.copy(source, target, {
        ...optionsOf(this.#flags),
        onProgress: output.wantsProgress
          ? (progress) => output.progress(this.#progress.with(progress))
          : undefined,
        onEntry: output.wantsEntries ? (entry) => output.entry(entry) : undefined,
        onWarning: (warning) => output.warning(warning),
        onFailure: (failure) => output.error(failure),
        signal: this.#signal,
      });
      output.report(source, target, report);
      return report.failureCount === 0;
    } catch (error) {
      if (!this.#signal.aborted) {
        if (!(error instanceof CopyError)) {
          throw error;
        }
        output.error(error);
      }
      return false;
    }
  }

  /** How much each copy will do, where the progress of several is wanted. A single copy measures that itself. */
  async #measure(copies: readonly Copy[]): Promise<readonly Amount[]> {
    const amounts: Amount[] = [];
    if (this.#output.wantsProgress && copies.length > 1) {
      for (const copy of copies) {
        const amount = await this.#measureOne(copy);
        this.#progress.expect(amount);
        amounts.push(amount);
      }
    }
    return amounts;
  }

  async #measureOne({ source, target }: Copy): Promise<Amount> {
    let bytes = 0;
    let files = 0;
    const measuring = this.#series.measure(source, target, {
      ...optionsOf(this.#flags),
      signal: this.#signal,
    });
    try {
      for await (const { bytesTotal, filesTotal, currentPath } of measuring) {
        if (bytesTotal !== undefined && filesTotal !== undefined) {
          [bytes, files] = [bytesTotal, filesTotal];
          break;
        }
        this.#output.measuring({ bytesDone: 0, bytesTotal, filesDone: 0, filesTotal, currentPath });
      }
    } catch {
      // What is wrong, the copy itself says.
    }
    // One that was left is over only after its last step.
    await measuring.catch(() => {});
    return { bytes, files };
  }
}

function optionsOf(flags: Flags): CopyOptions {
  return {
    recursive: flags.recursive,
    symlinks: flags.symlinks,
    include: flags.include,
    exclude: flags.exclude,
    filterSource: flags.targetDirectory !== false,
    makeParents: flags.makeParents ?? false,
    overwrite: flags.overwrite,
    preserveTimestamps: flags.preserve,
    sparse: flags.sparse,
    shard: flags.shard,
    concurrency: flags.concurrency,
    verify: flags.verify,
    allowChanges: flags.allowChanges,
    sync: flags.sync,
    windowSize: flags.windowSize,
    keepGoing: flags.keepGoing,
    dryRun: flags.dryRun,
  };
}

/**
 * The path that a copy into a directory gets: the source's name in it. "." and ".." are no names to give: as in cp, what
 * is in such a directory goes into the target itself, and nothing beside it.
 */
function targetFor(source: string, target: string): string {
  const name = basename(source);
  if (!['', '.', '..'].includes(name)) {
    return below(target.replace(/\/+$/, '/'), name);
  }
  // A copy does not go through a link that has its name.
  return isLink(target) ? `${target}/.` : target;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/**
 * Whether the copies go into the target, under their own names. A directory that was named as one may still have to be
 * made.
 */
function goesInto(target: string, { targetDirectory, makeParents }: Flags): boolean {
  const willBeMade = typeof targetDirectory === 'string' && makeParents === true;
  return targetDirectory !== false && (isDirectory(target) || (willBeMade && !existsSync(target)));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // What is wrong with the path, the copy itself says better.
    return false;
  }
}
