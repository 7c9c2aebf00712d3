import { asProperty, type Spelling, spellOptions } from '../common/advice.js';
import { isPromise } from '../common/check.js';
import { CopyError, type CopyReport, UNREADABLE } from '../common/errors.js';
import type { CopyEntry, CopyOptions, CopyProgress } from '../common/options.js';
import { nameOf } from '../common/posix.js';
import { now } from '../common/timers.js';
import { type ComponentError, componentErrorOf, type Entry, type Progress } from '../jobs/component.js';
import { throwIfAborted, unlessAborted } from './abort.js';
import { type Input, STREAM, UnreadableError } from './input.js';
import { Pace } from './pace.js';
import { type Turn, takeTurn } from './turns.js';

/** A job of the component, in this thread or in others. */
export interface Job {
  /** Does the next part of the work; see `copy-job.step` in wit/copier.wit. */
  step(budget: bigint): Progress | Promise<Progress>;
  /** Returns the progress, also if the last step failed. */
  progress(): Progress;
  /** Returns the guest path of the entry at which the last step ended. */
  currentPath(): string;
  /** Returns the warnings and errors since the last call. */
  takeErrors(): readonly ComponentError[];
  /** Returns the entries that were finished since the last call, if the options ask for them. */
  takeEntries(): readonly Entry[];
  /** Passes input to the job when its progress says that it waits. */
  addInput(bytes: Uint8Array): void | Promise<void>;
  /** Ends the input. */
  endInput(): void | Promise<void>;
  /** Stops the job in steps; see `copy-job.stop` in wit/copier.wit. Not called after a step has failed. */
  stop(): boolean | Promise<boolean>;
  /** Drops the job, which removes its temporary file. Called once. */
  drop(): void | Promise<void>;
}

/** A job of a sandbox. */
export interface SandboxJob extends Job {
  /** Drops the job synchronously when the process ends. */
  dropAtExit(): void;
}

/** The work of a task. */
export interface Work {
  /** Makes the job. Called once. With `measure`, it counts the totals first. */
  begin(measure: boolean): Job | Promise<Job>;
  /** Throws if the sandbox is closed. */
  requireOpen(): void;
  /** Called before each step. */
  prepareStep(): void;
  /** Called between two steps, to let others use the event loop. */
  rest(): Promise<void>;
  /** Called after the end, to let others use the event loop if many small copies have used it. */
  restIfDue?(): Promise<void>;
  /** Waits for a promise of the caller's, but only until the sandbox is closed. Rejects then. */
  unlessClosed<T>(promise: Promise<T>): Promise<T>;
  /** The guest path of the target. */
  readonly target: string;
  /** Returns the caller's name for a guest path. */
  pathOf(guestPath: string): string;
  /** How errors spell the options that they advise. Default: as options of the API. */
  readonly spelling?: Spelling | undefined;
  /** Called once when the task has ended, with whether the copy succeeded. */
  end(succeeded: boolean): void;
}

/** A requested copy, with the caller's arguments as they were at the call. */
export interface Order {
  readonly options: CopyOptions;
  /** What the job gets while it runs, if it needs anything. The task ends it. */
  readonly input?: Input | undefined;
  /** Makes the work. Called when the copy gets its turn, and again if it must start again. */
  prepare(): Promise<Work>;
}

// About thirty reports a second. A person could not follow more.
export const REPORT_MILLISECONDS = 34;

/**
 * A running copy. Await it for its report, or iterate over it for its progress. Several loops can iterate over one
 * copy. If the last of them is left early, the copy stops and rejects with an `AbortError`, as the option `signal`
 * describes. At the last item everything is done, so leaving the loop there changes nothing.
 *
 * @example
 * ```ts
 * import { copy } from 'mapcp';
 *
 * const task = copy('photos', 'backup/photos', { recursive: true });
 * for await (const { bytesDone, bytesTotal } of task) {
 *   console.log(bytesDone, 'of', bytesTotal ?? 'unknown');
 * }
 * const report = await task;
 * console.log(report.files);
 * ```
 */
export class CopyTask extends Promise<CopyReport> implements AsyncIterable<CopyProgress> {
  /** What `then`, `catch` and `finally` return: ordinary promises, which are no copies. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** The name of the class, for `Object.prototype.toString`. */
  override readonly [Symbol.toStringTag] = 'CopyTask';
  #options: CopyOptions = {};
  #input: Input | undefined;
  readonly #started = now();
  #isWatched = false;
  #iterations = 0;
  /** Aborted when the last iteration is left before the end. */
  readonly #left = new AbortController();
  #lastReport = Number.NEGATIVE_INFINITY;
  #latest: CopyProgress | undefined;
  #news = new News();

