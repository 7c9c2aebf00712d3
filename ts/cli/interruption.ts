import { constants, readFileSync, realpathSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { isSystemError, reasonOf } from '../system-error.js';
import { onPrintError, standardError } from './streams.js';

/** Signals that end a program by default, and that somebody may send to a copy; Windows has fewer. */
const SIGNALS = (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGPIPE', 'SIGUSR1', 'SIGUSR2'] as const).filter(
  (name) => name in os.constants.signals,
);

/**
 * Without a listener, Node answers this signal by opening a debugger port, and anyone who reaches it controls the
 * process.
 */
const DEBUGGER_SIGNAL = 'SIGUSR1';

/** The exit status of what a signal has ended, as shells have it. */
function statusOf(name: NodeJS.Signals): number {
  return 128 + os.constants.signals[name];
}

/** Why the work ends early. */
interface Ending {
  readonly status: number;
  /** A clause for people. */
  readonly why: string;
  readonly signal?: NodeJS.Signals;
}

/** Ends the work early: on a signal, or when nobody reads the output any more. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #heeded = SIGNALS.filter((name) => name !== 'SIGHUP' || !isUnderNohup());
  #ending: Ending | undefined;
  #hasCopied = false;
  #isOver = false;
  readonly #obey = (signal: NodeJS.Signals) =>
    this.#end({ status: statusOf(signal), why: 'interrupted', signal });

  /** Watches standard output and standard error from now on, and keeps Node's debugger closed. */
  constructor() {
    if (this.#heeded.includes(DEBUGGER_SIGNAL)) {
      process.once(DEBUGGER_SIGNAL, this.#obey);
    }
    onPrintError((error) => this.#fail(error));
    if (!this.#heeded.includes('SIGHUP')) {
      process.on('SIGHUP', () => {});
    }
  }

  /** Aborted when the work must end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Has signals end the copies, and not the process. A second one of its kind kills. */
  heedSignals(): void {
    this.#hasCopied = true;
    for (const name of this.#heeded) {
      process.off(name, this.#obey).once(name, this.#obey);
    }
  }

  /** Leaves signals to the system again. */
  leaveSignals(): void {
    for (const name of this.#heeded) {
      process.off(name, this.#obey);
    }
  }

  /**
   * Ends the process, after all that it did is cleaned up: with a status, or by the signal that ended the work. A shell
   * that runs a loop ends it only when a signal has ended the command.
   *
   * @param status for work that was not ended early
   */
  conclude(status: number): void {
    this.#isOver = true;
    process.exitCode = status;
    if (this.#ending !== undefined) {
      this.#conclude(this.#ending);
    }
  }

  #conclude({ status, why, signal }: Ending): void {
    process.exitCode = status;
    standardError().write(`mapcp: ${why}${this.#hasCopied ? '; what was finished stays' : ''}\n`);
    // Windows has no signals that another process could see.
    if (signal !== undefined && process.platform !== 'win32') {
      process.kill(process.pid, signal);
    }
  }

  #fail(error: Error): void {
    const isClosed = isSystemError(error) && (error.code === 'EPIPE' || error.code === 'EIO');
    const why = isSystemError(error) ? reasonOf(error) : error.message;
    this.#end({ status: isClosed ? statusOf('SIGPIPE') : 1, why: `cannot print: ${why}` });
  }

  #end(ending: Ending): void {
    if (this.#ending === undefined) {
      this.#ending = ending;
      this.#controller.abort();
      // What was printed last may fail after the work.
      if (this.#isOver) {
        this.#conclude(ending);
      }
    }
  }
}

/**
 * Whether `nohup` started the process, so that the end of its terminal must not end it.
 *
 * Node forgets which signals it was to ignore. What is left is the standard input that GNU's nohup gives a command: no
 * other program opens /dev/null for writing only there.
 */
function isUnderNohup(): boolean {
  try {
    const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? [];
    const isWriteOnly =
      (Number.parseInt(flags, 8) & (constants.O_WRONLY | constants.O_RDWR)) === constants.O_WRONLY;
    return isWriteOnly && realpathSync('/proc/self/fd/0') === '/dev/null';
  } catch {
    return false;
  }
}
