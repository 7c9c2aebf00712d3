// Transpiles a component to JavaScript bindings: `node build/transpile.mjs COMPONENT.wasm DIR NAME`.
//
// The bindings are one module with the core modules in it, so every bundler takes them along. Each instance gets its
// imports from the caller, because jco's other mode shares them across the process. The hybrid import bindings let a
// host handle a call in the component's own memory.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { transpile } from '@bytecodealliance/jco';
import binaryen from 'binaryen';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { runScript, ToolError } from './clang.mjs';

/** Text to find in jco's code, and its replacement. The subject is for the error if jco has changed. */
/** @typedef {{ subject: string, find: RegExp, replaceBy: string, isOfImports?: true }} Change */

/**
 * Changes that neither jco nor esbuild has an option for. jco#417 collects what is slow.
 * @type {Change[]}
 */
const changes = [
  {
    // jco calls it ten times for each call of the component, and it looks at an environment variable each time. With
    // this annotation esbuild drops the calls.
    subject: 'the debugging output',
    find: /const _debugLog = /,
    replaceBy: '/* @__NO_SIDE_EFFECTS__ */ $&',
  },
  {
    // Without the option, a name that begins with a byte order mark becomes another name.
    subject: 'the decoder of text',
    find: /new TextDecoder\(\)/,
    replaceBy: "new TextDecoder('utf-8', { ignoreBOM: true })",
  },
  // Nothing is asynchronous here, so no call needs the tasks that jco makes for it. They are half of the code, and take
  // half of the time of a call.
  {
    subject: 'the asynchronous variants of imports',
    isOfImports: true,
    find: /_trampoline\d+\.manuallyAsync \?/g,
    replaceBy: 'false ?',
  },
  {
    subject: 'the lowering of an import',
    isOfImports: true,
    find: /_lowerImportBackwardsCompat\.bind\(\s*null,\s*\{\s*trampolineIdx: \d+,\s*componentIdx: (\d+),(?:(?!\}\s*,\s*\))[\s\S])*importFn: (_trampoline\d+),\s*\},\s*\)/g,
    replaceBy: '((...flat) => { _checkMayLeave($1); return $2(...flat); })',
  },
  {
    subject: 'the task of an import',
    isOfImports: true,
    find: /let parentTask;\s*let task;\s*let subtask;\s*const createTask = [\s\S]*?task\.enterSync\(\);/g,
    replaceBy: '',
  },
  {
    subject: 'the call of an import',
    isOfImports: true,
    find: /_withGlobalCurrentTaskMeta\(\{\s*componentIdx: task\.componentIdx\(\),\s*taskID: task\.id\(\),\s*fn: \(\) => _trackHostOperation\(\(\) => (.*)\),\s*\}\)/g,
    replaceBy: '$1',
  },
  {
    subject: 'the task of an export',
    find: /const \[task, \w+\] = createNewCurrentTask\(\{[\s\S]*?CURRENT_TASK_MAY_BLOCK\.value = .*\n(?:\s*(?:if \(.*\) )?\{\s*task\.setReturnMemoryIdx\(\d+\);\s*task\.setReturnMemory\(.*\);\s*\})?/g,
    replaceBy: '',
  },
  {
    subject: 'the body of an export',
    find: /return _withGlobalCurrentTaskMeta\(\{\s*taskID: task\.id\(\),\s*componentIdx: task\.componentIdx\(\),\s*fn: \(\) => \{\s*try \{/g,
    replaceBy: '{',
  },
  {
    subject: 'the end of an export',
    find: /\} catch \(err\) \{\s*if \(!task\.isResolvedState\(\)\) \{\s*task\.setErrored\(err\);\s*task\.reject\(err\);\s*\}\s*if \(!task\.isExited\(\)\) .*\s*throw err;\s*\}\s*\},\s*\}\);/g,
    replaceBy: '}',
  },
  {
    subject: 'the call of an export',
    find: /_withGlobalCurrentTaskMeta\(\{\s*taskID: task\.id\(\),\s*componentIdx: task\.componentIdx\(\),\s*fn: \(\) => (.*),\s*\}\)/g,
    replaceBy: '$1',
  },
  {
    subject: 'the debugging output of a failed call',
    find: /_debugLog\('\[Instruction::Call\w+\] error during sync call', \{[\s\S]*?\}\);/g,
    replaceBy: '',
  },
  {
    subject: 'the end of a task',
    find: /^\s*task\.(?:resolve|reject|setErrored|exit)\((?:.*|\[\{[\s\S]*?\}\])\);$/gm,
    replaceBy: '',
  },
  {
    // What is left of it: a component that has trapped must not be entered again.
    subject: 'the state of a component',
    find: /function getOrCreateAsyncState\([\s\S]*?\n {4}\}(?=\n)/,
    replaceBy: `class ComponentState {
      #flags;
      #isTrapped = false;
      constructor(componentIdx) {
        this.#flags = INSTANCE_FLAGS.get(componentIdx);
      }
      set mayLeave(mayLeave) {
        if (this.#flags !== undefined) {
          this.#flags.value = mayLeave ? 1 : 0;
        }
      }
      markTrapped(error) {
        const isTrap = error instanceof WebAssemblyRuntimeError;
        this.#isTrapped ||= isTrap;
        return isTrap;
      }
      throwIfTrapped() {
        if (this.#isTrapped) {
          throw new WebAssemblyRuntimeError('wasm trap: cannot enter component instance');
        }
      }
    }
    const states = [];
    function getOrCreateAsyncState(componentIdx) {
      return (states[componentIdx] ??= new ComponentState(componentIdx));
    }`,
  },
  {
    // Node 20 has no promising(). jco calls it anyway and catches the error, whose text takes V8 10 ms each time.
    subject: 'WebAssembly.promising',
    find: /WebAssembly\.promising\b/g,
    replaceBy: 'asItIs',
  },
  {
    // V8 compiles a function in parentheses at once. It would parse this one, which holds nearly all code, twice: a
    // fifth of the start-up of a small copy.
    subject: 'instantiate',
    find: /^export function instantiate(\([\s\S]*^\})(?=;\s*export const _util\b)/m,
    replaceBy: 'export const instantiate = (function$1)',
  },
];

/** Declarations in place of jco's, which use a WebAssembly namespace that Node's types lack. */
const instantiateDeclaration = `export type * from './interfaces/mapcp-copy-copier.js';

/** A compiled core module. */
type CoreModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;
/** An instance of a core module. */
type CoreInstance = typeof globalThis extends { WebAssembly: { Instance: { prototype: infer T } } } ? T : object;

/**
 * Creates an instance of the component with a memory of its own.
 *
 * @param getCoreModule returns the core module of a name. By default, the core modules in this file are used, and compiled
 *   once
 * @param imports the WASI interfaces: the instance can reach nothing else
 * @param instantiateCore instantiates a core module; \`WebAssembly.instantiate\` by default
 * @returns the component's exports; rejects if an import is missing
 */
export function instantiate(
  getCoreModule: ((name: string) => CoreModule | Promise<CoreModule>) | undefined,
  imports: ImportObject,
  instantiateCore?: (module: CoreModule, imports: Record<string, any>) => CoreInstance | Promise<CoreInstance>,
): Promise<Root>;
`;

/**
 * @param {string} subject what jco's output no longer has
 */
function missing(subject) {
  return new ToolError(
    `build/transpile.mjs cannot find ${subject} in jco's output: compare it with that of jco 1.35`,
  );
}

/**
 * Puts one list of the error codes in place of the two that jco writes out for each function that can fail (jco#349):
 * every start parses all of them.
 * @param {string} code jco's bindings
 * @returns {string}
 */
function withOneListOfErrorCodes(code) {
  const lists = new Set(code.match(/\[(?:\['[\w-]+', null, 1, 1, 1\],){30,}\]/g));
  const [list] = lists;
  if (list === undefined || lists.size > 1) {
    throw missing('one list of error codes');
  }
  const names = [...list.matchAll(/'([\w-]+)'/g)].map(([, name]) => name);
  const numbered = names.map((name, index) => `case '${name}': { $number = ${index}; break; }`).join(' ');
  const switches =
    /switch \((\w+)\) \{\s*((?:case '[\w-]+': \{\s*(\w+) = \d+;\s*break;\s*\}\s*){30,})default: \{/g;
  const shorter = code.replaceAll(list, 'errorCodeCases').replace(switches, (_, name, cases, number) => {
    if (cases.replaceAll(number, '$number').replaceAll(/\s+/g, ' ').trim() !== numbered) {
      throw missing('the error codes in their order');
    }
    return `if ((${number} = errorCodes.indexOf(${name})) < 0) {{`;
  });
  if (!shorter.includes('errorCodes.indexOf')) {
    throw missing('a switch over the error codes');
  }
  return `const errorCodeCases = ${list};\nconst errorCodes = errorCodeCases.map(([name]) => name);\n${shorter}`;
}

/**
 * @param {string} code jco's bindings
 * @returns {string} the same, smaller and faster
 */
function improved(code) {
  // The command line's grammar imports nothing.
  const hasImports = code.includes("'wasi:");
  const due = changes.filter(({ isOfImports }) => hasImports || !isOfImports);
  return due.reduce(
    (before, { subject, find, replaceBy }) => {
      const after = before.replace(find, replaceBy);
      if (after === before) {
        throw missing(subject);
      }
      return after;
    },
    hasImports ? withOneListOfErrorCodes(code) : code,
  );
}

/**
 * The variable that stands for a core module until esbuild is done, which would break a string into lines.
 * @param {string} name
 * @returns {string}
 */
const placeholder = (name) => `$$${name.replaceAll('.', '_')}$$`;

/**
 * The module that people import: jco's, with the core modules as its default.
 * @param {readonly string[]} names those of the core modules
 * @returns {string}
 */
const wholeModule = (names) => `
  import { instantiate as instantiateWith } from 'bindings';
  const coreModules = { ${names.map((name) => `'${name}': ${placeholder(name)}`).join(', ')} };
  const compiled = {};
  const coreModule = (name) => (compiled[name] ??= WebAssembly.compile(
    typeof Buffer === 'undefined'
      ? Uint8Array.from(coreModules[name], (byte) => byte.charCodeAt(0))
      : Buffer.from(coreModules[name], 'latin1'),
  ));
  export const instantiate = (getCoreModule = coreModule, imports, instantiateCore) =>
    instantiateWith(getCoreModule, imports, instantiateCore);
`;

/**
 * A core module as a string of JavaScript, with a character for each byte. A server compresses that as well as the bytes
 * themselves. Base64 gets a fifth larger, since it moves the bits of equal bytes to other places.
 *
 * It is a line of its own: Node prints the line of an uncaught error.
 * @param {Buffer} bytes
 * @returns {string}
 */
function literal(bytes) {
  const text = bytes
    .toString('latin1')
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    // \\0 before a digit would be another character.
    .replace(/\0(?=\d)/g, '\\x00')
    .replaceAll('\0', '\\0');
  return `\n"${text}"\n`;
}

/**
 * Exports the variables of a core module, so that ts/jobs/instance.ts can reset an instance. Drops the names of functions,
 * which are a tenth of the module. `mapcp.wasm` keeps them for debuggers.
 * @param {Uint8Array} bytes
 * @returns {Buffer}
 */
function withVariables(bytes) {
  const module = binaryen.readBinary(bytes);
  for (let index = 0; index < module.getNumGlobals(); index++) {
    const { name, mutable } = binaryen.getGlobalInfo(module.getGlobalByIndex(index));
    if (mutable) {
      module.addGlobalExport(name, `variable ${index}`);
    }
  }
  if (/\btable\.(set|grow|fill|copy|init)\b/.test(module.emitText())) {
    throw new ToolError('a core module changes its table, which ts/jobs/instance.ts cannot reset');
  }
  return Buffer.from(module.emitBinary());
}

/**
 * Drops the functions that nothing calls. esbuild drops only those at the top of a module, and jco's are in
 * `instantiate`.
 * @param {string} code
 * @returns {Promise<string>}
 */
async function withoutUnused(code) {
  const built = await rollup({
    input: 'bindings',
    plugins: [{ name: 'bindings', resolveId: (id) => id, load: () => code }],
  });
  const { output } = await built.generate({});
  return output[0].code;
}

/**
 * @param {string} bindings jco's, improved
 * @param {Record<string, Buffer>} coreModules by their names
 * @returns {Promise<string>} one minified module
 */
async function bundle(bindings, coreModules) {
  const contents = await withoutUnused(`function asItIs(it) { return it; }\n${bindings}`);
  const { outputFiles } = await build({
    stdin: { contents: wholeModule(Object.keys(coreModules)) },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'node20',
    minify: true,
    // Node prints the line of an uncaught error.
    lineLimit: 120,
    define: {
      // jco's default for core modules, which is not used. Bundlers would look for its files.
      'import.meta.url': 'undefined',
    },
    plugins: [
      {
        name: 'bindings',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^bindings$/ }, ({ path }) => ({ path, namespace: 'bindings' }));
          onLoad({ filter: /./, namespace: 'bindings' }, () => ({ contents }));
        },
      },
    ],
  });
  return Object.entries(coreModules).reduce((before, [name, bytes]) => {
    const after = before.replace(placeholder(name), () => literal(bytes));
    if (after === before) {
      throw missing(`the core module ${name}`);
    }
    return after;
  }, outputFiles[0]?.text ?? '');
}