  /**
   * @param take called at once. If it throws, the task rejects with that error
   * @internal
   */
  constructor(take: () => Order) {
    let settle: (report: Promise<CopyReport>) => void = () => {};
    super((resolve) => {
      settle = resolve;
    });
    settle(this.#run(take));
  }

  /** Iterates over the progress. The last item comes at the end. Throws the copy's error. */
  async *[Symbol.asyncIterator](): AsyncGenerator<CopyProgress, CopyReport> {
    this.#isWatched = true;
    this.#iterations++;
    let isOver = false;
    const over = this.finally(() => {
      isOver = true;
      this.#news.announce();
    });
    // The end of this function throws the copy's error.
    over.catch(() => {});
    let seen: CopyProgress | undefined;
    try {
      while (!isOver || this.#latest !== seen) {
        const latest = this.#latest;
        if (latest === undefined || latest === seen) {
          await this.#news.next;
        } else {
          seen = latest;
          yield latest;
        }
      }
    } finally {
      this.#iterations--;
      if (this.#iterations === 0 && !isOver) {
        this.#left.abort(new DOMException('the iteration over the copy was left', 'AbortError'));
      }
    }
    return over;
  }

  async #run(take: () => Order): Promise<CopyReport> {
    const { options, input, prepare } = take();
    this.#options = options;
    this.#input = input;
    try {
      const report = await this.#runWith(prepare);
      input?.end();
      return report;
    } catch (error) {
      input?.end(error);
      throw error;
    }
  }

  async #runWith(prepare: () => Promise<Work>): Promise<CopyReport> {
    throwIfAborted(this.#options.signal);
    this.#isWatched ||= this.#options.onProgress !== undefined;
    const taken = takeTurn(this.#options.signal);
    // Synchronously if possible, because the caller may close the sandbox right after the call.
    const turn = isPromise(taken) ? await taken : taken;
    try {
      for (;;) {
        try {
          return await this.#attempt(prepare, turn);
        } catch (error) {
          // Another copy may release the descriptors that this one needs.
          const another = hasNotBegun(error) && !this.#input?.isTaken ? turn.swap() : undefined;
          if (another === undefined) {
            throw error;
          }
          await another;
        }
      }
    } finally {
      turn.end();
    }
  }

  async #attempt(prepare: () => Promise<Work>, turn: Turn): Promise<CopyReport> {
    const work = await prepare();
    let succeeded = false;
    try {
      const report = await this.#work(work, turn);
      succeeded = true;
      return report;
    } finally {
      work.end(succeeded);
      await work.restIfDue?.();
    }
  }

  async #work(work: Work, turn: Turn): Promise<CopyReport> {
    const job = await withCopyErrors(work, () => work.begin(this.#isWatched));
    let report: CopyReport;
    try {
      report = await this.#finish(job, work, turn);
    } catch (error) {
      await unlessThrown(() => job.drop());
      throw error instanceof Stop ? error.reason : error;
    }
    await job.drop();
    return report;
  }

  /** Steps a job to its end. Throws a {@link Stop} if the task must end before. */
  async #finish(job: Job, work: Work, turn: Turn): Promise<CopyReport> {
    const notes = { warnings: new Notes(), errors: new Notes() };
    const report = (progress: Progress) => makeReport(progress, notes, this.#started);
    const steps = new Steps(job, work);
    const takeErrors = () => {
      const errors = job.takeErrors();
      for (const error of errors) {
        note(error, work, notes);
      }
      return errors;
    };
    try {
      for (;;) {
        this.#requireWanted(work);
        const { progress, componentError } = await steps.next();
        for (const error of takeErrors()) {
          const listener = isWarning(error) ? this.#options.onWarning : this.#options.onError;
          await this.#tell(listener, () => toError(error, work), work, turn);
        }
        await this.#reportEntries(job, work, turn);
        if (componentError !== undefined) {
          throw toError(componentError, work, report(progress));
        }
        await this.#reportProgress(progress, job, work, turn);
        if (progress.done) {
          return report(progress);
        }
        if (progress.waits) {
          await this.#feed(job, work, turn, () => report(progress));
        }
        await work.rest();
      }
    } catch (error) {
      const done = await unlessThrown(() => steps.stop());
      if (done !== undefined && error instanceof Stop && this.#hasTree(done)) {
        takeErrors();
        return report(done);
      }
      throw error;
    }
  }

  /** Whether a finished job has put a tree in place as a whole. Then a copy that is stopped cannot leave nothing. */
  #hasTree({ directories }: Progress): boolean {
    const { atomic, dryRun } = this.#options;
    return atomic === 'tree' && !dryRun && directories > 0;
  }

