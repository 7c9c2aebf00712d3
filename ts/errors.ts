import type { Operation as ComponentOperation } from '#bindings/interfaces/mapcp-copy-copier.js';
import type { CopyReport } from './task.js';

/**
 * What was being done when a copy failed: a verb, such as `open` or `write`.
 *
 * They are those of `operation` in wit/copier.wit, which says what each is in POSIX, and two of which the component knows
 * nothing: `set-permissions`, which is `fchmod` and which our own host does, and `divide`, which is to start threads.
 */
export type Operation = ComponentOperation | 'set-permissions' | 'divide';

/** What a {@link CopyError} is made of; its properties have the same names and meanings. */
export interface CopyErrorDetails
  extends Pick<CopyError, 'code' | 'operation' | 'path' | 'source' | 'target' | 'reason'> {
  /** Whether the copy is there all the same, without something that was asked for. */
  readonly isCopied?: boolean;
  /** The temporary file, where it could not be removed after the failure. */
  readonly leftover?: string | undefined;
  /** What was done before it failed. */
  readonly report?: CopyReport | undefined;
}

/**
 * A copy that failed. The target is as it was before, and nothing is left of the attempt.
 *
 * Its message is a sentence: what failed, on which path, and why. All paths are such as the caller knows them: host
 * paths from `copy`, guest paths from a sandbox.
 */
export class CopyError extends Error {
  /** The POSIX name of the failure, such as `ENOENT`, or a name of our own, such as `ERR_MAPCP_SOURCE_CHANGED`. */
  readonly code: string;
  /** What was being done. */
  readonly operation: Operation;
  /** The path that the operation failed on. */
  readonly path: string;
  /** The file that was being copied. */
  readonly source: string;
  /** The path that it was being copied to. */
  readonly target: string;
  /** Why, as a clause without a path. */
  readonly reason: string;
  /** The temporary file, where it could not be removed after the failure. */
  readonly leftover: string | undefined;
  /** What was done before it failed, with the warnings until then; none in the errors of a report. */
  readonly report: CopyReport | undefined;

  /**
   * @param details what failed
   * @param options the error behind it, as `cause`
   */
  constructor(details: CopyErrorDetails, options?: ErrorOptions) {
    super(sentence(details), options);
    this.name = 'CopyError';
    this.code = details.code;
    this.operation = details.operation;
    this.path = details.path;
    this.source = details.source;
    this.target = details.target;
    this.reason = details.reason;
    this.leftover = details.leftover;
    this.report = details.report;
  }
}

/** What a {@link CleanError} is made of; its properties have the same names and meanings. */
export interface CleanErrorDetails extends Pick<CleanError, 'code' | 'operation' | 'path' | 'reason'> {
  /** How many files were removed. */
  readonly removed?: number;
  /** The first 100 failures. */
  readonly failures?: readonly CleanError[];
}

/**
 * Cleaning that failed: what could not be removed, or not be listed. All else was cleaned. Its message is a sentence about
 * the first failure.
 */
export class CleanError extends Error {
  /** The POSIX name of the failure, such as `EACCES`. */
  readonly code: string;
  /** What was being done. */
  readonly operation: Operation;
  /** The path that the operation failed on. */
  readonly path: string;
  /** Why, as a clause without a path. */
  readonly reason: string;
  /** How many files were removed in spite of it; in a dry run, would be. */
  readonly removed: number;
  /** The first 100 failures, this one too; none in these errors themselves, and if nothing could be cleaned. */
  readonly failures: readonly CleanError[];

  /**
   * @param details what failed
   * @param options the error behind it, as `cause`
   */
  constructor(
    { code, operation, path, reason, removed = 0, failures = [] }: CleanErrorDetails,
    options?: ErrorOptions,
  ) {
    super(`cannot ${verbOf(operation)} ${quoted(path)}: ${reason}`, options);
    this.name = 'CleanError';
    this.code = code;
    this.operation = operation;
    this.path = path;
    this.reason = reason;
    this.removed = removed;
    this.failures = failures;
  }
}

function sentence(details: CopyErrorDetails): string {
  const { source, target, operation, path, reason, isCopied, leftover } = details;
  const entry = `${quoted(source)} to ${quoted(target)}`;
  const beginning = isCopied ? `copied ${entry}, but` : `cannot copy ${entry}:`;
  const end = leftover === undefined ? '' : `; remove the temporary file ${quoted(leftover)}`;
  return `${beginning} cannot ${verbOf(operation)} ${quoted(path)}: ${reason}${end}`;
}

/** The operations whose names are no verbs for people. */
const verbs: Partial<Record<Operation, string>> = {
  accept: 'use',
  'set-permissions': 'set the permissions of',
  'set-times': 'set the times of',
};

function verbOf(operation: Operation): string {
  return verbs[operation] ?? operation;
}

/**
 * A path in quotes for a message; see {@link escaped}.
 *
 * @param path any path
 */
export function quoted(path: string): string {
  return `'${escaped(path)}'`;
}

/**
 * Text with escapes for what would make a message another one to who reads it: a message is one line, does nothing to a
 * terminal, and reads in one direction, whatever the names in it. These are control characters, those that end a line or
 * a paragraph, and those that turn the direction of what follows.
 *
 * @param text any text
 */
export function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0);
    return character === '\n'
      ? '\\n'
      : code < 0x100
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
