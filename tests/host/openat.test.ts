// The walker that calls openat(2), in what differs from procfs.

import * as koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import type { Native } from '../../ts/host/koffi.js';
import { openatWalker } from '../../ts/host/walker-openat.js';
import { outcome, sandbox } from './helpers.js';

const EINTR = 4;

/** koffi, but a signal interrupts each close that succeeds. */
function interrupted() {
  const library = koffi.load(null);
  let isInterrupted = false;
  return {
    version: koffi.version,
    errno: () => (isInterrupted ? EINTR : koffi.errno()),
    address: (bytes: Uint8Array) => koffi.address(bytes),
    load: () => ({
      func(prototype: string) {
        const act: Native = library.func(prototype);
        const replaced: Native = (...args) => {
          const result = act(...args);
          isInterrupted = prototype.startsWith('int close(') && result === 0;
          return isInterrupted ? -1 : result;
        };
        return replaced as Native<never>;
      },
    }),
  };
}

describe.skipIf(process.platform === 'win32')('through openat,', () => {
  it('a close that a signal interrupts is no error', () => {
    const { root } = sandbox(openatWalker(process.platform, interrupted));
    const file = root.openAt({}, 'file', { create: true, exclusive: true }, { write: true });
    file.write(Buffer.from('content'), 0n);
    (file as object as Disposable)[Symbol.dispose]();
    expect(outcome(() => root.renameAt('file', root, 'target'))).toBe('ok');
  });

  it('a directory exists even if the system has no path of it, because procfs is missing', () => {
    const { root } = sandbox({ ...openatWalker(), shared: () => '/proc/missing' });
    expect(outcome(() => root.createDirectoryAt('.'))).toBe('exist');
  });
});