/**
 * @param {string} text jco's declarations
 * @returns {string} the same with our declaration of `instantiate`
 */
function withOwnInstantiate(text) {
  const start = text.indexOf('/**\n* Instantiates this component');
  if (start < 0) {
    throw missing('the declaration of instantiate');
  }
  return text.slice(0, start) + instantiateDeclaration;
}

/**
 * Declares that a job can be dropped, which jco leaves out.
 * @param {string} text jco's declarations of an interface
 * @returns {string}
 */
function withDispose(text) {
  const declared = text.replace(
    /^( *constructor\(source: string, target: string, options: CopyOptions\))\n/m,
    '$1\n  /** Drops the job, and removes its unfinished files. */\n  [Symbol.dispose](): void;\n',
  );
  if (declared === text) {
    throw missing('the declaration of CopyJob');
  }
  return declared;
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
    nodejsCompat: false,
  });
  /** @type {Record<string, Buffer>} */
  const coreModules = {};
  /** @type {Record<string, string>} */
  const texts = {};
  for (const [file, content] of Object.entries(files)) {
    if (file.endsWith('.wasm')) {
      coreModules[file] = withVariables(content);
    } else {
      texts[file] = new TextDecoder().decode(content);
    }
  }
  for (const [file, text] of Object.entries(texts)) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    if (file === `${name}.js`) {
      writeFileSync(path, await bundle(improved(text), coreModules));
    } else if (file === `${name}.d.ts`) {
      writeFileSync(path, withOwnInstantiate(text));
    } else {
      writeFileSync(path, text.includes('class CopyJob') ? withDispose(text) : text);
    }
  }
  return 0;
});
