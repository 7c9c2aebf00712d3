// Transpiles a component to JavaScript bindings: `node build/transpile.mjs COMPONENT.wasm DIR NAME`.
//
// Always instantiated by the caller (the other mode shares its imports across the process), and with the hybrid
// import bindings, which let a host take a call in the component's own memory where it can. The core modules are in the
// JavaScript, so that it is all there is: a bundler takes it along wherever it puts a program.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { transpile } from '@bytecodealliance/jco';
import { transform } from 'esbuild';
import { runScript, ToolError } from './clang.mjs';
import { withoutCustomSection } from './sections.mjs';

/**
 * A change to what jco makes.
 * @typedef {{ subject: string, what: RegExp, by: string }} Change
 */

/**
 * What is taken out of jco's code, because it costs and does nothing here, or put in another way.
 * @type {Change[]}
 */
const codeChanges = [
  {
    // Called some ten times for each call of a component, with fresh objects, to look at an environment variable.
    subject: 'the debugging output',
    what: /const _debugLog = \(\.\.\.args\) => \{\s*if \(!globalThis\?\.process\?\.env\?\.JCO_DEBUG\) \{ return; \}\s*console\.debug\(\.\.\.args\);\s*\};?/g,
    by: 'function _debugLog() {}',
  },
  {
    // Nothing here is asynchronous. Where WebAssembly.promising is missing, as in Node 20, each try throws, and for the
    // error's text the engine parses all of the code again: 10 ms each time.
    subject: 'the asynchronous variants of exports',
    what: /try \{\s*(\w+) = WebAssembly\.promising\((.+?)\);\s*\} catch ?\(err\) \{\s*\1 = \2;\s*\}/g,
    by: '$1 = $2;',
  },
  {
    subject: 'the asynchronous variants of imports',
    what: /(?<== )_trampoline\d+\.manuallyAsync \? new WebAssembly\.Suspending\([\s\S]*?\n {2}\)\)\) : (?=_lowerImport)/g,
    by: '',
  },
  {
    subject: 'the reading of core modules from files',
    what: /const isNode = .*\nlet _fs;\nasync function fetchCompile \(url\) \{[\s\S]*?\n\}\n/g,
    by: `const compiledModules = {};
      function coreModule(name) {
        const text = coreModules[name];
        return (compiledModules[name] ??= WebAssembly.compile(
          typeof Buffer === 'undefined' ? Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)) : Buffer.from(text, 'base64'),
        ));
      }
      `,
  },
  {
    subject: 'the default for core modules',
    what: /\(name\) => fetchCompile\(new URL\(`\.\/\$\{name\}`, import\.meta\.url\)\)/g,
    by: 'coreModule',
  },
];

/**
 * What makes jco's types true of the code, and free of the WebAssembly namespace, which Node's own types have not.
 * @type {Change[]}
 */
const typeChanges = [
  {
    subject: 'WebAssembly.Module and WebAssembly.Instance',
    what: /\bWebAssembly\.(Module|Instance)\b/g,
    by: 'Core$1',
  },
  {
    subject: 'the description of instantiate',
    what: /\/\*\*\n\* Instantiates this component with the provided imports and\n/g,
    by: `/** A compiled core module. */
type CoreModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;
/** An instance of a core module. */
type CoreInstance = typeof globalThis extends { WebAssembly: { Instance: { prototype: infer T } } } ? T : object;

/**
 * Makes an instance of the component, with memory of its own. Its core modules are in this module, and compiled once.
 *
 * @param getCoreModule undefined
 * @param imports the WASI interfaces: all that the instance can reach
 * @returns the component's exports; rejects where an import is missing
 */
export function instantiate(getCoreModule: undefined, imports: ImportObject): Promise<Root>;
$&`,
  },
];

/**
 * @param {string} text what jco made
 * @param {Change[]} changes
 * @returns {string} the same with the changes
 */
function change(text, changes) {
  return changes.reduce((before, { subject, what, by }) => {
    const after = before.replaceAll(what, by);
    if (after === before) {
      throw new ToolError(
        `build/transpile.mjs cannot find ${subject} in what this version of jco makes: look what changed`,
      );
    }
    return after;
  }, text);
}

