import { type Entry, errorOf, type Failure, failureOf, NOTHING_YET, type Progress } from './component.js';
import type { HostOptions } from './host/index.js';
import type { CopyOptions, Shard } from './options.js';
import type { Preopens, SandboxJob } from './sandbox.js';
import { NoThreadError, stopAtOnce, type Thread, type Told, takeThread } from './threads.js';

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
  readonly #source: string;
  readonly #target: string;
  readonly #begin: (shard: Shard | undefined) => SandboxJob;
  #own: SandboxJob;
  #isOwnDone = false;
  readonly #shares: Share[] = [];
  /** Shares whose threads could not be started. They are done here, one after the other. */
  readonly #abandoned: Shard[] = [];
  /** How far the shares have come that were done here before. */
  readonly #finished: Progress[] = [];
  readonly #known = new Set<string>();
  #problems: Failure[] = [];
  #entries: Entry[] = [];
  readonly #isDryRun: boolean;
  #currentPath: string;
  #isWarned = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #hasNews = false;

  /**
   * Puts the threads to work. If fewer can be started, fewer divide it, and that is a warning.
   *
   * @param assignment the whole
   * @param count how many are to divide it, this thread among them
   * @param begin makes the job for the share that is done here, or for the whole
   */
  constructor(assignment: Assignment, count: number, begin: (shard: Shard | undefined) => SandboxJob) {
    const { source, target, options } = assignment;
    this.#source = source;
    this.#target = target;
    this.#currentPath = source;
    this.#isDryRun = options.dryRun ?? false;
    this.#begin = begin;
    const threads = this.#takeThreads(count - 1);
    const [own, ...others] = shardsOf(options, threads.length + 1);
    try {
      this.#own = begin(threads.length === 0 ? options.shard : own);
    } catch (error) {
      for (const thread of threads) {
        thread.rest();
      }
      throw error;
    }
    for (const [index, shard] of others.entries()) {
      const thread = threads[index];
      if (thread !== undefined) {
        const given = { ...assignment, options: { ...sendable(options), concurrency: 1, shard } };
        const share = new Share(thread, given, (told) => this.#hear(told));
        share.left.catch((error: Error) => this.#lose(share, shard, error));
        this.#shares.push(share);
      }
    }
  }

  /** As many threads as can be started, and so many at most. */
  #takeThreads(most: number): readonly Thread[] {
    const threads: Thread[] = [];
    try {
      while (threads.length < most) {
        threads.push(takeThread());
      }
    } catch (error) {
      this.#warn(error as Error);
    }
    return threads;
  }

  /**
   * Works on its own share; once that is done, waits until there is something to tell. However large the budget is, the
   * threads work on.
   */
  async step(budget: bigint): Promise<Progress> {
    const abandoned = this.#isOwnDone ? this.#abandoned.shift() : undefined;
    if (abandoned !== undefined) {
      await this.#takeOver(abandoned);
    }
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

  async #takeOver(shard: Shard): Promise<void> {
    const done = this.#own;
    this.#own = this.#begin(shard);
    this.#isOwnDone = false;
    this.#finished.push(done.progress());
    await done.drop();
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
    const shares = this.#shares.map(({ progress }) => progress);
    const all = merge([...this.#finished, this.#own.progress(), ...shares]);
    return { ...all, done: all.done && this.#abandoned.length === 0 };
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
    if (problem.outcome === 'left-out') {
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

  /** A thread has ended before its share was done. If it never started, nothing of that was done. */
  #lose(share: Share, shard: Shard, error: Error): void {
    if (!(error instanceof NoThreadError)) {
      this.#fail(error);
      return;
    }
    this.#shares.splice(this.#shares.indexOf(share), 1);
    this.#warn(error);
    this.#abandoned.push(shard);
    this.#tell();
  }

  /** Warns, once, that fewer jobs divide it than were asked for. */
  #warn({ message: reason }: Error): void {
    if (!this.#isWarned) {
      this.#isWarned = true;
      const [source, target] = [this.#source, this.#target];
      const code = { tag: 'unsupported' } as const;
      const what = { operation: 'divide', path: source, source, target } as const;
      this.#problems.push({ outcome: 'copied', code, ...what, reason });
    }
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
  readonly thread: Thread;
  /** Resolves when the thread has left it, and rejects if that was before it was done. */
  readonly left: Promise<void>;
  readonly #take: (told: Told) => void;

  constructor(thread: Thread, assignment: Assignment, hear: (told: Told) => void) {
    this.thread = thread;
    this.#take = (told) => {
      this.progress = told.progress;
      hear(told);
    };
    this.left = thread.work(assignment, this.#take).then(() => {
      if (!this.progress.done) {
        throw new Error('a thread of the copy has left its share before it was done');
      }
    });
  }

  /** Stops it, where it is not over, and waits until its thread has left it. */
  async stop(): Promise<void> {
    this.thread.stop(this.#take);
    await this.left.catch(() => {});
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
