// Makes a component: `node build/component.mjs reactor|command CORE.wasm COMPONENT.wasm`.
//
// The core module imports WASI preview 1, and an adapter turns that into WASI 0.2. A reactor's module must be linked with
// wit-bindgen's *_component_type.o, which names its world.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { componentNew, preview1AdapterCommandPath, preview1AdapterReactorPath } from '@bytecodealliance/jco';

const [kind, core, component] = process.argv.slice(2);
if ((kind !== 'reactor' && kind !== 'command') || core === undefined || component === undefined) {
  process.stderr.write('usage: node build/component.mjs reactor|command CORE.wasm COMPONENT.wasm\n');
  process.exit(2);
}

const adapter = kind === 'reactor' ? preview1AdapterReactorPath() : preview1AdapterCommandPath();
writeFileSync(
  component,
  await componentNew(readFileSync(core), [['wasi_snapshot_preview1', readFileSync(adapter)]]),
);
