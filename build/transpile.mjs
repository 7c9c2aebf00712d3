// Transpiles a component to JavaScript bindings: `node build/transpile.mjs COMPONENT.wasm DIR NAME`.
//
// Always instantiated by the caller (the other mode shares its imports across the process), and with the hybrid
// import bindings, which let a host take a call in the component's own memory where it can.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { transpile } from '@bytecodealliance/jco';

const [component, directory, name] = process.argv.slice(2);
if (component === undefined || directory === undefined || name === undefined) {
  process.stderr.write('usage: node build/transpile.mjs COMPONENT.wasm DIR NAME\n');
  process.exit(2);
}

const { files } = await transpile(readFileSync(component), {
  name,
  instantiation: 'async',
  importBindings: 'hybrid',
});
for (const [file, content] of Object.entries(files)) {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
