// Runs a module in another realm, like Jest: `node --experimental-vm-modules other-realm.mjs MODULE ARG ...` calls its
// `main` with the arguments, and prints the result as JSON.
//
// There, Node's objects, such as the errors of `fs`, belong to the main realm, but literals and WebAssembly's objects
// do not. `instanceof` between the two is false.

import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';

const context = vm.createContext({});
const own = new Set(Object.getOwnPropertyNames(vm.runInContext('globalThis', context)));
for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
  if (!own.has(name)) {
    Object.defineProperty(context, name, property);
  }
}
// Jest takes these two from the main realm.
Object.assign(context, { ArrayBuffer, Uint8Array });

/** @type {Map<string, Promise<vm.Module>>} */
const modules = new Map();

/**
 * @param {string} specifier
 * @param {string} from
 * @returns {Promise<vm.Module>}
 */
function moduleFor(specifier, from) {
  const url = isBuiltin(specifier) ? specifier : new URL(specifier, from).href;
  const known = modules.get(url) ?? (isBuiltin(url) ? builtin(url) : fromFile(url));
  modules.set(url, known);
  return known;
}

/** @param {string} name */
async function builtin(name) {
  const namespace = await import(name);
  const names = Object.keys(namespace);
  return new vm.SyntheticModule(
    names,
    function () {
      for (const each of names) {
        this.setExport(each, namespace[each]);
      }
    },
    { context, identifier: name },
  );
}

/** @param {string} url */
async function fromFile(url) {
  return new vm.SourceTextModule(readFileSync(fileURLToPath(url), 'utf8'), {
    context,
    identifier: url,
    initializeImportMeta: (meta) => {
      meta.url = url;
    },
    importModuleDynamically: (specifier) => evaluated(specifier, url),
  });
}

/**
 * @param {string} specifier
 * @param {string} from
 */
async function evaluated(specifier, from) {
  const module = await moduleFor(specifier, from);
  if (module.status === 'unlinked') {
    await module.link((each, referrer) => moduleFor(each, referrer.identifier));
  }
  await module.evaluate();
  return module;
}

const [path = '', ...args] = process.argv.slice(2);
const { namespace } = await evaluated(pathToFileURL(path).href, import.meta.url);
const { main } = /** @type {{ main(...args: string[]): Promise<unknown> }} */ (namespace);
process.stdout.write(JSON.stringify(await main(...args)));