  /** Gives the job more of its input. */
  async #feed(job: Job, work: Work, turn: Turn, report: () => CopyReport): Promise<void> {
    const bytes = await this.#nextInput(work, turn).catch((error: unknown) => {
      throw error instanceof UnreadableError ? toError(unreadable(work), work, report(), error) : error;
    });
    await withCopyErrors(work, () => (bytes === undefined ? job.endInput() : job.addInput(bytes)), report);
  }

  async #nextInput(work: Work, turn: Turn): Promise<Uint8Array | undefined> {
    const next = this.#input?.next();
    return isPromise(next) ? this.#settled(next, work, turn) : next;
  }

  /** Calls a listener if there is one, and waits for its result if that is a promise. */
  async #tell<T>(
    listener: ((value: T) => unknown) | undefined,
    value: () => T,
    work: Work,
    turn: Turn,
  ): Promise<void> {
    if (listener !== undefined) {
      this.#requireWanted(work);
      const returned = listener(value());
      if (isPromise(returned)) {
        await this.#settled(returned, work, turn);
      }
    }
  }

  /**
   * Waits for a promise of the caller's. Another copy may have the turn meanwhile. Throws a {@link Stop} if the task must
   * end before.
   */
  async #settled<T>(promise: PromiseLike<T>, work: Work, turn: Turn): Promise<T> {
    const own: unknown[] = [];
    const watched = Promise.resolve(promise).catch((error: unknown) => {
      own.push(error);
      throw error;
    });
    try {
      return await turn.lend(unlessAborted(work.unlessClosed(watched), this.#left.signal));
    } catch (reason) {
      // If the caller's code stops the copy and then throws, both are known here, and its error says more.
      throw own.length > 0 ? own[0] : new Stop(reason);
    }
  }

  /** Throws a {@link Stop} if the task must end now. */
  #requireWanted(work: Work): void {
    try {
      throwIfAborted(this.#options.signal);
      throwIfAborted(this.#left.signal);
      work.requireOpen();
    } catch (reason) {
      throw new Stop(reason);
    }
  }

  async #reportEntries(job: Job, work: Work, turn: Turn): Promise<void> {
    const { onEntry } = this.#options;
    if (onEntry !== undefined) {
      for (const entry of job.takeEntries()) {
        await this.#tell(onEntry, () => toCopyEntry(entry, work), work, turn);
      }
    }
  }

  async #reportProgress(progress: Progress, job: Job, work: Work, turn: Turn): Promise<void> {
    if (!this.#isWatched) {
      return;
    }
    const moment = now();
    if (!progress.done && moment - this.#lastReport < REPORT_MILLISECONDS) {
      return;
    }
    this.#lastReport = moment;
    const latest = {
      bytesDone: Number(progress.bytesDone),
      bytesTotal: numberOf(progress.bytesTotal),
      filesDone: Number(progress.filesDone),
      filesTotal: numberOf(progress.filesTotal),
      currentPath: work.pathOf(job.currentPath()),
    };
    // First, so that the last item of an iteration comes when nothing can fail any more.
    await this.#tell(this.#options.onProgress, () => latest, work, turn);
    this.#latest = latest;
    this.#news.announce();
  }
}

/** Thrown inside a task that must end before its work is done: its signal is aborted, or it was left or closed. */
class Stop {
  /** What the task rejects with. */
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** Does something after an error, which is thrown later. So a second error is ignored. */
async function unlessThrown<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch {
    return undefined;
  }
}

/** The steps of a job, each of which takes about ten milliseconds. */
class Steps {
  readonly #job: Job;
  readonly #work: Work;
  readonly #pace = new Pace();
  #isOver = false;
  #done: Progress | undefined;

  constructor(job: Job, work: Work) {
    this.#job = job;
    this.#work = work;
  }

