// Setting the times of files. Node takes a time as a double, so it sets most times a little earlier than asked for.
// Programs that set a time and compare it later would fail, so a host reports the time that was asked for.

import type {
  MetadataHashValue,
  NewTimestamp,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { NANOSECONDS } from './datetime.js';
import { fail } from './error-code.js';
import { isBun, isDeno } from './runtime.js';
import type { Status, Times } from './status.js';
import { identity, isSameFile } from './status.js';

/** Maximum number of files whose times a host remembers: a component must not decide how much memory that takes. */
const MOST_FILES = 4096;

/** The greatest number of seconds for Node. Some releases set another time for a greater one. */
const MOST_SECONDS = 2n ** 53n;

/** A time to set. */
export interface NewTime {
  /** What Node gets for it. */
  readonly passed: number | Date;
  /** The time itself, in nanoseconds since 1970, for system calls that can set it. */
  readonly exact: bigint;
}

/** A time to set, and what Node makes of it. */
interface NodeTime extends NewTime {
  /** The time that Node sets for it, unless the file system changes that. Undefined for the present. */
  readonly real?: bigint;
}

/** The times of a file that a component set. */
interface Remembered {
  readonly file: MetadataHashValue;
  readonly accessed: NodeTime;
  readonly modified: NodeTime;
}

/**
 * Converts a new timestamp to that time, or the last one before it that Node can set. `current` is in nanoseconds since
 * 1970. Fails with `invalid` if the time is too late for Node.
 */
function nodeTime(wanted: NewTimestamp, current: bigint): NodeTime {
  if (wanted.tag === 'now') {
    const milliseconds = Date.now();
    return { passed: milliseconds / 1000, exact: BigInt(milliseconds) * 1_000_000n };
  }
  if (wanted.tag === 'timestamp' && wanted.val.seconds > MOST_SECONDS) {
    fail('invalid');
  }
  const exact =
    wanted.tag === 'no-change' ? current : wanted.val.seconds * NANOSECONDS + BigInt(wanted.val.nanoseconds);
  if (isDeno) {
    // Deno cuts to milliseconds, so a double that is a little too small would lose one.
    const milliseconds = exact / 1_000_000n;
    return { exact, passed: Number(milliseconds) / 1000 + 0.0005, real: milliseconds * 1_000_000n };
  }
  if (exact < 0n) {
    // Node sets the present time for a number before 1970, but not for a date.
    const milliseconds = (exact - 999_999n) / 1_000_000n;
    return { exact, passed: new Date(Number(milliseconds)), real: milliseconds * 1_000_000n };
  }
  const seconds = Number(exact / NANOSECONDS);
  const rest = Number(exact % NANOSECONDS);
  const passed = keepsNanoseconds ? lastDouble(seconds, rest) : firstDouble(seconds, rest - (rest % 1000));
  const set = keepsNanoseconds ? Math.floor((passed - seconds) * 1e9) : rest - (rest % 1000);
  return { exact, passed, real: exact - BigInt(rest - set) };
}

/**
 * Node takes seconds as a double. Up to libuv 1.51, which Node 20 and 22 have, it keeps the whole microseconds, rounded
 * down. Later ones and Bun keep the whole nanoseconds, so a double that is right for the former can be too late for the
 * latter.
 */
const keepsNanoseconds = isBun || isFrom152(process.versions.uv);

function isFrom152(version = '0.0'): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 52);
}

/** The first double that is not before a time of whole microseconds. It is less than a microsecond later. */
function firstDouble(seconds: number, nanoseconds: number): number {
  const time = seconds + nanoseconds / 1e9;
  const isBefore = (time - seconds) * 1e9 < nanoseconds;
  return isBefore ? time + 2 ** (Math.floor(Math.log2(time)) - 52) : time;
}

/**
 * The last double whose whole nanoseconds are not after a time. The engine knows the times that result from it, by
 * `as_node_sets` in c-src/engine/times.c: a copy with one of them is as old as its source.
 *
 * No part of a second is shorter than 2 ** -23, although doubles before 1987 have shorter ones: so no product is rounded.
 */
function lastDouble(seconds: number, nanoseconds: number): number {
  const parts = 2 ** Math.min(23, 52 - Math.floor(Math.log2(Math.max(seconds, 1))));
  return seconds + Math.floor(((nanoseconds + 1) * parts - 1) / 1e9) / parts;
}

/** The times that the components of a host set. */
export class SetTimes {
  readonly #files = new Map<bigint, Remembered>();

  /**
   * Calls `set` with the times that a guest asked for, unless both stay.
   *
   * Node cannot set every time. What it sets is less than a microsecond earlier, before 1970 and in Deno less than a
   * millisecond, and never later. If one time stays and the other changes, that also applies to the one that stays.
   *
   * @param status returns the file's status; called if one time stays
   * @param file returns which file it is; called if Node cannot set a time exactly
   */
  set(
    accessed: NewTimestamp,
    modified: NewTimestamp,
    status: () => Status,
    file: () => MetadataHashValue,
    set: (accessed: NewTime, modified: NewTime) => void,
  ): void {
    const stays = [accessed, modified].filter(({ tag }) => tag === 'no-change').length;
    if (stays === 2) {
      return;
    }
    const current = stays === 0 ? undefined : this.asSet(status());
    const times = {
      accessed: nodeTime(accessed, current?.accessed ?? 0n),
      modified: nodeTime(modified, current?.modified ?? 0n),
    };
    set(times.accessed, times.modified);
    if (isRounded(times.accessed) || isRounded(times.modified)) {
      this.#remember({ file: file(), ...times });
    }
  }

  /**
   * Returns the times of a file. A time that a component set is the one that it asked for, if the file still has what
   * Node made of it.
   */
  asSet(status: Status): Times {
    const { atimeNs: accessed, mtimeNs: modified } = status;
    if (this.#files.size > 0) {
      const file = identity(status);
      const known = this.#files.get(file.lower);
      if (known !== undefined && isSameFile(known.file, file)) {
        return { accessed: askedFor(known.accessed, accessed), modified: askedFor(known.modified, modified) };
      }
    }
    return { accessed, modified };
  }

  /** Forgets all of them. */
  forget(): void {
    this.#files.clear();
  }

  #remember(times: Remembered): void {
    const { lower } = times.file;
    // The file that was set longest ago is forgotten first.
    this.#files.delete(lower);
    this.#files.set(lower, times);
    const [oldest] = this.#files.keys();
    if (this.#files.size > MOST_FILES && oldest !== undefined) {
      this.#files.delete(oldest);
    }
  }
}

const isRounded = ({ exact, real }: NodeTime): boolean => real !== undefined && real !== exact;

const askedFor = ({ exact, real }: NodeTime, found: bigint): bigint => (real === found ? exact : found);
