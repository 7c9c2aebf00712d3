import type { OutputOptions } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { quoted } from '../common/errors.js';
import type { CopyEntry, CopyError, CopyProgress, CopyReport } from '../index.js';
import { REPORT_MILLISECONDS } from '../task/task.js';
import type { ProgressBar } from './bar.js';
import type { FeedError } from './feed.js';
import { InvalidNames } from './invalid-names.js';
import { canDraw, standardError, standardOutput, writeJson } from './streams.js';

// Shorter work than this, in milliseconds, needs no bar.
const BAR_DELAY = 500;

/** Options of the output. */
interface Printing extends OutputOptions {
  /** Whether nothing is copied. */
  readonly dryRun: boolean;
}

/** Prints text for people, or JSON for programs. */
export class Output {
  /** Whether {@link Output.progress} does anything. */
  readonly wantsProgress: boolean;
  /** Whether {@link Output.entry} must be called. */
  readonly wantsEntries: boolean;
  readonly #options: Printing;
  readonly #started = performance.now();
  readonly #Bar: typeof ProgressBar | undefined;
  readonly #invalidNames = new InvalidNames();
  #bar: ProgressBar | undefined;
  /** When copying began. */
  #copyingSince = performance.now();
  #lastProgress = Number.NEGATIVE_INFINITY;

  private constructor(options: Printing, Bar: typeof ProgressBar | undefined) {
    this.#options = options;
    this.#Bar = Bar;
    this.wantsProgress = wantsProgress(options);
    this.wantsEntries = options.verbose && !options.quiet;
  }

  /** Creates an output for the options. */
  static async create(options: Printing): Promise<Output> {
    // Loaded only if there will be a bar, because it takes as long as a small copy.
    const hasBar = wantsProgress(options) && !options.json;
    return new Output(options, hasBar ? (await import('./bar.js')).ProgressBar : undefined);
  }

  /** Starts the clock for rates and the time left. */
  startClock(): void {
    this.#copyingSince = performance.now();
  }

  /** Shows the progress of measuring, at most thirty times a second. */
  measuring(progress: CopyProgress): void {
    if (performance.now() - this.#lastProgress >= REPORT_MILLISECONDS) {
      this.progress(progress);
    }
  }

  /** Shows the progress of the copies. */
  progress(progress: CopyProgress): void {
    const now = performance.now();
    this.#lastProgress = now;
    if (progress.bytesTotal === undefined && progress.bytesDone === 0) {
      this.startClock();
    }
    if (this.#options.json) {
      writeJson({ type: 'progress', ...progress });
    } else if (this.#Bar && (this.#options.progress || now - this.#started >= BAR_DELAY)) {
      this.#bar ??= new this.#Bar(progress, this.#copyingSince);
      this.#bar.show(progress, this.#copyingSince);
    }
  }

  /** Reports an entry that is finished, or would be in a dry run. */
  entry(entry: CopyEntry): void {
    this.#makeRoom();
    if (this.#options.json) {
      writeJson({ type: 'entry', ...entry });
    } else {
      standardOutput().write(`${sentence(entry, this.#options.dryRun)}\n`);
    }
  }

  /** Prints the report of a copy under --json. */
  report(source: string, target: string, report: CopyReport): void {
    // Warnings and errors are already printed.
    const { warnings, warningCount, errors, errorCount, milliseconds, ...counts } = report;
    if (this.#options.json && !this.#options.quiet) {
      writeJson({ type: 'report', source, target, ...counts, milliseconds: Math.round(milliseconds) });
    }
  }

  /** Prints a warning of the copy of `from`. */
  warning(warning: CopyError, from: string): void {
    if (!this.#options.quiet) {
      this.#complain('warning', warning, from);
    }
  }

  /** Prints an error of the copy of `from`. */
  error(error: CopyError, from: string): void {
    this.#complain('error', error, from);
  }

  /** Prints an error of a list. */
  feedError({ details, message }: FeedError): void {
    this.#makeRoom();
    if (this.#options.json) {
      writeJson({ type: 'error', ...details, message });
    } else {
      standardError().write(`mapcp: ${message}\n`);
    }
  }

  /** Removes the bar. */
  close(): void {
    this.#bar?.remove();
    this.#bar = undefined;
  }

  #complain(type: 'warning' | 'error', error: CopyError, from: string): void {
    this.#makeRoom();
    if (this.#options.json) {
      const { code, operation, path, source, target, reason, sibling, leftover, message } = error;
      const pathBase64 = this.#invalidNames.base64Of(error, from);
      const where = { path, pathBase64, source, target };
      writeJson({ type, code, operation, ...where, reason, sibling, leftover, message });
    } else {
      standardError().write(`mapcp: ${type === 'warning' ? 'warning: ' : ''}${error.message}\n`);
    }
  }

  /** Removes the bar if the next line would be printed after it on the same line. */
  #makeRoom(): void {
    if (canDraw()) {
      this.close();
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

/** Whether to show progress. The default is yes on a terminal and under --json. */
function wantsProgress({ progress, json, quiet }: Printing): boolean {
  return progress ?? (!quiet && (json || canDraw()));
}
