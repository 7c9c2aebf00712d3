// The walker of Linux: procfs, and koffi once it has opened many files.

import { NoKoffiError } from './koffi.js';
import type { Walker } from './walker.js';

/**
 * How many files are opened through procfs before koffi is loaded. Loading it takes about as long as it saves for that many
 * files; docs/environments.md has the figures. So small copies never load it, and no copy takes much longer than with the
 * better of the two from the start.
 */
export const MANY = 2000;

/**
 * Makes a walker that is `procfs` until it has opened many files. Then the calls that a copy makes for each file go
 * through the walker that `load` returns, which is as strict. If `load` throws a `NoKoffiError`, procfs stays.
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
      const { open, enter, look, rename, link, removeFile } = loaded() ?? procfs;
      Object.assign(walker, { open, enter, look, rename, link, removeFile });
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
