import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { CopyRequest, Message } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { CopySeries } from '../api/copy-series.js';
import { below, isDirectory, isLink } from '../api/host-path.js';
import { type CopyEntry, CopyError, type CopyOptions, type CopyProgress } from '../index.js';
import { Input } from '../task/input.js';
import { FeedError, isStreamPath, openFeed } from './feed.js';
import type { Interruption } from './interruption.js';
import { mayMeet } from './meeting.js';
import { Output } from './output.js';

const STATUS_COPIED = 0;
const STATUS_FAILED = 1;

/**
 * Copies each source, prints what happens, and returns the exit status.
 *
 * @param interruption ends the copies early
 * @param refuse prints an error of usage, and returns the exit status
 */
export async function runCopies(
  request: CopyRequest,
  interruption: Interruption,
  refuse: (message: Message) => number,
): Promise<number> {
  const { sources, target, unlessDirectory } = request;
  const isIntoDirectory = goesIntoTarget(request);
  if (unlessDirectory !== undefined && !isIntoDirectory) {
    return refuse(unlessDirectory);
  }
  interruption.heedSignals();
  const output = await Output.create({ ...request.output, dryRun: request.options.dryRun });
  const copies = sources.map((source) => ({
    source,
    target: isIntoDirectory ? targetFor(source, target) : target,
  }));
  try {
    const input = await inputOf(request);
    using run = new Run(request, output, interruption.signal, mayMeet(sources), input);
    return await run.copyAll(copies);
  } catch (error) {
    if (!(error instanceof FeedError)) {
      throw error;
    }
    output.feedError(error);
    return STATUS_FAILED;
  } finally {
    output.close();
    interruption.leaveSignals();
  }
}

/** Opens the list of a request; undefined if it has none. */
async function inputOf({ filesFrom, options }: CopyRequest): Promise<Input | undefined> {
  return filesFrom === undefined || options.input === 'none'
    ? undefined
    : new Input(options.input, await openFeed(filesFrom), (chunk) => chunk as Uint8Array);
}

/** Makes the API's options from a request. */
function optionsOf({ options, concurrency }: CopyRequest): CopyOptions {
  // The API decides these itself. A window of 0 bytes means the default.
  const { windowSize, measure, reportEntries, knowsRanges, made, alreadyCopied, input, size, ...same } =
    options;
  return { ...same, windowSize: windowSize || undefined, concurrency };
}

/** The amount of work that a copy has, or has done. */
interface Amount {
  readonly bytes: number;
  readonly files: number;
}

const NOTHING: Amount = { bytes: 0, files: 0 };

/** Adds up the progress of copies that run one after another. */
class JointProgress {
  /** The work done by the copies before the current one. */
  #before = NOTHING;
  /** The work done by the current copy. */
  #current = NOTHING;
  /** The work expected of the copies after it. */
  #after = NOTHING;

  /** Adds a later copy. */
  expect(amount: Amount): void {
    this.#after = sum(this.#after, amount);
  }

  /** Begins the next copy. `expected` is the amount that {@link expect} got for it. */
  begin(expected: Amount): void {
    this.#before = sum(this.#before, this.#current);
    this.#current = NOTHING;
    this.#after = { bytes: this.#after.bytes - expected.bytes, files: this.#after.files - expected.files };
  }

  /** Returns the progress of all copies from that of the current one. */
  with({ bytesDone, bytesTotal, filesDone, filesTotal, currentPath }: CopyProgress): CopyProgress {
    this.#current = { bytes: bytesDone, files: filesDone };
    const { bytes, files } = sum(this.#before, this.#after);
    return {
      bytesDone: this.#before.bytes + bytesDone,
      bytesTotal: bytesTotal === undefined ? undefined : bytes + bytesTotal,
      filesDone: this.#before.files + filesDone,
      filesTotal: filesTotal === undefined ? undefined : files + filesTotal,
      currentPath,
    };
  }
}

function sum(one: Amount, other: Amount): Amount {
  return { bytes: one.bytes + other.bytes, files: one.files + other.files };
}

/** A source, and the path of its copy. */
interface Copy {
  readonly source: string;
  readonly target: string;
}

/** The copies of a command. */
class Run implements Disposable {
  readonly #options: CopyOptions;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #series: CopySeries;
  readonly #progress = new JointProgress();
  readonly #input: Input | undefined;
  readonly #isStandardInput: boolean;

