// Says in a component what it is: `node build/describe.mjs COMPONENT.wasm`.
//
// Its name, and what the OCI annotations are called, in custom sections, as `wasm-tools metadata` reads them and a
// registry shows them; and in the producers section what it was built with. What package.json does not say is left out.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { metadataAdd } from '@bytecodealliance/jco';
import { compiler, runScript, ToolError, versionOf } from './clang.mjs';
import { customSection, sized, utf8, withoutCustomSection } from './sections.mjs';

/** The part of the names' section that is the component's own. */
const COMPONENT_NAME = 0;

/**
 * @param {Record<string, unknown>} manifest package.json
 * @returns {Record<string, string>} the annotations that it has, by the names of their sections
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
  // The names that are there, of the parts, are for those who work on jco, and are a tenth of the file.
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
