// Compares the table of WASI's interfaces with the published WIT, which comes with jco.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { describe, expect, it } from 'vitest';
import { importDifferences } from '../../ts/host/component-imports.js';
import { importsOf } from '../../ts/host/component-types.js';
import { wasi } from '../../ts/host/wasi.js';

const published = join(
  import.meta.dirname,
  '../../node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12',
);

/** Whether the published WIT names a type without using it. Tools leave such a type out. */
const isUnused = (name: string, type: string): boolean =>
  name.endsWith('-create-socket') && type === 'network';

/** A component that imports everything in the interfaces of WASI 0.2. */
async function everything(version: string): Promise<Uint8Array> {
  const packages = readdirSync(published)
    .filter((name) => name !== 'wasi-http')
    .map((name) => readFileSync(join(published, name, 'package.wit'), 'utf8'))
    .map((text) => text.replace(/^package (.*);/, 'package $1 {').concat('}'))
    // Worlds name packages that are left out.
    .map((text) => text.replace(/^world [\s\S]*?^}/gm, ''));
  const imports = Object.keys(wasi).map((name) => `import ${name}@0.2.12;`);
  const text = [`package test:all;\nworld all {\n${imports.join('\n')}\n}`, ...packages].join('\n');
  const witSource = text.replaceAll('@0.2.12', `@${version}`);
  return componentNew(await componentEmbed({ witSource, world: 'all', dummy: true }), []);
}

describe.each(['0.2.0', '0.2.6', '0.2.12'])('WASI %s', (version) => {
  it('has exactly the interfaces of our table', async () => {
    const component = await everything(version);
    expect(importDifferences(component)).toEqual([]);
    const imports = importsOf(component).map(({ name, exports }) => [
      name,
      [...(exports?.keys() ?? [])].sort(),
    ]);
    expect(Object.fromEntries(imports)).toEqual(
      Object.fromEntries(
        Object.entries(wasi).map(([name, { types, functions }]) => [
          `${name}@${version}`,
          [...Object.keys(types), ...Object.keys(functions)].filter((each) => !isUnused(name, each)).sort(),
        ]),
      ),
    );
  });
});

it.each(['0.3.0', '0.2.0-rc-2023-11-10', '0.1.0', '1.0.0'])(
  'WASI %s differs from our table',
  async (version) => {
    const component = await everything(version);
    expect(importDifferences(component)).toEqual(
      importsOf(component).map(
        ({ name }) => `the component imports '${name}', which this host does not provide`,
      ),
    );
  },
);
