// A host, or a network file system behind it, can report a size that differs from the content's.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescriptorStat } from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { type CopyProgress, copy, type HostMaker } from 'mapcp';
import { createHost } from 'mapcp/host';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { bytes } from './scenarios.js';

/** A host that adds `more` to the size of each file above ten bytes. */
const lyingHost =
  (more: number): HostMaker =>
  async (preopens) => {
    const host = await createHost({ preopens, clocks: true, random: true, allowOverlap: true });
    const { prototype } = host.imports['wasi:filesystem/types'].Descriptor;
    for (const name of ['stat', 'statAt']) {
      const stat = Reflect.get(prototype, name) as (...args: unknown[]) => DescriptorStat;
      // The host calls this form if the lowered form is missing.
      const value = function (this: object, ...args: unknown[]) {
        const status = stat.apply(this, args);
        const size = status.size + BigInt(more);
        const isFile = status.type === 'regular-file' && status.size > 10n;
        return isFile ? { ...status, size: size > 0n ? size : 0n } : status;
      };
      Object.defineProperty(prototype, name, { value });
    }
    return { imports: host.imports, close: () => host.close() };
  };

const sizes = [11, 4096, 16_384, 65_536, 200_001];

describe.each(sizes)('a file of %i bytes', (size) => {
  it.for([1, 100, 70_000, 5_000_000, -1, -100, -70_000, -5_000_000])(
    'whose reported size is %i larger is copied to its end, and progress counts the real bytes',
    async (more, { inMemory: directory }) => {
      const content = bytes(size, more & 0xff);
      mkdirSync(join(directory, 'a'));
      writeFileSync(join(directory, 'a/f'), content);
      writeFileSync(join(directory, 'a/small'), 'small');
      for (const options of [{ windowSize: 65_536 }, { verify: true }, { allowChanges: true }]) {
        const seen: CopyProgress[] = [];
        const report = await copy(join(directory, 'a'), join(directory, 'b'), {
          recursive: true,
          ...options,
          onProgress: (progress) => seen.push(progress),
          host: lyingHost(more),
        });
        expect(readFileSync(join(directory, 'b/f')).equals(content)).toBe(true);
        expect(report).toMatchObject({ bytes: size + 5, files: 2, warnings: [], errors: [] });
        // Verification counts each byte again.
        const counted = (size + 5) * ('verify' in options ? 2 : 1);
        expect(seen.at(-1)).toMatchObject({ bytesDone: counted, bytesTotal: counted });
        for (const { bytesDone, bytesTotal = 0 } of seen) {
          expect(bytesDone).toBeLessThanOrEqual(bytesTotal);
        }
      }
    },
  );
});
