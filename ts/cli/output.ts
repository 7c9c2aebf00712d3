import process from 'node:process';
import { quoted } from '../errors.js';
import type { CopyError, CopyProgress, CopyReport } from '../index.js';
import type { ProgressBar } from './bar.js';
import type { Flags } from './flags.js';
import { writeJson } from './json.js';

// Shorter work than this, in milliseconds, needs no bar.
const BAR_DELAY = 500;

/** All that the command line prints: text for people, or JSON for programs. */
export class Output {
  /** Whether {@link Output.progress} does anything. */
  readonly wantsProgress: boolean;
  readonly #flags: Flags;
  readonly #started = performance.now();
  readonly #Bar: typeof ProgressBar | undefined;
  #bar: ProgressBar | undefined;

  private constructor(flags: Flags, Bar: typeof ProgressBar | undefined) {
    this.#flags = flags;
    this.#Bar = Bar;
    this.wantsProgress = wantsProgress(flags);
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

  /** Says what a copy has done, and what it has left out. */
  report(source: string, target: string, report: CopyReport): void {
    this.close();
    for (const warning of report.warnings) {
      this.#complain('warning', warning);
    }
    for (const failure of report.failures) {
      this.#complain('error', failure);
    }
    const { warnings, failures, ...counts } = report;
    if (this.#flags.quiet) {
      return;
    }
    if (this.#flags.json) {
      writeJson({ type: 'report', source, target, ...counts });
    } else if (this.#flags.verbose) {
      const isSkipped = report.files === 0 && report.directories === 0 && report.skipped > 0;
      const what = isSkipped ? 'skipped' : `${report.bytes} bytes`;
      process.stdout.write(`${quoted(source)} -> ${quoted(target)} (${what})\n`);
    }
  }

  /** Says why a copy failed. */
  error(error: CopyError): void {
    this.close();
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

/** A bar where there is somebody to see it, and always for programs, unless the flags say otherwise. */
function wantsProgress({ progress, json, quiet }: Flags): boolean {
  return progress ?? (!quiet && (json || process.stderr.isTTY));
}
