// Makes a component: `node build/component.mjs reactor|command CORE.wasm COMPONENT.wasm`.
//
// The core module imports WASI preview 1, and an adapter turns that into WASI 0.2. A reactor's module must be linked with
// wit-bindgen's *_component_type.o, which names its world.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { componentNew, preview1AdapterCommandPath, preview1AdapterReactorPath } from '@bytecodealliance/jco';
import { runScript, ToolError } from './clang.mjs';

const [kind, core, component] = process.argv.slice(2);
if ((kind !== 'reactor' && kind !== 'command') || core === undefined || component === undefined) {
  process.stderr.write('usage: node build/component.mjs reactor|command CORE.wasm COMPONENT.wasm\n');
  process.exit(2);
}

/**
 * Does a part of the work. If that fails, throws a {@link ToolError} that begins with what could not be done.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
async function attempt(what, work) {
  try {
    return await work();
  } catch (error) {
    // wasm-tools writes the cause of an error on lines of its own.
    const why = error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
    throw new ToolError(`${what}: ${why}`, { cause: error });
  }
}

await runScript(async () => {
  const adapter = kind === 'reactor' ? preview1AdapterReactorPath() : preview1AdapterCommandPath();
  const bytes = await attempt(`cannot read '${core}'`, () => readFileSync(core));
  const made = await attempt(`cannot make a component from '${core}'`, () =>
    componentNew(bytes, [['wasi_snapshot_preview1', readFileSync(adapter)]]),
  );
  await attempt(`cannot write '${component}'`, () => writeFileSync(component, made));
  return 0;
});
