// Runs a program with node:wasi: `node node-wasi.mjs GIVEN PROGRAM [ARGUMENT]...`. GIVEN is JSON: the directory that
// the program sees as its root, and its variables as NAME=VALUE.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { WASI } from 'node:wasi';

// Node's types do not declare WebAssembly.
const { WebAssembly } =
  /** @type {{ WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: object }> } }} */ (
    /** @type {unknown} */ (globalThis)
  );

const [, , json = '', program = '', ...args] = process.argv;
/** @type {{ root?: string, variables: string[] }} */
const { root, variables } = JSON.parse(json);
const wasi = new WASI({
  version: 'preview1',
  args: [program, ...args],
  env: Object.fromEntries(variables.map((each) => each.split(/=(.*)/s))),
  preopens: root === undefined ? {} : { '/': root },
});
const { instance } = await WebAssembly.instantiate(readFileSync(program), wasi.getImportObject());
process.exitCode = wasi.start(instance);
