import type { CopyOptions, Shard } from '../common/options.js';
import type { SandboxJob } from '../task/task.js';
import {
  type ComponentError,
  componentErrorOf,
  type Entry,
  errorOf,
  NOTHING_YET,
  type Progress,
} from './component.js';
import {
  type Assignment,
  NoThreadError,
  stopAtOnce,
  type Thread,
  type ThreadReport,
  takeThread,
} from './threads.js';

/** A divided job: one shard is copied in this thread, and each other one in a thread of its own. */
export class DividedJob implements SandboxJob {
  readonly #source: string;
  readonly #target: string;
  readonly #begin: (shard: Shard | undefined) => SandboxJob;
  #own: SandboxJob;
  #isOwnDone = false;
  readonly #parts: Part[] = [];
  /** Shards whose threads could not be started. They are copied here, one after the other. */
  readonly #abandoned: Shard[] = [];
  /** The progress of the shards that were already copied here. */
  readonly #finished: Progress[] = [];
  readonly #known = new Set<string>();
  #errors: ComponentError[] = [];
  #entries: Entry[] = [];
  readonly #isDryRun: boolean;
  #currentPath: string;
  #isWarned = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #hasNews = false;

  /**
   * Starts the threads. If some cannot be started, there are fewer shards, and a warning.
   *
   * @param assignment the whole copy
   * @param count the number of shards, including that of this thread
   * @param begin makes the job for the shard that is copied here, or for the whole copy
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
        const part = new Part(thread, given, (report) => this.#receive(report));
        part.left.catch((error: Error) => this.#lose(part, shard, error));
        this.#parts.push(part);
      }
    }
  }

  /** Returns as many threads as can be started, at most `most`. */
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
   * Works on this thread's shard. Once that is done, waits until another thread reports something. The budget does not
   * apply to the other threads.
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
    if (this.#error !== undefined) {
      throw this.#error;
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
      // After any other error, such as a trap, the component cannot be called again.
      this.#error ??= error as Error;
      if (componentErrorOf(error) === undefined) {
        return;
      }
    }
    this.#take(own.currentPath(), own.takeErrors(), own.takeEntries());
  }

  progress(): Progress {
    const parts = this.#parts.map(({ progress }) => progress);
    const all = merge([...this.#finished, this.#own.progress(), ...parts]);
    return { ...all, done: all.done && this.#abandoned.length === 0 };
  }

  currentPath(): string {
    return this.#currentPath;
  }

  takeErrors(): readonly ComponentError[] {
    const errors = this.#errors;
    this.#errors = [];
    return errors;
  }

  takeEntries(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** Does nothing: a divided job takes no input. */
  addInput(): void {}

  /** The same. */
  endInput(): void {}

  /** Returns false: an atomic tree is not divided, and nothing else takes long to remove. */
  stop(): boolean {
    return false;
  }

  /** Stops the threads that still work, and waits until each has left its shard. */
  async drop(): Promise<void> {
    const left = this.#parts.map((part) => part.stop());
    try {
      await this.#own.drop();
    } finally {
      await Promise.all(left);
    }
  }

  dropAtExit(): void {
    this.#own.dropAtExit();
    stopAtOnce(this.#parts.map(({ thread }) => thread));
  }

  #take(currentPath: string, errors: readonly ComponentError[], entries: readonly Entry[]): void {
    this.#currentPath = currentPath;
    for (const error of errors) {
      this.#add(error);
    }
    this.#entries.push(...entries.filter((entry) => !this.#isRepeated(entry)));
  }

  #receive(report: ThreadReport): void {
    this.#take(report.currentPath, report.errors, report.entries);
    if (report.componentError !== undefined) {
      this.#fail(errorOf(report.componentError));
    }
    this.#notify();
  }

  /**
   * Whether an entry is a directory that was reported before. In a dry run, every shard finds it missing and reports
   * it.
   */
  #isRepeated({ kind, target }: Entry): boolean {
    if (!this.#isDryRun || kind !== 'directory') {
      return false;
    }
    const isRepeated = this.#known.has(target);
    this.#known.add(target);
    return isRepeated;
  }

  #add(error: ComponentError): void {
    // Only one shard has this entry. It is not remembered, because a tree can have millions of them.
    if (error.outcome === 'left-out') {
      this.#errors.push(error);
      return;
    }
    // Every shard walks all directories, and each reports an error of a directory.
    const key = [error.operation, error.path, error.target].join('\0');
    if (!this.#known.has(key)) {
      this.#known.add(key);
      this.#errors.push(error);
    }
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#notify();
  }

  /** Called if a thread ends before its shard is done. If the thread never started, the shard is copied here. */
  #lose(part: Part, shard: Shard, error: Error): void {
    if (!(error instanceof NoThreadError)) {
      this.#fail(error);
      return;
    }
    this.#parts.splice(this.#parts.indexOf(part), 1);
    this.#warn(error);
    this.#abandoned.push(shard);
    this.#notify();
  }

  /** Warns, once, that fewer jobs than requested divide the copy. */
  #warn({ message: reason }: Error): void {
    if (!this.#isWarned) {
      this.#isWarned = true;
      const [source, target] = [this.#source, this.#target];
      const code = { tag: 'unsupported' } as const;
      const what = { operation: 'divide', path: source, source, target } as const;
      this.#errors.push({ outcome: 'copied', code, ...what, reason });
    }
  }

  #notify(): void {
    this.#hasNews = true;
    this.#wake?.();
  }
}

