import { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import { quoted } from '../common/errors.js';
import type { CopyProgress } from '../index.js';
import { canDraw, standardError } from './streams.js';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** The part of the bar that is not done. */
const INCOMPLETE = '░';

/** Returns a number of bytes for people, such as "1.5 MiB". */
function humanBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Returns a duration for people, such as "59 s". */
function humanTime(seconds: number): string {
  if (seconds < 100) {
    return `${Math.ceil(seconds)} s`;
  }
  return seconds < 6000 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** The values that the bar shows. */
interface Shown {
  readonly progress: CopyProgress;
  /** When copying began, by `performance.now`. */
  readonly since: number;
}

/** A line on standard error: a bar, bytes, rate, time left, and the current file. */
export class ProgressBar {
  readonly #bar: cliProgress.SingleBar;

  /** Shows the bar. `since` is when copying began, by `performance.now`. */
  constructor(progress: CopyProgress, since: number) {
    this.#bar = new cliProgress.SingleBar({
      format: (options, params, shown: Shown) => lineOf(options, params.progress, shown),
      barsize: 12,
      barCompleteChar: '█',
      barIncompleteChar: INCOMPLETE,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      stream: canDraw() ? standardError() : lineByLine(standardError()),
      noTTYOutput: true,
      gracefulExit: false,
    });
    const shown: Shown = { progress, since };
    this.#bar.start(progress.bytesTotal ?? 0, progress.bytesDone, shown);
  }

  /** Updates the bar. */
  show(progress: CopyProgress, since: number): void {
    const shown: Shown = { progress, since };
    this.#bar.setTotal(progress.bytesTotal ?? 0);
    this.#bar.update(progress.bytesDone, shown);
  }

  /** Removes the bar. */
  remove(): void {
    this.#bar.stop();
  }
}

function lineOf(options: cliProgress.Options, part: number, { progress, since }: Shown): string {
  const { bytesDone, bytesTotal, currentPath } = progress;
  const path = quoted(currentPath).slice(1, -1);
  const bar = cliProgress.Format.BarFormat(bytesTotal === undefined ? 0 : part, options);
  const isCounting = bytesTotal === undefined && bytesDone === 0;
  const line = `${bar} ${isCounting ? 'counting' : amounts(bytesDone, bytesTotal, since)} `;
  // A terminal whose size was never set has no columns.
  const room = (standardError().columns || Number.POSITIVE_INFINITY) - line.length - 1;
  return line + (room >= path.length ? path : path.slice(-Math.max(room, 1)));
}

/** Returns what is done. The total of a list or a stream is unknown. */
function amounts(done: number, total: number | undefined, since: number): string {
  const rate = done / Math.max((performance.now() - since) / 1000, 0.001);
  if (total === undefined) {
    return `${humanBytes(done)}, ${humanBytes(rate)}/s`;
  }
  const left = rate > 0 ? `, ${humanTime((total - done) / rate)} left` : '';
  return `${humanBytes(done)} of ${humanBytes(total)}, ${humanBytes(rate)}/s${left}`;
}

/**
 * Wraps a stream, so that it does not look like a terminal and nothing is drawn on it. The bar writes its last line
 * again when it is removed. A complete line that is written again is left out, even if its rate differs.
 */
function lineByLine(stream: Writable): Writable {
  const amountsOf = (line: string) => line.slice(0, line.indexOf(','));
  let last = '';
  let isRepeated = false;
  return new Writable({
    write: (chunk, _encoding, done) => {
      const text = String(chunk);
      if (text !== '\n') {
        isRepeated = !text.includes(INCOMPLETE) && amountsOf(text) === amountsOf(last);
        last = text;
      }
      if (isRepeated) {
        done();
      } else {
        stream.write(text, done);
      }
    },
  });
}
