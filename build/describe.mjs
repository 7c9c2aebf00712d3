// Says in a component what it is: `node build/describe.mjs COMPONENT.wasm`.
//
// Its name, and what the OCI annotations are called, in custom sections, as `wasm-tools metadata` reads them and a
// registry shows them; and in the producers section what it was built with. What package.json does not say is left out.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { metadataAdd } from '@bytecodealliance/jco';
import { compiler, runScript, ToolError, versionOf } from './clang.mjs';

const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;
/** The part of the names' section that is the component's own. */
const COMPONENT_NAME = 0;

/**
 * @param {number} value
 * @returns {number[]} the value as WebAssembly encodes it
 */
function leb128(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)];
}

/** @param {string} text */
const utf8 = (text) => Buffer.from(text, 'utf8');

/**
 * @param {Uint8Array} content
 * @returns {Buffer} the content behind its length
 */
const sized = (content) => Buffer.concat([Buffer.from(leb128(content.length)), content]);

/**
 * @param {string} name
 * @param {Uint8Array} content
 * @returns {Buffer}
 */
const customSection = (name, content) =>
  Buffer.concat([Buffer.from([CUSTOM_SECTION]), sized(Buffer.concat([sized(utf8(name)), content]))]);

/**
 * The sections of a component.
 * @param {Buffer} component
 * @returns {Generator<{ id: number | undefined, content: Buffer, whole: Buffer }>}
 */
function* sections(component) {
  let start = HEADER_BYTES;
  while (start < component.length) {
    let last = start + 1;
    while ((component[last] ?? 0) >= 0x80) {
      last++;
    }
    const size = component
      .subarray(start + 1, last + 1)
      .reduceRight((sum, byte) => sum * 0x80 + (byte & 0x7f), 0);
    const end = last + 1 + size;
    yield {
      id: component[start],
      content: component.subarray(last + 1, end),
      whole: component.subarray(start, end),
    };
    start = end;
  }
}

/**
 * A component without its custom section of a name.
 * @param {Buffer} component
 * @param {string} name
 * @returns {Buffer}
 */
function withoutCustomSection(component, name) {
  const prefix = sized(utf8(name));
  const kept = [...sections(component)].filter(
    ({ id, content }) => id !== CUSTOM_SECTION || !content.subarray(0, prefix.length).equals(prefix),
  );
  return Buffer.concat([component.subarray(0, HEADER_BYTES), ...kept.map(({ whole }) => whole)]);
}

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