  constructor(
    request: CopyRequest,
    output: Output,
    signal: AbortSignal,
    mayMeet: boolean,
    input: Input | undefined,
  ) {
    this.#options = optionsOf(request);
    this.#isStandardInput = request.options.input === 'content';
    this.#output = output;
    this.#signal = signal;
    this.#series = new CopySeries(mayMeet);
    this.#input = input;
  }

  /** Makes the copies, and returns the exit status. Stops when the signal is aborted. */
  async copyAll(copies: readonly Copy[]): Promise<number> {
    const amounts = await this.#measure(copies);
    this.#output.startClock();
    let status = STATUS_COPIED;
    for (const [index, copy] of copies.entries()) {
      this.#progress.begin(amounts[index] ?? NOTHING);
      const isGood = await this.#copy(copy);
      status = isGood ? status : STATUS_FAILED;
      if (index + 1 < copies.length && (this.#signal.aborted || !(isGood || this.#options.keepGoing))) {
        return STATUS_FAILED;
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
      const options = {
        ...this.#options,
        onProgress: output.wantsProgress
          ? (progress: CopyProgress) => output.progress(this.#progress.with(progress))
          : undefined,
        onEntry: output.wantsEntries ? (entry: CopyEntry) => output.entry(entry) : undefined,
        onWarning: (warning: CopyError) => output.warning(warning, source),
        onError: (error: CopyError) => output.error(error, source),
        signal: this.#signal,
      };
      const report = await this.#series.copy(source, target, options, await this.#inputFor(source));
      output.report(source, target, report);
      return report.errorCount === 0;
    } catch (error) {
      if (this.#signal.aborted) {
        return false;
      }
      if (error instanceof FeedError) {
        output.feedError(error);
      } else if (error instanceof CopyError) {
        output.error(error, source);
      } else {
        throw error;
      }
      return false;
    }
  }

  /** Returns the list of the copy, or the content of the source if that is a stream. */
  async #inputFor(source: string): Promise<Input | undefined> {
    const isStream =
      this.#isStandardInput ||
      // As with cp, a recursive copy does not read a FIFO.
      (this.#input === undefined &&
        this.#options.symlinks !== 'skip' &&
        !this.#options.recursive &&
        isStreamPath(source));
    return isStream
      ? new Input('content', await openFeed(source), (chunk) => chunk as Uint8Array)
      : this.#input;
  }

  /** Measures the work of each copy, if progress is shown for several. A single copy measures itself. */
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
      ...this.#options,
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
      // The copy itself reports the error.
    }
    // After the loop was left, the last step may still run.
    await measuring.catch(() => {});
    return { bytes, files };
  }
}

/**
 * Returns the path of a copy into a directory: the source's name in it. "." and ".." are not names for a copy. As with
 * cp, the content of such a source goes into the target itself.
 */
function targetFor(source: string, target: string): string {
  const name = basename(source);
  if (!['', '.', '..'].includes(name)) {
    return below(target.replace(/\/+$/, '/'), name);
  }
  // A copy never follows a link at its own path, so this names the directory behind the link.
  return isLink(target) ? `${target}/.` : target;
}

/** Whether the copies go into the target, under their own names. */
function goesIntoTarget({ target, targetIsPath, makesTarget }: CopyRequest): boolean {
  return !targetIsPath && (isDirectory(target) || (makesTarget && !existsSync(target)));
}
