import process from 'node:process';
import { quoted } from '../errors.js';
import type { CopyEntry, CopyError, CopyProgress, CopyReport } from '../index.js';
import type { ProgressBar } from './bar.js';
import type { Flags } from './flags.js';
import { writeJson } from './json.js';

// Shorter work than this, in milliseconds, needs no bar.
const BAR_DELAY = 500;

/** All that the command line prints: text for people, or JSON for programs. */
export class Output {
  /** Whether {@link Output.progress} does anything. */
  readonly wantsProgress: boolean;
  /** Whether it is to be told of entries. */
  readonly wantsEntries: boolean;
  readonly #flags: Flags;
  readonly #started = performance.now();
  readonly #Bar: typeof ProgressBar | undefined;
  #bar: ProgressBar | undefined;

  private constructor(flags: Flags, Bar: typeof ProgressBar | undefined) {
    this.#flags = flags;
    this.#Bar = Bar;
    this.wantsProgress = wantsProgress(flags);
    this.wantsEntries = flags.verbose === true && !flags.quiet;
  }

  /** What prints as the flags say. */
  static async create(flags: Flags): Promise<Output> {
    // Loaded only where there will be a bar: it takes as long as a small copy.
    const hasBar = wantsProgress(flags) && !flags.json;
    return new Output(flags, hasBar ? (await import('./bar.js')).ProgressBar : undefined);
  }

  /** Shows how far a copy has come. */
  progress(progress: CopyProgress): void {
    if (this.#flags.json) {
      writeJson({ type: 'progress', ...progress });
    } else if (this.#Bar && (this.#flags.progress || performance.now() - this.#started >= BAR_DELAY)) {
      this.#bar ??= new this.#Bar(progress);
      this.#bar.show(progress);
    }
  }

  /** Says that an entry is done with, or would be. */
  entry(entry: CopyEntry): void {
    this.close();
    if (this.#flags.json) {
      writeJson({ type: 'entry', ...entry });
    } else {
      process.stdout.write(`${sentence(entry, this.#flags.dryRun === true)}\n`);
    }
  }

  /** Says what a copy could not do, and to programs what it has done. */
  report(source: string, target: string, report: CopyReport): void {
    this.close();
    this.#problems(report);
    const { warnings, failures, ...counts } = report;
    if (this.#flags.json && !this.#flags.quiet) {
      writeJson({ type: 'report', source, target, ...counts });
    }
  }

  /** Says why a copy failed, and what it could not do before. */
  error(error: CopyError): void {
    this.close();
    if (error.report !== undefined) {
      this.#problems(error.report);
    }
    this.#complain('error', error);
  }

  /**
   * Says that the work was ended early.
   *
   * @param why a clause
   */
  interrupted(why: string): void {
    this.close();
    process.stderr.write(`mapcp: ${why}; what was finished stays\n`);
  }

  /** Takes the bar away. */
  close(): void {
    this.#bar?.remove();
    this.#bar = undefined;
  }

  #problems({ warnings, failures }: CopyReport): void {
    for (const warning of warnings) {
      this.#complain('warning', warning);
    }
    for (const failure of failures) {
      this.#complain('error', failure);
    }
  }

  #complain(type: 'warning' | 'error', error: CopyError): void {
    if (type === 'warning' && this.#flags.quiet) {
      return;
    }
    if (this.#flags.json) {
      const { code, operation, path, source, target, reason, leftover, message } = error;
      writeJson({ type, code, operation, path, source, target, reason, leftover, message });
    } else {
      process.stderr.write(`mapcp: ${type === 'warning' ? 'warning: ' : ''}${error.message}\n`);
    }
  }
}

function sentence({ kind, source, target, skipped, bytes }: CopyEntry, isDryRun: boolean): string {
  const paths = `${quoted(source)} -> ${quoted(target)}`;
  if (skipped) {
    return isDryRun ? `would skip ${paths}` : `${paths} (skipped)`;
  }
  const copied = kind === 'file' ? `${paths} (${bytes} bytes)` : paths;
  return isDryRun ? `would copy ${copied}` : copied;
}

/** A bar where there is somebody to see it, and always for programs, unless the flags say otherwise. */
function wantsProgress({ progress, json, quiet }: Flags): boolean {
  return progress ?? (!quiet && (json || process.stderr.isTTY));
}
