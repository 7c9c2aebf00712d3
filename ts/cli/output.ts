import type { OutputOptions } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { quoted } from '../errors.js';
import type { CopyEntry, CopyError, CopyProgress, CopyReport } from '../index.js';
import { REPORT_MILLISECONDS } from '../task.js';
import type { ProgressBar } from './bar.js';
import { InvalidNames } from './invalid-names.js';
import { canDraw, standardError, standardOutput } from './streams.js';

// Shorter work than this, in milliseconds, needs no bar.
const BAR_DELAY = 500;

/**
 * Prints a line of --json: an object on a line of its own. What some readers take for the end of a line, and what a terminal
 * obeys, is an escape of JSON's.
 *
 * @param line what it says; what is undefined is left out
 */
export function writeJson(line: object): void {
  const text = JSON.stringify(line).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  standardOutput().write(`${text}\n`);
}

/** What to print. */
interface Printing extends OutputOptions {
  /** Whether nothing is copied. */
  readonly dryRun: boolean;
}

/** What the command line prints: text for people, or JSON for programs. */
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
  /** Since when bytes have been copied. */
  #copyingSince = performance.now();
  #lastProgress = Number.NEGATIVE_INFINITY;

  private constructor(options: Printing, Bar: typeof ProgressBar | undefined) {
    this.#options = options;
    this.#Bar = Bar;
    this.wantsProgress = wantsProgress(options);
    this.wantsEntries = options.verbose && !options.quiet;
  }

  /** What prints as the options say. */
  static async create(options: Printing): Promise<Output> {
    // Loaded only if there will be a bar, because it takes as long as a small copy.
    const hasBar = wantsProgress(options) && !options.json;
    return new Output(options, hasBar ? (await import('./bar.js')).ProgressBar : undefined);
  }

  /** Notes that nothing has been copied until now: rates are counted from here. */
  startClock(): void {
    this.#copyingSince = performance.now();
  }

  /** Shows that what will be copied is measured, at most thirty times a second. */
  measuring(progress: CopyProgress): void {
    if (performance.now() - this.#lastProgress >= REPORT_MILLISECONDS) {
      this.progress(progress);
    }
  }

  /** Shows how far the copies have come. */
  progress(progress: CopyProgress): void {
    const now = performance.now();
    this.#lastProgress = now;
    if (progress.bytesTotal === undefined) {
      this.startClock();
    }
    if (this.#options.json) {
      writeJson({ type: 'progress', ...progress });
    } else if (this.#Bar && (this.#options.progress || now - this.#started >= BAR_DELAY)) {
      this.#bar ??= new this.#Bar(progress, this.#copyingSince);
      this.#bar.show(progress, this.#copyingSince);
    }
  }

  /** Says that an entry is done with, or would be. */
  entry(entry: CopyEntry): void {
    this.#makeRoom();
    if (this.#options.json) {
      writeJson({ type: 'entry', ...entry });
    } else {
      standardOutput().write(`${sentence(entry, this.#options.dryRun)}\n`);
    }
  }

  /** Says to programs what a copy has done. */
  report(source: string, target: string, report: CopyReport): void {
    // Each warning and error was printed by itself.
    const { warnings, warningCount, errors, errorCount, milliseconds, ...counts } = report;
    if (this.#options.json && !this.#options.quiet) {
      writeJson({ type: 'report', source, target, ...counts, milliseconds: Math.round(milliseconds) });
    }
  }

  /** Says what was left out, and why. */
  warning(warning: CopyError): void {
    if (!this.#options.quiet) {
      this.#complain('warning', warning);
    }
  }

  /** Says what could not be copied, and why. */
  error(error: CopyError): void {
    this.#complain('error', error);
  }

  /** Takes the bar away. */
  close(): void {
    this.#bar?.remove();
    this.#bar = undefined;
  }

  #complain(type: 'warning' | 'error', error: CopyError): void {
    this.#makeRoom();
    if (this.#options.json) {
      const { code, operation, path, source, target, reason, leftover, message } = error;
      const pathBase64 = this.#invalidNames.base64Of(error);
      writeJson({ type, code, operation, path, pathBase64, source, target, reason, leftover, message });
    } else {
      standardError().write(`mapcp: ${type === 'warning' ? 'warning: ' : ''}${error.message}\n`);
    }
  }

  /** Removes the bar if the next line would be printed behind it. */
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

/** The options decide. By default, progress is shown on a terminal and to programs. */
function wantsProgress({ progress, json, quiet }: Printing): boolean {
  return progress ?? (!quiet && (json || canDraw()));
}
