// Adds metadata to a component: `node build/describe.mjs COMPONENT.wasm`.
//
// The name and the OCI annotations go into custom sections, which `wasm-tools metadata` and registries read. The producers
// section names the tools. jco can write only the latter.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { metadataAdd } from '@bytecodealliance/jco';
import { compiler, runScript, ToolError, versionOf } from './clang.mjs';
import { customSection, sized, utf8, withoutCustomSection } from './sections.mjs';

/** The subsection of `component-name` that has the component's own name. */
const COMPONENT_NAME = 0;

/**
 * @param {Record<string, unknown>} manifest package.json
 * @returns {Record<string, string>} its annotations, by the names of their sections
 */
function annotations({ author, description, homepage, license, repository, version }) {
  const source = /** @type {{ url?: string } | undefined} */ (repository)?.url;
  const given = { authors: author, description, homepage, licenses: license, source, version };
  return /** @type {Record<string, string>} */ (
    Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string'))
  );
}

await runScript(async () => {
  const [path] = process.argv.slice(2);
  if (path === undefined) {
    throw new ToolError('usage: node build/describe.mjs COMPONENT.wasm');
  }
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const { name, version } = compiler();
  const built = await metadataAdd(readFileSync(path), [
    ['language', [['C', '17']]],
    [
      'processed-by',
      [
        [name, version],
        ['binaryen', versionOf('binaryen')],
        ['@bytecodealliance/jco', versionOf('@bytecodealliance/jco')],
      ],
    ],
  ]);
  // The names of the component's parts help only those who debug jco, and take a tenth of the file.
  const nameless = withoutCustomSection(Buffer.from(built), 'component-name');
  const ownName = Buffer.concat([Buffer.from([COMPONENT_NAME]), sized(sized(utf8(manifest.name)))]);
  writeFileSync(
    path,
    Buffer.concat([
      nameless,
      customSection('component-name', ownName),
      ...Object.entries(annotations(manifest)).map(([key, text]) => customSection(key, utf8(text))),
    ]),
  );
  return 0;
});