/**
 * Has one list of the error-codes where jco writes all of them out for each function that can fail, twice: all code is read
 * at every start.
 * @param {string} code jco's bindings
 * @returns {string} the same with one list
 */
function withOneListOfErrorCodes(code) {
  const unknown = new ToolError(
    'build/transpile.mjs cannot find the error-codes in what this version of jco makes: look what changed',
  );
  const lists = new Set(code.match(/\[(?:\['[\w-]+', null, 1, 1, 1\],){30,}\]/g));
  const [list] = lists;
  if (list === undefined || lists.size > 1) {
    throw unknown;
  }
  const names = [...list.matchAll(/'([\w-]+)'/g)].map(([, name]) => name);
  const numbered = names.map((name, index) => `case '${name}': { $number = ${index}; break; }`).join(' ');
  const looksUp =
    /switch \((\w+)\) \{\s*((?:case '[\w-]+': \{\s*(\w+) = \d+;\s*break;\s*\}\s*){30,})default: \{/g;
  const shorter = code.replaceAll(list, 'errorCodeCases').replace(looksUp, (_, name, cases, number) => {
    if (cases.replaceAll(number, '$number').replaceAll(/\s+/g, ' ').trim() !== numbered) {
      throw unknown;
    }
    return `if ((${number} = errorCodes.indexOf(${name})) < 0) {{`;
  });
  if (!shorter.includes('errorCodes.indexOf')) {
    throw unknown;
  }
  return `const errorCodeCases = ${list};\nconst errorCodes = errorCodeCases.map(([name]) => name);\n${shorter}`;
}

/**
 * Puts the function that has nearly all of the code in it into parentheses, by which an engine takes it that it is called
 * at once. Otherwise it reads the function twice, which is a fifth of the time that a small copy takes to start.
 * @param {string} code minified bindings
 * @returns {string} the same, to be compiled at once
 */
function compiledAtOnce(code) {
  const [, other, name] =
    /export\s*\{\s*([\w$]+)\s+as\s+_util,\s*([\w$]+)\s+as\s+instantiate\s*\};\s*$/.exec(code) ?? [];
  const literally = (text = '') => text.replaceAll('$', '\\$');
  const start = code.search(new RegExp(`\\bfunction\\s+${literally(name)}\\s*\\(`));
  const ends = code.matchAll(new RegExp(`\\bconst\\s+${literally(other)}\\s*=\\s*\\{\\s*\\}`, 'g'));
  const end = [...ends].at(-1)?.index ?? -1;
  if (start < 0 || end < start) {
    throw new ToolError('build/transpile.mjs cannot find instantiate in what this version of jco makes');
  }
  return `${code.slice(0, start)}const ${name}=(${code.slice(start, end)});${code.slice(end)}`;
}

/**
 * @param {string} code jco's bindings
 * @param {Record<string, string>} coreModules the core modules in base64, by their names
 * @returns {Promise<string>} bindings that have all they need, minified
 */
async function wholeModule(code, coreModules) {
  const whole = `const coreModules = ${JSON.stringify(coreModules)};\n${withOneListOfErrorCodes(change(code, codeChanges))}`;
  // In lines, since Node prints the line of an error that nobody catches, and one of them is all the core modules.
  const options = { minify: true, lineLimit: 120, format: /** @type {const} */ ('esm'), target: 'node20' };
  return compiledAtOnce((await transform(whole, options)).code);
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
  // The names of functions are a tenth of a core module and for debuggers: `mapcp.wasm` has them.
  const withoutNames = (/** @type {Uint8Array} */ module) =>
    withoutCustomSection(Buffer.from(module), 'name');
  const isCoreModule = (/** @type {string} */ file) => file.endsWith('.wasm');
  const coreModules = Object.fromEntries(
    Object.entries(files)
      .filter(([file]) => isCoreModule(file))
      .map(([file, content]) => [file, withoutNames(content).toString('base64')]),
  );
  for (const [file, content] of Object.entries(files).filter(([file]) => !isCoreModule(file))) {
    const path = join(directory, file);
    const text = new TextDecoder().decode(content);
    mkdirSync(dirname(path), { recursive: true });
    if (file === `${name}.js`) {
      writeFileSync(path, await wholeModule(text, coreModules));
    } else {
      writeFileSync(path, file === `${name}.d.ts` ? change(text, typeChanges) : text);
    }
  }
  return 0;
});
