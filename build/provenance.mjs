// Lists the origins and licences of everything in the package: `node build/provenance.mjs COMPONENT DIR PACKAGES ...`.
//
// PACKAGES are the bundler's lists in CycloneDX. DIR gets
// - NAME.wasm.sha256, for `sha256sum -c`;
// - NAME.cdx.json, a bill of materials in CycloneDX: the bundled packages, the component, its parts and the build tools;
// - THIRD-PARTY-LICENSES.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { preview1AdapterReactorPath } from '@bytecodealliance/jco';
import { compiler, runScript, ToolError, versionOf } from './clang.mjs';

/**
 * @typedef {{ license: { text?: { content: string } } }} License
 * @typedef {{ ref: string, dependsOn?: string[] }} Dependency
 * @typedef {{ type: string, name: string, version?: string, evidence?: { licenses: License[] } } & Record<string, unknown>} Part
 */

/** The build tools besides the compiler. */
const TOOLS = [
  '@bytecodealliance/jco',
  'binaryen',
  'esbuild',
  'rollup',
  'rollup-plugin-dts',
  '@typescript/native',
  'typescript',
];

/** Parts that are not npm packages, with the files of their licences. */
const OTHERS = [
  {
    name: 'wasi-libc, linked into the component',
    license: 'build/notices/wasi-libc.txt',
  },
  {
    name: "Wasmtime's adapter for WASI preview 1, wit-bindgen's and jco's bindings, and preview2-shim's declarations",
    license: 'node_modules/@bytecodealliance/preview2-shim/LICENSE',
  },
];

/**
 * Reads a list of bundled packages, and drops the modules of Node: their imports make them look bundled.
 * @param {string} list a file in CycloneDX
 */
function bundledPackages(list) {
  const bill = JSON.parse(readFileSync(list, 'utf8'));
  const isBuiltin = (/** @type {string} */ ref) => ref.startsWith('VirtualComponent builtin:');
  return {
    ...bill,
    components: bill.components.filter((/** @type {Part} */ part) => !isBuiltin(part.name)),
    dependencies: bill.dependencies
      .filter((/** @type {Dependency} */ { ref }) => !isBuiltin(ref))
      .map((/** @type {Dependency} */ { ref, dependsOn = [] }) => ({
        ref,
        dependsOn: dependsOn.filter((each) => !isBuiltin(each)),
      })),
  };
}

/**
 * Merges lists of bundled packages.
 * @param {string[]} lists files in CycloneDX; the metadata of the first is kept
 */
function allBundledPackages(lists) {
  const bills = lists.map(bundledPackages);
  const once = (/** @type {'bom-ref' | 'ref'} */ key, /** @type {Record<string, unknown>[]} */ items) => [
    ...new Map(items.reverse().map((item) => [item[key], item])).values(),
  ];
  return {
    ...bills[0],
    components: once(
      'bom-ref',
      bills.flatMap(({ components }) => components),
    ),
    dependencies: once(
      'ref',
      bills.flatMap(({ dependencies }) => dependencies),
    ),
  };
}

/** @param {string} path */
function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/**
 * @param {string} path a file
 * @param {Record<string, unknown>} more
 * @returns {Part}
 */
function filePart(path, more) {
  return { type: 'file', name: basename(path), hashes: [{ alg: 'SHA-256', content: sha256(path) }], ...more };
}

/**
 * @param {string} component
 * @returns {Part} the component, with the libraries that are linked into it
 */
function componentPart(component) {
  return filePart(component, {
    'bom-ref': basename(component),
    version: JSON.parse(readFileSync('package.json', 'utf8')).version,
    licenses: [{ license: { id: 'MIT' } }],
    components: [
      {
        type: 'library',
        name: 'wasi-libc',
        description: `from ${compiler().name} ${compiler().version}`,
        licenses: [
          { expression: '(Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT) AND MIT AND BSD-2-Clause' },
        ],
      },
      filePart(fileURLToPath(preview1AdapterReactorPath()), {
        description: `from @bytecodealliance/jco ${versionOf('@bytecodealliance/jco')}`,
        licenses: [{ expression: 'Apache-2.0 WITH LLVM-exception' }],
      }),
    ],
  });
}

/** The build tools, as a formula of CycloneDX. */
function formula() {
  const tools = TOOLS.map((name) => ({ name, version: versionOf(name) }));
  return { components: [compiler(), ...tools].map((tool) => ({ type: 'application', ...tool })) };
}

/**
 * @param {Part} part a bundled package
 * @returns {{ name: string, text: string }}
 */
function noticeOf({ name, version, evidence }) {
  const texts = (evidence?.licenses ?? []).flatMap(({ license: { text } }) => text?.content ?? []);
  if (texts.length === 0) {
    throw new ToolError(`${name} has no licence file, and may not be bundled without one`);
  }
  const text = texts.map((base64) => Buffer.from(base64, 'base64').toString('utf8')).join('\n');
  return { name: `${name} ${version}`, text };
}

/**
 * @param {{ name: string, text: string }[]} notices
 * @returns {string}
 */
function thirdPartyLicenses(notices) {
  const line = '-'.repeat(80);
  return [
    'The licences of the third-party software in this package.\n',
    ...notices.map(({ name, text }) => `${line}\n${name}\n${line}\n\n${text.trim()}\n`),
  ].join('\n');
}

await runScript(async () => {
  const [component, directory, ...lists] = process.argv.slice(2);
  if (component === undefined || directory === undefined || lists.length === 0) {
    throw new ToolError('usage: node build/provenance.mjs COMPONENT DIR PACKAGES ...');
  }
  const bill = allBundledPackages(lists);
  const name = basename(component, '.wasm');
  const notices = [
    ...bill.components.map(noticeOf),
    ...OTHERS.map(({ name, license }) => ({ name, text: readFileSync(license, 'utf8') })),
  ];
  // THIRD-PARTY-LICENSES has the texts.
  const bundled = bill.components.map((/** @type {Part} */ { evidence, ...part }) => part);
  const whole = { ...bill, components: [componentPart(component), ...bundled], formulation: [formula()] };
  delete whole.metadata.component.evidence;

  writeFileSync(join(directory, 'THIRD-PARTY-LICENSES'), thirdPartyLicenses(notices));
  writeFileSync(join(directory, `${name}.cdx.json`), `${JSON.stringify(whole)}\n`);
  writeFileSync(join(directory, `${name}.wasm.sha256`), `${sha256(component)}  ${name}.wasm\n`);
  return 0;
});
