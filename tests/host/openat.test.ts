// The walker that calls openat(2), in what differs from procfs.

import { describe, expect, it } from 'vitest';
import { openatWalker } from '../../ts/host/walker-openat.js';
import { outcome, sandbox } from './helpers.js';

describe.skipIf(process.platform === 'win32')('through openat,', () => {
  it('a directory exists even if the system has no path of it, because procfs is missing', () => {
    const { root } = sandbox({ ...openatWalker(), shared: () => '/proc/missing' });
    expect(outcome(() => root.createDirectoryAt('.'))).toBe('exist');
  });
});
