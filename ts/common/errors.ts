import type { Operation as ComponentOperation } from '#bindings/interfaces/mapcp-copy-copier.js';

/**
 * The operation that failed: a verb, such as `open` or `write`.
 *
 * The type `operation` in wit/copier.wit says what each is in POSIX. Two more do not come from the component:
 * `set-permissions`, which is `fchmod` in our host, and `divide`, which starts threads.
 */
export type Operation = ComponentOperation | 'set-permissions' | 'divide';

/** Why a Blob, or a file of a browser, cannot be read. Systems say only that it cannot. */
export const UNREADABLE = 'the file has probably changed, or is gone';

/** The parts of a {@link CopyError}. Its properties have the same names and meanings. */
export interface CopyErrorDetails
  extends Pick<CopyError, 'code' | 'operation' | 'path' | 'source' | 'target' | 'reason'> {
  /**
   * Whether the entry was copied, but without something that the options ask for. Then the error is a warning.
   *
   * @default false
   */
  readonly isCopied?: boolean;
  /** The path of the temporary file, if it could not be removed; otherwise undefined. */
  readonly leftover?: string | undefined;
  /** The name in the same directory that the entry's name collides with; otherwise undefined. */
  readonly sibling?: string | undefined;
  /**
   * See {@link CopyError.listed}.
   *
   * @internal
   */
  readonly listed?: Uint8Array | undefined;
  /** What was copied before the error. */
  readonly report?: CopyReport | undefined;
}

/**
 * A copy that failed. The old target stays, and no temporary file is left, unless `leftover` names one.
 *
 * Its message is a sentence that says what failed, on which path, and why. Control characters in it are escaped, such
 * as `\x1b`, and a path of more than 512 characters is shortened; the properties have it whole. Paths are the
 * caller's: host paths in errors of `copy`, guest paths in those of a sandbox. In a path, a byte that is not UTF-8 is
 * shown as an escape such as `\xff`. So `a\xff` can also be a name with a real backslash. If the name is not UTF-8,
 * `code` is `EILSEQ`.
 */
export class CopyError extends Error {
  /** The POSIX name of the error, such as `ENOENT`, or a name of our own, such as `ERR_MAPCP_SOURCE_CHANGED`. */
  readonly code: string;
  /** The operation that failed. */
  readonly operation: Operation;
  /** The path that the operation failed on. */
  readonly path: string;
  /** The entry that was being copied. */
  readonly source: string;
  /** The path that it was being copied to. */
  readonly target: string;
  /** Why it failed, as a clause without a path. */
  readonly reason: string;
  /** The path of the temporary file, if it could not be removed; otherwise undefined. */
  readonly leftover: string | undefined;
  /**
   * The name in the same directory that the entry's name collides with, if `code` is `ERR_MAPCP_NAME_NOT_PORTABLE`
   * because of it; otherwise undefined.
   */
  readonly sibling: string | undefined;
  /**
   * The path as the list has it, if it is not UTF-8; otherwise undefined. Only the command's lists can have such paths.
   *
   * @internal
   */
  declare readonly listed?: Uint8Array;
  /** What was copied before the error, with the warnings until then; undefined in the errors of a report. */
  readonly report: CopyReport | undefined;

  /**
   * @param details what failed
   * @param options the original error as `cause`, if there is one
   */
  constructor(details: CopyErrorDetails, options?: { readonly cause?: unknown }) {
    super(sentence(details), options);
    this.name = 'CopyError';
    this.code = details.code;
    this.operation = details.operation;
    this.path = details.path;
    this.source = details.source;
    this.target = details.target;
    this.reason = details.reason;
    this.leftover = details.leftover;
    this.sibling = details.sibling;
    this.report = details.report;
    if (details.listed?.length) {
      this.listed = details.listed;
    }
  }

  /** Returns the message and all properties, for `JSON.stringify`. */
  toJSON(): object {
    return { ...this, message: this.message };
  }
}

/** The result of a copy. */
export interface CopyReport {
  /** Bytes of the copied files. */
  readonly bytes: number;
  /** Files and links copied. */
  readonly files: number;
  /** Directories copied. */
  readonly directories: number;
  /** Entries left out by a pattern, by `overwrite`, or by `symlinks: 'skip'`. */
  readonly skipped: number;
  /**
   * The first 100 warnings: FIFOs, sockets and devices in a tree, which are left out; copies that lack their source's
   * times or permissions; patterns that begin with a path of the source; threads that could not be started. If the file
   * system refused permissions, one warning names the first file and says how many others there are. `onWarning` gets
   * all warnings.
   */
  readonly warnings: readonly CopyError[];
  /** How many warnings there were. */
  readonly warningCount: number;
  /** With `keepGoing`, the first 100 errors. `onError` gets all errors. */
  readonly errors: readonly CopyError[];
  /** How many entries could not be copied. */
  readonly errorCount: number;
  /** The time from the call to the end, in milliseconds. */
  readonly milliseconds: number;
}

