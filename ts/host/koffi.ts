// koffi, an npm package that calls functions of the system. mapcp does not depend on it: a walker that needs it is used
// only if it is installed beside mapcp.

import { createRequire } from 'node:module';
import { isError } from '../common/check.js';
import { nodeCode } from './error-code.js';
import { hasPermissionModel } from './permission.js';
import { isBun, isDeno } from './runtime.js';

/** The oldest major version that works. */
const OLDEST = 3;

/** A function of a library. Its arguments and result are as its prototype says. */
export type Native<Result = number> = (...args: unknown[]) => Result;

/** The functions of koffi that mapcp uses. */
export interface Koffi {
  readonly version: string;
  /** Opens a library; null for what is already in the process. */
  load(path: string | null): { func(prototype: string): Native<never> };
  /** Returns the errno of the last call. */
  errno(): number;
  /** Returns the address of bytes. */
  address(bytes: Uint8Array): bigint;
}

/** koffi cannot be used. The message is a clause that says why, and what to do. */
export class NoKoffiError extends Error {
  /** What to do; undefined if nothing helps. */
  readonly remedy: string | undefined;

  /**
   * @param why why it cannot be used
   * @param remedy see {@link NoKoffiError.remedy}
   */
  constructor(why: string, remedy?: string) {
    super(remedy === undefined ? why : `${why}: ${remedy}`);
    this.remedy = remedy;
  }
}

/** Whether mapcp knows the structures that systems have on this processor. */
export const isKnownProcessor = (): boolean => process.arch === 'x64' || process.arch === 'arm64';

/** Returns the error for a system whose structures mapcp does not know. */
export function unknownSystem(platform: string): NoKoffiError {
  return new NoKoffiError(`mapcp cannot use koffi on ${platform} with ${process.arch}`);
}

/**
 * Loads koffi, which takes some milliseconds at the first call. Throws a {@link NoKoffiError} if it is missing, too old
 * or broken.
 */
export function loadKoffi(): Koffi {
  if (hasPermissionModel()) {
    throw new NoKoffiError("koffi is not used, because its calls would bypass Node's permission model");
  }
  if (isBun || isDeno) {
    throw new NoKoffiError('koffi is used in Node only');
  }
  const koffi = requireKoffi();
  if (!(Number.parseInt(koffi.version, 10) >= OLDEST)) {
    throw new NoKoffiError(`koffi ${koffi.version} is too old`, `run 'npm install koffi@${OLDEST}'`);
  }
  return koffi;
}

/** Finds koffi from this module, so that bundlers leave it out. */
function requireKoffi(): Koffi {
  // Undefined in CommonJS bundles, despite its type.
  const url: string | undefined = import.meta.url;
  if (url === undefined) {
    throw new NoKoffiError('only an ES module can find koffi, and this bundle is not one');
  }
  try {
    return createRequire(url)('koffi');
  } catch (error) {
    throw nodeCode(error) === 'MODULE_NOT_FOUND'
      ? new NoKoffiError(
          'koffi is not installed',
          "run 'npm install koffi', or 'npm install --global koffi' for a global mapcp",
        )
      : broken(error);
  }
}

/** Returns the error for a koffi that does not work, for this reason. */
export function broken(error: unknown): NoKoffiError {
  const [reason] = (isError(error) ? error.message : String(error)).split('\n');
  return new NoKoffiError(`koffi does not work here (${reason})`, "run 'npm install koffi' again");
}
