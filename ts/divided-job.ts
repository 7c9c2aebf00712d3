import { Worker } from 'node:worker_threads';
import { type Entry, errorOf, type Failure, NOTHING_YET, type Progress } from './component.js';
import type { HostOptions } from './host/index.js';
import type { CopyOptions } from './options.js';
import type { Preopens } from './sandbox.js';
import type { Job } from './task.js';

/** What a worker is to do, as it is sent to its thread. */
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

/** What a worker tells about its job now and then, and when that is over. It is told anything to make it stop. */
export interface Told {
  readonly progress: Progress;
  readonly currentPath: string;
  readonly problems: readonly Failure[];
  readonly entries: readonly Entry[];
  /** Why it failed, where it did. */
  readonly failure?: Failure;
}

/** A job that is divided among workers, each with a share of it. */
export class DividedJob implements Job {
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
   * Starts the workers.
   *
   * @param assignment the whole
   * @param count how many are to divide it
   */
  constructor(assignment: Assignment, count: number) {
    this.#currentPath = assignment.source;
    this.#isDryRun = assignment.options.dryRun ?? false;
    const hear = (told: Told) => this.#hear(told);
    const fail = (error: Error) => this.#fail(error);
    try {
      for (const share of sharesOf(assignment, count)) {
        this.#shares.push(new Share(share, hear, fail));
      }
    } catch (error) {
      // The system has no thread left.
      void this.drop();
      throw error;
    }
  }

  /** Waits until there is something to tell. However large the budget is, the workers work on. */
  async step(): Promise<Progress> {
    if (!this.#hasNews) {
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

  progress(): Progress {
    return merge(this.#shares.map(({ progress }) => progress));
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

  /** Stops the workers that are still at work, and waits until the last is gone. */
  async drop(): Promise<void> {
    await Promise.all(this.#shares.map((share) => share.stop()));
  }

  #hear(told: Told): void {
    this.#currentPath = told.currentPath;
    for (const problem of told.problems) {
      this.#add(problem);
    }
    this.#entries.push(...told.entries.filter((entry) => !this.#isRepeated(entry)));
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

/** A worker with its share. */
class Share {
  /** How far it has come, as it was told last. */
  progress = NOTHING_YET;
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  #isOver = false;

  constructor(assignment: Assignment, hear: (told: Told) => void, fail: (error: Error) => void) {
    this.#worker = new Worker(new URL('./mapcp-worker.js', import.meta.url), {
      workerData: assignment,
      // Nothing that the program preloads or sets for itself belongs into it.
      execArgv: [],
    });
    this.#worker.on('message', (told: Told) => {
      this.progress = told.progress;
      this.#isOver ||= told.failure !== undefined || told.progress.done;
      hear(told);
    });
    this.#worker.on('error', (error) => {
      this.#isOver = true;
      fail(error instanceof Error ? error : new Error(String(error)));
    });
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', (status) => {
        if (!this.#isOver) {
          fail(new Error(`a thread of the copy ended before it was done, with status ${status}`));
        }
        resolve();
      });
    });
  }

  /** Stops it, where it is not over, and waits until its thread is gone. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#worker.postMessage('stop');
    await this.#gone;
  }
}

/** Divides the share that the caller wants, or the whole, among `count` workers; without what cannot be sent to them. */
function sharesOf(assignment: Assignment, count: number): readonly Assignment[] {
  const whole = assignment.options.shard ?? { index: 0, count: 1 };
  return Array.from({ length: count }, (_, number) => {
    const shard = { index: whole.index + whole.count * number, count: whole.count * count };
    const mine = {
      shard,
      concurrency: 1,
      onProgress: undefined,
      onEntry: undefined,
      signal: undefined,
      host: undefined,
    };
    return { ...assignment, options: { ...assignment.options, ...mine } };
  });
}

/** How far all of them have come together; the totals are known when those of each are. */
function merge(all: readonly Progress[]): Progress {
  return all.reduce((sum, one) => ({
    done: sum.done && one.done,
    bytesDone: sum.bytesDone + one.bytesDone,
    ...(sum.bytesTotal !== undefined &&
      one.bytesTotal !== undefined && { bytesTotal: sum.bytesTotal + one.bytesTotal }),
    filesDone: sum.filesDone + one.filesDone,
    ...(sum.filesTotal !== undefined &&
      one.filesTotal !== undefined && { filesTotal: sum.filesTotal + one.filesTotal }),
    // Each walks all directories.
    directories: sum.directories > one.directories ? sum.directories : one.directories,
    skipped: sum.skipped + one.skipped,
  }));
}