  /** Takes the next step. Returns the progress, and the component's error if there is one. */
  async next(): Promise<{ progress: Progress; componentError?: ComponentError }> {
    this.#work.prepareStep();
    const started = now();
    try {
      const progress = await this.#job.step(this.#pace.budget);
      this.#pace.took(now() - started);
      this.#isOver = progress.done;
      this.#done = progress.done ? progress : undefined;
      return { progress };
    } catch (error) {
      this.#isOver = true;
      const componentError = componentErrorOf(error);
      if (componentError === undefined) {
        throw error;
      }
      return { progress: this.#job.progress(), componentError };
    }
  }

  /** Stops the job. If that is too late, because the target is complete, finishes it and returns the progress. */
  async stop(): Promise<Progress | undefined> {
    let goesOn = !this.#isOver && (await this.#job.stop());
    while (goesOn) {
      await this.#work.rest();
      await this.next();
      goesOn = !this.#isOver;
    }
    return this.#done;
  }
}

// An error takes about 2 KB, and a tree can have millions of entries that cannot be copied.
const MOST_NOTES = 100;

/** The errors or warnings of a copy: the first ones, and how many there were. */
class Notes {
  readonly first: CopyError[] = [];
  count = 0;

  add(make: () => CopyError): void {
    this.count++;
    if (this.first.length < MOST_NOTES) {
      this.first.push(make());
    }
  }
}

/** The errors and the warnings of a copy. */
interface AllNotes {
  readonly warnings: Notes;
  readonly errors: Notes;
}

function note(error: ComponentError, work: Work, { warnings, errors }: AllNotes): void {
  (isWarning(error) ? warnings : errors).add(() => toError(error, work));
}

/** Wakes all waiters when something new happens. */
class News {
  #resolve = () => {};
  /** Resolves when something new happens. */
  next = this.#promise();

  announce(): void {
    const resolve = this.#resolve;
    this.next = this.#promise();
    resolve();
  }

  #promise(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

/** Whether a copy failed because descriptors ran out, before it did anything. */
function hasNotBegun(error: unknown): boolean {
  if (!(error instanceof CopyError) || !['EMFILE', 'ENFILE'].includes(error.code)) {
    return false;
  }
  const { bytes = 0, files = 0, directories = 0, skipped = 0 } = error.report ?? {};
  return bytes + files + directories + skipped === 0;
}

/** Calls the component. Throws its error as a {@link CopyError}. */
async function withCopyErrors<T>(
  work: Work,
  act: () => T | Promise<T>,
  report?: () => CopyReport,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const componentError = componentErrorOf(error);
    throw componentError === undefined ? error : toError(componentError, work, report?.());
  }
}

/** The error of a stream that is a Blob, as that of a file that cannot be read. */
function unreadable({ target }: Work): ComponentError {
  const [path, source] = [STREAM, STREAM];
  return {
    outcome: 'failed',
    code: { tag: 'io' },
    operation: 'read',
    path,
    source,
    target,
    reason: UNREADABLE,
  };
}

function toCopyEntry({ kind, source, target, skipped, bytes }: Entry, { pathOf }: Work): CopyEntry {
  return { kind, source: pathOf(source), target: pathOf(target), skipped, bytes: Number(bytes) };
}

function toError(
  componentError: ComponentError,
  work: Work,
  report?: CopyReport,
  thrown?: UnreadableError,
): CopyError {
  const details = {
    code: nameOf(componentError.code),
    operation: componentError.operation,
    path: work.pathOf(componentError.path),
    source: work.pathOf(componentError.source),
    target: work.pathOf(componentError.target),
    reason: spellOptions(componentError.reason, work.spelling ?? asProperty),
    isCopied: componentError.outcome === 'copied',
    leftover: componentError.leftover === undefined ? undefined : work.pathOf(componentError.leftover),
    sibling: componentError.sibling,
    listed: componentError.listed,
    report,
  };
  return new CopyError(details, thrown && { cause: thrown.cause });
}

function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function makeReport(progress: Progress, { warnings, errors }: AllNotes, started: number): CopyReport {
  return {
    bytes: Number(progress.bytesInPlace),
    files: Number(progress.filesDone),
    directories: Number(progress.directories),
    skipped: Number(progress.skipped),
    warnings: warnings.first,
    warningCount: warnings.count,
    errors: errors.first,
    errorCount: errors.count,
    milliseconds: now() - started,
  };
}

/** Whether this is only a warning: the entry was left out, or copied without something. */
function isWarning({ outcome }: ComponentError): boolean {
  return outcome !== 'failed';
}
