// wasi:random, all of it from the system's generator: there is no reason to have a worse one.

import { randomBytes, randomFillSync } from 'node:crypto';
import type { WasiInterfaces } from './imports.js';
import { lowerRandom } from './lowering.js';
import { endComponent } from './trap.js';

/** As many bytes as one call gives. Fewer than asked for is no answer that WASI knows, so more ends the component. */
const MOST = 1n << 24n;

/** Bytes made in advance, since asking the system for eight takes as long as for some thousand. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function bytes(length: bigint): Uint8Array {
  if (length > MOST) {
    endComponent(`at most ${MOST} random bytes can be had at once`);
  }
  const count = Number(length);
  if (count > pool.length / 16) {
    return randomBytes(count);
  }
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const taken = Uint8Array.from(pool.subarray(used, used + count));
  // What has been given out is not kept.
  pool.fill(0, used, used + count);
  used += count;
  return taken;
}

const u64 = (): bigint => randomBytes(8).readBigUInt64LE();

/** Makes wasi:random. */
export function createRandom(): Pick<
  WasiInterfaces,
  'wasi:random/random' | 'wasi:random/insecure' | 'wasi:random/insecure-seed'
> {
  const random = { getRandomBytes: (length: bigint) => bytes(length), getRandomU64: u64 };
  lowerRandom(random, bytes);
  return {
    'wasi:random/random': random,
    'wasi:random/insecure': { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    'wasi:random/insecure-seed': { insecureSeed: (): [bigint, bigint] => [u64(), u64()] },
  };
}
