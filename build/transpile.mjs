// Transpiles a component to JavaScript bindings: `node build/transpile.mjs COMPONENT.wasm DIR NAME`.
//
// Always instantiated by the caller (the other mode shares its imports across the process), and with the hybrid
// import bindings, which let a host take a call in the component's own memory where it can.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { transpile } from '@bytecodealliance/jco';
import { transform } from 'esbuild';
import { runScript, ToolError } from './clang.mjs';

/**
 * What is taken out of jco's code, because it costs and does nothing here.
 * @type {{ why: string, what: RegExp, by: string }[]}
 */
const omissions = [
  {
    // Called some ten times for each call of a component, with fresh objects, to look at an environment variable.
    why: 'the debugging output',
    what: /const _debugLog = \(\.\.\.args\) => \{\s*if \(!globalThis\?\.process\?\.env\?\.JCO_DEBUG\) \{ return; \}\s*console\.debug\(\.\.\.args\);\s*\};?/g,
    by: 'function _debugLog() {}',
  },
  {
    // Nothing here is asynchronous. Where WebAssembly.promising is missing, as in Node 20, each try throws, and for the
    // error's text the engine parses all of the code again: 10 ms each time.
    why: 'the asynchronous variants of exports',
    what: /try \{\s*(\w+) = WebAssembly\.promising\((.+?)\);\s*\} catch ?\(err\) \{\s*\1 = \2;\s*\}/g,
    by: '$1 = $2;',
  },
];

/**
 * @param {string} code jco's bindings
 * @returns {Promise<string>} the same without the omissions, minified
 */
async function slim(code) {
  let slimmer = code;
  for (const { why, what, by } of omissions) {
    const before = slimmer;
    slimmer = before.replaceAll(what, by);
    if (slimmer === before) {
      throw new ToolError(
        `build/transpile.mjs cannot find ${why} in what this version of jco makes: look what changed`,
      );
    }
  }
  return (await transform(slimmer, { minify: true, format: 'esm', target: 'node20' })).code;
}

await runScript(async () => {
  const [component, directory, name] = process.argv.slice(2);
  if (component === undefined || directory === undefined || name === undefined) {
    throw new ToolError('usage: node build/transpile.mjs COMPONENT.wasm DIR NAME');
  }
  const { files } = await transpile(readFileSync(component), {
    name,
    instantiation: 'async',
    importBindings: 'hybrid',
  });
  for (const [file, content] of Object.entries(files)) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.endsWith('.js') ? await slim(new TextDecoder().decode(content)) : content);
  }
  return 0;
});
