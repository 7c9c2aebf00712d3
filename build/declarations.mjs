// Bundles the declarations: `node build/declarations.mjs FROM DIR MODULE ...`.
//
// FROM has tsc's declarations. DIR gets one file for each module, with its public items only. The WASI interfaces are
// copied from preview2-shim into DIR/wasi (#wasi in package.json), because users do not install preview2-shim.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { runScript, ToolError } from './clang.mjs';

const INTERFACES = '@bytecodealliance/preview2-shim/interfaces/';
const INTERFACES_DIRECTORY = 'node_modules/@bytecodealliance/preview2-shim/types/interfaces';

// `Disposable` is not in ECMAScript before 2026.
const NEEDED_LIBRARY = '/// <reference lib="esnext.disposable" />';

/**
 * @param {string} from
 * @param {string} to
 * @param {string[]} modules such as `host/index`
 * @returns {Promise<Iterable<string>>} the names of the imported WASI interfaces
 */
async function bundle(from, to, modules) {
  /** @type {Set<string>} */
  const interfaces = new Set();
  const build = await rollup({
    input: Object.fromEntries(modules.map((module) => [module, join(from, `${module}.d.ts`)])),
    external: (id) => {
      if (id.startsWith(INTERFACES)) {
        interfaces.add(id.slice(INTERFACES.length));
      }
      return id.startsWith(INTERFACES) || id.startsWith('#bindings') || isBuiltin(id);
    },
    plugins: [dts()],
    onwarn: ({ message }) => {
      throw new ToolError(`the declarations cannot be bundled: ${message}`);
    },
  });
  await build.write({
    dir: to,
    banner: NEEDED_LIBRARY,
    chunkFileNames: '[name].ts',
    hoistTransitiveImports: false,
    paths: (id) => (id.startsWith(INTERFACES) ? `#wasi/${id.slice(INTERFACES.length)}.js` : id),
  });
  return interfaces;
}

await runScript(async () => {
  const [from, to, ...modules] = process.argv.slice(2);
  if (from === undefined || to === undefined || modules.length === 0) {
    throw new ToolError('usage: node build/declarations.mjs FROM DIR MODULE ...');
  }
  const interfaces = await bundle(from, to, modules);
  mkdirSync(join(to, 'wasi'), { recursive: true });
  for (const name of interfaces) {
    const text = readFileSync(join(INTERFACES_DIRECTORY, `${name}.d.ts`), 'utf8');
    // Three quarters are comments: WASI's documentation.
    writeFileSync(join(to, 'wasi', `${name}.d.ts`), text.replaceAll(/^ *\/\*\*[\s\S]*?\*\/\n/gm, ''));
  }
  return 0;
});
