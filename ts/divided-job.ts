import { type Entry, errorOf, type Failure, failureOf, NOTHING_YET, type Progress } from './component.js';
import type { HostOptions } from './host/index.js';
import type { CopyOptions, Shard } from './options.js';
import type { Preopens, SandboxJob } from './sandbox.js';
import { isWarning } from './task.js';
import { stopAtOnce, type Told, takeThread } from './threads.js';

/** A copy that is divided, or a share of one as it is sent to a thread, without what cannot be sent. */
export interface Assignment {
  readonly preopens: Preopens;
  readonly confinement: HostOptions['confinement'];
  readonly source: string;
  readonly target: string;
  readonly options: CopyOptions;
  readonly measure: boolean;
  /** Whether it is to tell of each entry; `onEntry` itself cannot be sent. */
  readonly reportEntries: boolean;
}

/** A job that is divided: one share of it is done here, and each other by a thread. */
export class DividedJob implements SandboxJob {
  readonly #own: SandboxJob;
  #isOwnDone = false;
  readonly #shares: Share[] = [];
  readonly #known = new Set<string>();
  #problems: Failure[] = [];
  #entries: Entry[] = [];
  readonly #isDryRun: boolean;
  #currentPath: string;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #hasNews = false;

  /**
   * Puts the threads to work.
   *
   * @param assignment the whole
   * @param count how many are to divide it, this thread among them
   * @param begin makes the job for the share that is done here
   */
  constructor(assignment: Assignment, count: number, begin: (shard: Shard) => SandboxJob) {
    this.#currentPath = assignment.source;
    this.#isDryRun = assignment.options.dryRun ?? false;
    const hear = (told: Told) => this.#hear(told);
    const fail = (error: Error) => this.#fail(error);
    const [own, ...others] = shardsOf(assignment.options, count);
    this.#own = begin(own);
    try {
      for (const shard of others) {
        const options = { ...sendable(assignment.options), concurrency: 1, shard };
        this.#shares.push(new Share({ ...assignment, options }, hear, fail));
      }
    } catch (error) {
      // The system has no thread left, and that says more than what dropping the others may come to.
      this.drop().catch(() => {});
      throw error;
    }
  }

  /**
   * Works on its own share; once that is done, waits until there is something to tell. However large the budget is, the
   * threads work on.
   */
  async step(budget: bigint): Promise<Progress> {
    if (!this.#isOwnDone) {
      await this.#stepOwn(budget);
    } else if (!this.#hasNews) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#hasNews = false;
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    return this.progress();
  }

  async #stepOwn(budget: bigint): Promise<void> {
    const own = this.#own;
    try {
      this.#isOwnDone = (await own.step(budget)).done;
    } catch (error) {
      // Who fails otherwise, as a component that has trapped, can no more be asked.
      this.#failure ??= error as Error;
      if (failureOf(error) === undefined) {
        return;
      }
    }
    this.#take(own.currentPath(), own.takeProblems(), own.takeEntries());
  }

  progress(): Progress {
    return merge([this.#own.progress(), ...this.#shares.map(({ progress }) => progress)]);
  }

  currentPath(): string {
    return this.#currentPath;
  }

  takeProblems(): readonly Failure[] {
    const problems = this.#problems;
    this.#problems = [];
    return problems;
  }

  takeEntries(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** Stops the threads that are still at work, and waits until the last has left its share. */
  async drop(): Promise<void> {
    const left = this.#shares.map((share) => share.stop());
    try {
      await this.#own.drop();
    } finally {
      await Promise.all(left);
    }
  }

  dropAtExit(): void {
    this.#own.dropAtExit();
    stopAtOnce(this.#shares.map(({ thread }) => thread));
  }

  #take(currentPath: string, problems: readonly Failure[], entries: readonly Entry[]): void {
    this.#currentPath = currentPath;
    for (const problem of problems) {
      this.#add(problem);
    }
    this.#entries.push(...entries.filter((entry) => !this.#isRepeated(entry)));
  }

  #hear(told: Told): void {
    this.#take(told.currentPath, told.problems, told.entries);
    if (told.failure !== undefined) {
      this.#fail(errorOf(told.failure));
    }
    this.#tell();
  }

  /** Whether it is a directory that every share would make, as in a dry run all of them find it missing. */
  #isRepeated({ kind, target }: Entry): boolean {
    if (!this.#isDryRun || kind !== 'directory') {
      return false;
    }
    const isRepeated = this.#known.has(target);
    this.#known.add(target);
    return isRepeated;
  }

  #add(problem: Failure): void {
    // What is warned of belongs to one share, and a tree may have millions.
    if (isWarning(problem)) {
      this.#problems.push(problem);
      return;
    }
    // Every share walks all directories, and what is wrong with one of them each of them says.
    const key = [problem.operation, problem.path, problem.target].join('\0');
    if (!this.#known.has(key)) {
      this.#known.add(key);
      this.#problems.push(problem);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#tell();
  }

  #tell(): void {
    this.#hasNews = true;
    this.#wake?.();
  }
}

/** A share with the thread that works on it. */
class Share {
  /** How far it has come, as it was told last. */
  progress = NOTHING_YET;
  readonly thread = takeThread();
  readonly #take: (told: Told) => void;
  readonly #left: Promise<void>;

  /** `fail` is told of a failure that the thread itself does not tell, the first time that there is one. */
  constructor(assignment: Assignment, hear: (told: Told) => void, fail: (error: Error) => void) {
    this.#take = (told) => {
      this.progress = told.progress;
      hear(told);
    };
    this.#left = this.thread.work(assignment, this.#take).then(() => {
      if (!this.progress.done) {
        fail(new Error('a thread of the copy has left its share before it was done'));
      }
    }, fail);
  }

  /** Stops it, where it is not over, and waits until its thread has left it. */
  async stop(): Promise<void> {
    this.thread.stop(this.#take);
    await this.#left;
  }
}

/** Divides the share that the caller wants, or the whole, into `count`. */
function shardsOf({ shard }: CopyOptions, count: number): readonly [Shard, ...Shard[]] {
  const whole = shard ?? { index: 0, count: 1 };
  const part = (number: number): Shard => ({
    index: whole.index + whole.count * number,
    count: whole.count * count,
  });
  return [part(0), ...Array.from({ length: count - 1 }, (_, number) => part(number + 1))];
}

/** Options for another thread, without those that mean something in the caller's only: what is simple, and the patterns. */
function sendable({ include = [], exclude = [], ...options }: CopyOptions): CopyOptions {
  const simple = Object.entries(options).filter(
    ([, value]) => !['function', 'object'].includes(typeof value),
  );
  return { ...Object.fromEntries(simple), include: [...include], exclude: [...exclude] };
}

/** How far all of them have come together; the totals are known when those of each are. */
function merge(all: readonly Progress[]): Progress {
  return all.reduce((sum, one) => ({
    done: sum.done && one.done,
    bytesDone: sum.bytesDone + one.bytesDone,
    bytesInPlace: sum.bytesInPlace + one.bytesInPlace,
    ...(sum.bytesTotal !== undefined &&
      one.bytesTotal !== undefined && { bytesTotal: sum.bytesTotal + one.bytesTotal }),
    filesDone: sum.filesDone + one.filesDone,
    ...(sum.filesTotal !== undefined &&
      one.filesTotal !== undefined && { filesTotal: sum.filesTotal + one.filesTotal }),
    // Each walks all directories.
    // biome-ignore lint/complexity/useMathMinMax: there is no Math.max for bigints.
    directories: sum.directories > one.directories ? sum.directories : one.directories,
    skipped: sum.skipped + one.skipped,
  }));
}
