// Errors as WASI preview 1 numbers them: the only place that converts an error to an errno.

import type { ErrorCode } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { errorCode, nodeCode } from '../error-code.js';

/** The errno of each error-code of WASI 0.2. */
const byErrorCode: Readonly<Record<ErrorCode, number>> = {
  access: 2,
  'would-block': 6,
  already: 7,
  'bad-descriptor': 8,
  busy: 10,
  deadlock: 16,
  quota: 19,
  exist: 20,
  'file-too-large': 22,
  'illegal-byte-sequence': 25,
  'in-progress': 26,
  interrupted: 27,
  invalid: 28,
  io: 29,
  'is-directory': 31,
  loop: 32,
  'too-many-links': 34,
  'message-size': 35,
  'name-too-long': 37,
  'no-device': 43,
  'no-entry': 44,
  'no-lock': 46,
  'insufficient-memory': 48,
  'insufficient-space': 51,
  'not-directory': 54,
  'not-empty': 55,
  'not-recoverable': 56,
  unsupported: 58,
  'no-tty': 59,
  'no-such-device': 60,
  overflow: 61,
  'not-permitted': 63,
  pipe: 64,
  'read-only': 69,
  'invalid-seek': 70,
  'text-file-busy': 74,
  'cross-device': 75,
};

/** The errno of errors of the system that have no error-code of their own. */
const byNodeCode: Readonly<Record<string, number>> = {
  EMFILE: 33,
  ENFILE: 41,
  ENOTSOCK: 57,
  ESTALE: 72,
};

/**
 * Returns the errno for what was thrown. A fault of the host, or of a function of the caller, has none: it ends the
 * program, so that the caller gets it.
 */
export function errnoOf(error: unknown): number {
  const code = byErrorCode[errorCode(error)];
  return byNodeCode[nodeCode(error) ?? ''] ?? code;
}
