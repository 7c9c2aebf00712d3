import process from 'node:process';
import cliProgress from 'cli-progress';
import { quoted } from '../errors.js';
import type { CopyProgress } from '../index.js';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes for people, such as "1.5 MiB". */
function humanBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** A time for people, such as "59 s". */
function humanTime(seconds: number): string {
  if (seconds < 100) {
    return `${Math.ceil(seconds)} s`;
  }
  return seconds < 6000 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** A progress as the bar takes it: the total, what is done, and the name of the current file. */
function state({ bytesDone, bytesTotal, currentPath }: CopyProgress): [number, number, { path: string }] {
  return [bytesTotal ?? 0, bytesDone, { path: quoted(currentPath).slice(1, -1) }];
}

/** A line on standard error: a bar, bytes, rate, time left, and the current file. */
export class ProgressBar {
  readonly #started = performance.now();
  readonly #bar: cliProgress.SingleBar;

  /** Shows how far a copy has come at first. */
  constructor(progress: CopyProgress) {
    this.#bar = new cliProgress.SingleBar({
      format: (options, params, payload: { path: string }) => this.#line(options, params, payload.path),
      barsize: 12,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      stream: process.stderr,
      noTTYOutput: true,
      gracefulExit: false,
    });
    this.#bar.start(...state(progress));
  }

  /** Shows how far a copy has come. */
  show(progress: CopyProgress): void {
    const [total, done, payload] = state(progress);
    this.#bar.setTotal(total);
    this.#bar.update(done, payload);
  }

  /** Takes it away. */
  remove(): void {
    this.#bar.stop();
  }

  #line(
    options: cliProgress.Options,
    { value, total, progress: part }: cliProgress.Params,
    path: string,
  ): string {
    const seconds = (performance.now() - this.#started) / 1000;
    const rate = value / Math.max(seconds, 0.001);
    const bar = cliProgress.Format.BarFormat(part, options);
    const left = rate > 0 ? `, ${humanTime((total - value) / rate)} left` : '';
    const line = `${bar} ${humanBytes(value)} of ${humanBytes(total)}, ${humanBytes(rate)}/s${left} `;
    const room = (process.stderr.columns ?? Number.POSITIVE_INFINITY) - line.length - 1;
    return line + (room >= path.length ? path : path.slice(-Math.max(room, 1)));
  }
}
