// jco's default bindings, which pass lists, instantiated synchronously or asynchronously.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpile } from '@bytecodealliance/jco';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { toComponent } from '../../ts/common/options.js';
import type { HostOptions } from '../../ts/host/host-options.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';
import { built } from '../helpers/runtimes.js';
import { hostWith, walkers } from './helpers.js';

// Node's types do not declare it.
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

const [[, walker]] = walkers as [(typeof walkers)[number]];

describe.each(['async', 'sync'] as const)('bindings that are instantiated %s', (instantiation) => {
  const place = mkdtempSync(join(built('tests'), 'bindings-'));
  afterAll(() => rmSync(place, { recursive: true }));

  beforeAll(async () => {
    const { files } = await transpile(readFileSync(built('mapcp.wasm')), { name: 'mapcp', instantiation });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(place, name)), { recursive: true });
      writeFileSync(join(place, name), content);
    }
  });

  /** Copies `a` to `b` in `directory`, on a host with `options`. */
  async function copy(directory: string, options: Omit<HostOptions, 'preopens'>): Promise<void> {
    const host = hostWith(walker, {
      preopens: { '/': { path: directory, access: 'read-write' } },
      ...options,
    });
    const { instantiate } = await import(pathToFileURL(join(place, 'mapcp.js')).href);
    // Without it, asynchronous bindings would still read files after they have failed.
    const coreModule = (name: string) => new WebAssembly.Module(readFileSync(join(place, name)));
    const { copier } = await instantiate(coreModule, host.imports);
    new copier.CopyJob('/a', '/b', toComponent({}, false)).step(1n << 62n);
  }

  it('copy a file', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    await copy(directory, { clocks: true, random: true });
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('content');
  });

  it.each([
    ['wasi:clocks/monotonic-clock', { random: true }],
    ['wasi:random/random', { clocks: true }],
  ])('fail with its name if %s is not granted', async (name, options) => {
    expect(await rejectionOf(copy(temporaryDirectory(), options))).toEqual(
      new Error(`the component imports '${name}', which this host does not provide`),
    );
  });
});
