// Random bytes if the system has no device for them, as on Windows, or another file is in its place.

import type * as fs from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../ts/host/random.js';

const device = vi.hoisted(() => ({ path: '' }));

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>();
  const openSync = (path: string, flags: string) =>
    actual.openSync(path === '/dev/urandom' ? device.path : path, flags);
  return { ...actual, openSync };
});

describe.each([
  ['is missing', '/no/such/device'],
  ['is a file', 'package.json'],
  ['is another device', '/dev/zero'],
])('if /dev/urandom %s, random bytes', (_, path) => {
  it.each([1n, 3000n, 200_000n])('are complete and differ each time: %d', (length) => {
    device.path = path;
    const getRandomBytes = createRandom()['wasi:random/random'].functions['get-random-bytes'];
    const [one, other] = [getRandomBytes(length + 16n), getRandomBytes(length + 16n)];
    expect([one.length, other.length]).toEqual([Number(length) + 16, Number(length) + 16]);
    expect(one).not.toEqual(other);
    // A single system call may not reach the end.
    expect(one.slice(-16)).not.toEqual(new Uint8Array(16));
    expect(one.slice(-16)).not.toEqual(other.slice(-16));
  });
});
