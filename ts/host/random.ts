// wasi:random. All numbers come from the system's generator, because a weaker one would save nothing.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { HostInterface } from './border.js';
import { lowerRandom } from './lowering/io.js';
import { endComponent } from './trap.js';
import type { wasi } from './wasi.js';

/**
 * Maximum number of bytes that one call returns, unless it writes them into the component's own memory. A call for more
 * ends the component, because WASI does not allow a shorter answer.
 */
const MOST = 1n << 24n;

/** Bytes made in advance, because asking the system for eight takes as long as for some thousand. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** The device number of Linux's random device. */
const RANDOM_DEVICE = 0x109;

/** Maximum number of bytes that Web Crypto returns at once. */
const MOST_FROM_CRYPTO = 65_536;

/** Fills `bytes` from Linux's random device. Returns false if there is none. */
function fillFromDevice(bytes: Uint8Array): boolean {
  let device: number | undefined;
  try {
    device = openSync('/dev/urandom', 'r');
    const status = fstatSync(device);
    if (!status.isCharacterDevice() || status.rdev !== RANDOM_DEVICE) {
      return false;
    }
    for (let done = 0; done < bytes.length; ) {
      done += readSync(device, bytes, done, bytes.length - done, null);
    }
    return true;
  } catch {
    return false;
  } finally {
    if (device !== undefined) {
      closeSync(device);
    }
  }
}

/** Fills `bytes`. Avoids node:crypto if it can, because loading that takes a twentieth of the time of a small copy. */
function fillFromSystem(bytes: Uint8Array): void {
  if (!fillFromDevice(bytes)) {
    for (let start = 0; start < bytes.length; start += MOST_FROM_CRYPTO) {
      crypto.getRandomValues(bytes.subarray(start, start + MOST_FROM_CRYPTO));
    }
  }
}

/** Fills `bytes` with random numbers. */
export function fillRandom(bytes: Uint8Array): void {
  const count = bytes.length;
  if (count > pool.length / 16) {
    fillFromSystem(bytes);
    return;
  }
  if (used + count > pool.length) {
    fillFromSystem(pool);
    used = 0;
  }
  bytes.set(pool.subarray(used, used + count));
  // Bytes that were given out are not kept.
  pool.fill(0, used, used + count);
  used += count;
}

function bytes(length: bigint): Uint8Array {
  if (length > MOST) {
    endComponent(`the component asks for ${length} random bytes at once; the maximum is ${MOST}`);
  }
  const made = Buffer.alloc(Number(length));
  fillRandom(made);
  return made;
}

const u64 = (): bigint => Buffer.from(bytes(8n)).readBigUInt64LE();

/** wasi:random. */
type Random = {
  readonly [N in Extract<keyof typeof wasi, `wasi:random/${string}`>]: HostInterface<(typeof wasi)[N]>;
};

/** Makes wasi:random. */
export function createRandom(): Random {
  return {
    'wasi:random/random': {
      functions: { 'get-random-bytes': bytes, 'get-random-u64': u64 },
      lowered: lowerRandom(fillRandom),
    },
    'wasi:random/insecure': {
      functions: { 'get-insecure-random-bytes': bytes, 'get-insecure-random-u64': u64 },
    },
    'wasi:random/insecure-seed': { functions: { 'insecure-seed': () => [u64(), u64()] } },
  };
}