/** The parts of a {@link CleanError}. Its properties have the same names and meanings. */
export interface CleanErrorDetails extends Pick<CleanError, 'code' | 'operation' | 'path' | 'reason'> {
  /**
   * How many files were removed.
   *
   * @default 0
   */
  readonly removed?: number;
  /**
   * The first 100 errors.
   *
   * @default []
   */
  readonly errors?: readonly CleanError[];
}

/**
 * An error of cleaning: a file could not be removed, or a directory could not be listed. Everything else was cleaned.
 * The message is a sentence about the first error.
 */
export class CleanError extends Error {
  /** The POSIX name of the error, such as `EACCES`. */
  readonly code: string;
  /** The operation that failed. */
  readonly operation: Operation;
  /** The path that the operation failed on. */
  readonly path: string;
  /** Why it failed, as a clause without a path. */
  readonly reason: string;
  /** How many files were removed; in a dry run, how many would be. */
  readonly removed: number;
  /** The first 100 errors, including this one. Empty in these errors themselves, and if cleaning could not start. */
  readonly errors: readonly CleanError[];

  /**
   * @param details what failed
   * @param options the original error as `cause`, if there is one
   */
  constructor(
    { code, operation, path, reason, removed = 0, errors = [] }: CleanErrorDetails,
    options?: { readonly cause?: unknown },
  ) {
    super(`cannot ${verbOf(operation)} ${shortened(path)}: ${reason}`, options);
    this.name = 'CleanError';
    this.code = code;
    this.operation = operation;
    this.path = path;
    this.reason = reason;
    this.removed = removed;
    this.errors = errors;
  }

  /** Returns the message and all properties, for `JSON.stringify`. */
  toJSON(): object {
    return { ...this, message: this.message };
  }
}

function sentence(details: CopyErrorDetails): string {
  const { source, target, operation, path, reason, isCopied, leftover, sibling } = details;
  const entry = `${shortened(source)} to ${shortened(target)}`;
  const beginning = isCopied ? `copied ${entry}, but` : `cannot copy ${entry}:`;
  const other = sibling === undefined ? '' : `; the other one is ${shortened(sibling)}`;
  const end = leftover === undefined ? '' : `; remove what is left: ${quoted(leftover)}`;
  return `${beginning} cannot ${verbOf(operation)} ${shortened(path)}: ${reason}${other}${end}`;
}

/** Verbs for the operations whose names read badly in a sentence. */
const verbs: Partial<Record<Operation, string>> = {
  accept: 'use',
  'set-permissions': 'set the permissions of',
  'set-times': 'set the times of',
};

function verbOf(operation: Operation): string {
  return verbs[operation] ?? operation;
}

/**
 * Returns a path in quotes for a message; see {@link escaped}.
 *
 * @param path any path
 */
export function quoted(path: string): string {
  return `'${escaped(path)}'`;
}

// A longer path is shortened in messages; c-src/component/cli/text.c has the same numbers of characters.
const LONGEST = 512;
const SHOWN = 250;

/**
 * Returns a path in quotes for a message about an error. Of a very long path, only the beginning and the end.
 *
 * @param path any path
 */
export function shortened(path: string): string {
  const characters = path.length > LONGEST ? [...path] : [];
  const isLong = characters.length > LONGEST;
  const [start, end] = [characters.slice(0, SHOWN), characters.slice(-SHOWN)];
  return quoted(isLong ? `${start.join('')}…${end.join('')}` : path);
}

/**
 * Returns text with escapes for characters that could change how a message looks: control characters, characters that
 * end a line or a paragraph, and characters that change the direction of writing. So no name in a message can break the
 * line, control a terminal or reverse the text.
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

/** Says that `what` has no room in the address space. */
export const lacksAddressSpace = (what: string): string => `there is too little address space for ${what}`;

/** What helps in Node then. */
export const addressSpaceAdvice =
  'raise the limit (ulimit -v), or set NODE_OPTIONS=--disable-wasm-trap-handler';