/** A shard with the thread that copies it. */
class Part {
  /** The progress that the thread reported last. */
  progress = NOTHING_YET;
  readonly thread: Thread;
  /** Resolves when the thread has left the shard, and rejects if the shard is not done then. */
  readonly left: Promise<void>;
  readonly #take: (report: ThreadReport) => void;

  constructor(thread: Thread, assignment: Assignment, listener: (report: ThreadReport) => void) {
    this.thread = thread;
    this.#take = (report) => {
      this.progress = report.progress;
      listener(report);
    };
    this.left = thread.work(assignment, this.#take).then(() => {
      if (!this.progress.done) {
        throw new Error('a thread of the copy left its shard before it was done');
      }
    });
  }

  /** Stops the thread if it still works on this shard, and waits until it has left it. */
  async stop(): Promise<void> {
    this.thread.stop(this.#take);
    await this.left.catch(() => {});
  }
}

/** Divides the shard that the caller wants, or the whole, into `count` shards. */
function shardsOf({ shard }: CopyOptions, count: number): readonly [Shard, ...Shard[]] {
  const whole = shard ?? { index: 0, count: 1 };
  const part = (number: number): Shard => ({
    index: whole.index + whole.count * number,
    count: whole.count * count,
  });
  return [part(0), ...Array.from({ length: count - 1 }, (_, number) => part(number + 1))];
}

/** Returns the options that can be sent to another thread: simple values and patterns. */
function sendable({ include = [], exclude = [], ...options }: CopyOptions): CopyOptions {
  const simple = Object.entries(options).filter(
    ([, value]) => !['function', 'object'].includes(typeof value),
  );
  return { ...Object.fromEntries(simple), include: [...include], exclude: [...exclude] };
}

/** Adds up progress. The totals are known if those of each part are. */
function merge(all: readonly Progress[]): Progress {
  return all.reduce((sum, one) => ({
    done: sum.done && one.done,
    waits: false,
    bytesDone: sum.bytesDone + one.bytesDone,
    bytesInPlace: sum.bytesInPlace + one.bytesInPlace,
    ...(sum.bytesTotal !== undefined &&
      one.bytesTotal !== undefined && { bytesTotal: sum.bytesTotal + one.bytesTotal }),
    filesDone: sum.filesDone + one.filesDone,
    ...(sum.filesTotal !== undefined &&
      one.filesTotal !== undefined && { filesTotal: sum.filesTotal + one.filesTotal }),
    // Each part counts all directories.
    // biome-ignore lint/complexity/useMathMinMax: there is no Math.max for bigints.
    directories: sum.directories > one.directories ? sum.directories : one.directories,
    skipped: sum.skipped + one.skipped,
  }));
}
