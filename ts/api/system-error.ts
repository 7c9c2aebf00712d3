import { getSystemErrorMap } from 'node:util';
import { isError } from '../common/check.js';

/** The engine's words (c-src/engine/error.c) for errors that Node words differently. */
const reasons: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files; raise the limit (ulimit -n), or use fewer jobs at a time',
  EIO: 'input/output error',
  ELOOP: 'too many symbolic links, or a loop of them',
  ENAMETOOLONG: 'the name or the path is too long',
};

/** An error of Node's `fs`. */
export type SystemError = NodeJS.ErrnoException & { readonly code: string };

/**
 * Whether an error came from a system call.
 *
 * @param error anything that was thrown
 */
export function isSystemError(error: unknown): error is SystemError {
  return isError(error) && typeof (error as NodeJS.ErrnoException).code === 'string';
}

/**
 * Returns why a system call failed, as a clause without a path, such as "no such file or directory".
 *
 * @param error an error of Node's `fs`
 */
export function reasonOf(error: SystemError): string {
  const byNumber = getSystemErrorMap().get(error.errno ?? 0)?.[1];
  return reasons[error.code] ?? byNumber ?? reasonByName(error.code) ?? error.message;
}

/** Returns Node's words for a code; undefined if it has none. */
function reasonByName(code: string): string | undefined {
  return [...getSystemErrorMap().values()].find(([name]) => name === code)?.[1];
}

/**
 * Returns the same for an error of which only the code is known.
 *
 * @param code such as `EPERM`
 */
export function reasonOfCode(code: string): string {
  if (code === 'ERR_ACCESS_DENIED') {
    return "Node's permission model denies it";
  }
  return reasons[code] ?? reasonByName(code) ?? code;
}
