// Optimizes a core module: `node build/optimize.mjs CORE.wasm OPTIMIZED.wasm [WORLD]`.
//
// clang does not optimize across objects. Binaryen does, and removes a fifth of the code that every start compiles. With
// a WORLD of wit/, the module becomes one of that world: other exports are removed, and what only they use.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { componentEmbed } from '@bytecodealliance/jco';
import binaryen from 'binaryen';
import { runScript, ToolError } from './clang.mjs';
import { withoutCustomSection } from './sections.mjs';

/**
 * The exports of each world, besides those of every module that passes strings.
 * @type {Readonly<Record<string, RegExp>>}
 */
const worlds = {
  library: /^(_initialize$|(cabi_post_)?mapcp:copy\/copier@)/,
  // Without _initialize, which prepares for WASI's functions, because it calls none.
  grammar: /^(cabi_post_)?mapcp:copy\/command-line@/,
};

/** The files of wit/ that have these worlds. Other worlds need WASI's packages. */
const witFiles = ['wit/copier.wit', 'wit/command-line.wit'];

/**
 * @param {ReturnType<typeof binaryen.readBinary>} module
 * @param {RegExp} kept the names of exports that stay
 */
function removeExports(module, kept) {
  const names = Array.from(
    { length: module.getNumExports() },
    (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)).name,
  );
  for (const name of names.filter((name) => !kept.test(name) && !/^(memory|cabi_realloc)$/.test(name))) {
    module.removeExport(name);
  }
}

/**
 * @param {Uint8Array} bytes a core module
 * @param {RegExp} [kept] the names of exports that stay; all of them by default
 * @returns {Uint8Array}
 */
function optimize(bytes, kept) {
  // Equal to -Os.
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(1);
  // Keeps the names of functions, for stacks.
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(bytes);
  if (kept !== undefined) {
    removeExports(module, kept);
  }
  module.optimize();
  if (!module.validate()) {
    throw new ToolError('binaryen made an invalid module');
  }
  return module.emitBinary();
}

await runScript(async () => {
  const [core, optimized, world] = process.argv.slice(2);
  if (core === undefined || optimized === undefined || (world !== undefined && !(world in worlds))) {
    throw new ToolError('usage: node build/optimize.mjs CORE.wasm OPTIMIZED.wasm [library|grammar]');
  }
  const bytes = readFileSync(core);
  if (world === undefined) {
    writeFileSync(optimized, optimize(bytes));
    return 0;
  }
  const binary = optimize(withoutCustomSection(bytes, 'component-type:mapcp'), worlds[world]);
  const witSource = witFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
  writeFileSync(optimized, await componentEmbed({ binary, witSource, world }));
  return 0;
});
