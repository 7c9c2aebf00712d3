// wasi:random, all of it from the system's generator: there is no reason to have a worse one.

import { randomBytes } from 'node:crypto';
import type { WasiInterfaces } from './imports.js';

/** As many bytes as one call gives. Fewer than asked for is no answer that WASI knows, so more ends the component. */
const MOST = 1n << 24n;

function bytes(length: bigint): Uint8Array {
  if (length > MOST) {
    throw new Error(`at most ${MOST} random bytes can be had at once`);
  }
  return randomBytes(Number(length));
}

const u64 = (): bigint => randomBytes(8).readBigUInt64LE();

/** Makes wasi:random. */
export function createRandom(): Pick<
  WasiInterfaces,
  'wasi:random/random' | 'wasi:random/insecure' | 'wasi:random/insecure-seed'
> {
  return {
    'wasi:random/random': { getRandomBytes: bytes, getRandomU64: u64 },
    'wasi:random/insecure': { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    'wasi:random/insecure-seed': { insecureSeed: (): [bigint, bigint] => [u64(), u64()] },
  };
}
