import { constants, readFileSync, realpathSync } from 'node:fs';
import os from 'node:os';
import { basename } from 'node:path';
import process from 'node:process';
import { isSystemError, reasonOf } from '../api/system-error.js';
import { onPrintError, standardError } from './streams.js';

/** Signals that end a program by default, and that a user may send to a copy. No system has all. */
const SIGNALS = (
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK', 'SIGPIPE', 'SIGUSR1', 'SIGUSR2'] as const
).filter((name) => name in os.constants.signals);

/**
 * Without a listener, Node answers this signal by opening a debugger port, and anyone who reaches it controls the
 * process.
 */
const DEBUGGER_SIGNAL = 'SIGUSR1';

/** The number of SIGPIPE, which Windows lacks. */
const SIGPIPE = 13;

/** Returns the exit status that shells give a program that a signal has ended. */
function statusOf(name: NodeJS.Signals): number {
  const { signals }: { signals: Partial<Record<NodeJS.Signals, number>> } = os.constants;
  return 128 + (signals[name] ?? SIGPIPE);
}

/** Why the work ends early. */
interface Ending {
  readonly status: number;
  /** A clause for people. */
  readonly why: string;
  readonly signal?: NodeJS.Signals;
}

/** Ends the work early: after a signal, or if the output cannot be written. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #heeded = SIGNALS.filter((name) => name !== 'SIGHUP' || !ignoresHangup());
  #ending: Ending | undefined;
  #hasCopied = false;
  /** The exit status of the work without an early end, once it is over. */
  #status: number | undefined;
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

  /** Makes a signal end the copies instead of the process. The same signal again ends the process. */
  heedSignals(): void {
    this.#hasCopied = true;
    for (const name of this.#heeded) {
      process.off(name, this.#obey).once(name, this.#obey);
    }
  }

  /** Restores the default effect of signals. */
  leaveSignals(): void {
    for (const name of this.#heeded) {
      process.off(name, this.#obey);
    }
  }

  /**
   * Ends the process after its clean-up: with a status, or by the signal that ended the work. A shell leaves its loop
   * only if a signal has ended the command.
   *
   * @param status the exit status if the work did not end early
   */
  conclude(status: number): void {
    this.#status = status;
    process.exitCode = status;
    if (this.#ending !== undefined) {
      this.#conclude(this.#ending);
    }
  }

  #conclude({ status, why, signal }: Ending): void {
    process.exitCode = status;
    const what = this.#status === 0 ? ', but everything was copied' : '; what was finished stays';
    standardError().write(`mapcp: ${why}${this.#hasCopied ? what : ''}\n`);
    // On Windows, other processes cannot see signals.
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
      // The last output may fail after the work.
      if (this.#status !== undefined) {
        this.#conclude(ending);
      }
    }
  }
}

/**
 * Whether the process was started to ignore SIGHUP, as by `nohup`. Then the end of its terminal must not end it.
 *
 * Node resets the signals that were ignored, before any of its code can see them. But there are other traces.
 */
function ignoresHangup(): boolean {
  // bash and zsh put the command that they start into the environment, and nohup leaves it there.
  return basename(process.env._ ?? '') === 'nohup' || hasNohupInput() || parentIgnoresHangup();
}

/** Whether standard input is /dev/null for writing only. Only GNU's nohup does that, in place of a terminal. */
function hasNohupInput(): boolean {
  try {
    const flags = Number.parseInt(field('/proc/self/fdinfo/0', 'flags'), 8);
    const isWriteOnly = (flags & (constants.O_WRONLY | constants.O_RDWR)) === constants.O_WRONLY;
    return isWriteOnly && realpathSync('/proc/self/fd/0') === '/dev/null';
  } catch {
    return false;
  }
}

/** Whether the parent ignores SIGHUP, as a script does that nohup runs. Its children inherit that. */
function parentIgnoresHangup(): boolean {
  try {
    // Bit 0 is signal 1, which is SIGHUP.
    return (Number.parseInt(field(`/proc/${process.ppid}/status`, 'SigIgn').slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
}

/** Returns the value of a line `name: value` in a file of procfs; an empty text if there is none. */
function field(path: string, name: string): string {
  return new RegExp(`^${name}:\\s*(\\w+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? '';
}
