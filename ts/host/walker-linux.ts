// The walker of Linux: procfs, and for many files koffi.

import { NoKoffiError } from './koffi.js';
import type { Walker } from './walker.js';

/**
 * How many files are opened through procfs before koffi is loaded. Loading it takes about as long as it saves for so many
 * files; docs/environments.md has the figures. So no copy takes much longer than by the better way, and small copies never
 * load it.
 */
export const MANY = 4000;

/**
 * Makes a walker that is `procfs` until it has opened many files. Then the calls that each file takes go through the
 * walker that `load` returns, which is as strict. If `load` throws a `NoKoffiError`, procfs stays.
 */
export function fasterWalker(procfs: Walker, load: () => Walker): Walker {
  let opened = 0;
  const walker: Walker = {
    ...procfs,
    open(...given) {
      opened += 1;
      if (opened < MANY) {
        return procfs.open(...given);
      }
      const { open, enter, rename, link, removeFile } = loaded() ?? procfs;
      Object.assign(walker, { open, enter, rename, link, removeFile });
      return open(...given);
    },
  };
  const loaded = (): Walker | undefined => {
    try {
      return load();
    } catch (error) {
      if (error instanceof NoKoffiError) {
        return undefined;
      }
      throw error;
    }
  };
  return walker;
}
