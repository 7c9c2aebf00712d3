// overlayfs, as in containers: a directory of a lower layer cannot be renamed.

import { readdirSync } from 'node:fs';
import type { CopyOptions } from 'mapcp';
import { expect, it } from 'vitest';
import { inWasmtime } from '../behaviour/frontends.js';
import { look } from '../behaviour/tree.js';
import { onFileSystem } from './file-system.js';
import { overlay } from './mounts.js';

const REPLACE: CopyOptions = { recursive: true, atomic: 'tree', overwrite: 'always' };

onFileSystem('overlayfs', overlay({ 'site/f': 'old' }), ({ frontend, at, put, copy }) => {
  it('an atomic copy that must replace a directory of a lower layer fails, says why, and changes nothing', async () => {
    put.file('in/a/f', 'new');
    const { error } = await copy('in/a', 'out/site', REPLACE);
    expect(error?.message).toMatch(
      frontend === inWasmtime
        ? // wasmtime has no better code for it.
          /cannot rename 'out\/site': input\/output error$/
        : /cannot rename 'out\/site': its file system cannot rename this directory, as overlayfs cannot .*; remove it first, /,
    );
    expect(look(at('out'))).toMatchObject({ 'site/f': { content: 'old' } });
    expect(readdirSync(at('out'))).toEqual(['site']);
  });

  it('an atomic copy replaces a directory that was made in the upper layer', async () => {
    put.file('in/b/f', 'new');
    put.file('out/made/f', 'old');
    expect((await copy('in/b', 'out/made', REPLACE)).error).toBe(undefined);
    expect(look(at('out/made'))).toMatchObject({ f: { content: 'new' } });
  });
});
