// Optimizes a core module: `node build/optimize.mjs CORE.wasm OPTIMIZED.wasm`.
//
// clang does not optimize across objects. Binaryen does, and removes a fifth of the code that every start compiles.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import binaryen from 'binaryen';
import { runScript, ToolError } from './clang.mjs';

await runScript(async () => {
  const [core, optimized] = process.argv.slice(2);
  if (core === undefined || optimized === undefined) {
    throw new ToolError('usage: node build/optimize.mjs CORE.wasm OPTIMIZED.wasm');
  }
  // Equal to -Os.
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(1);
  // Keeps the names of functions, for stacks.
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(readFileSync(core));
  module.optimize();
  if (!module.validate()) {
    throw new ToolError(`binaryen made an invalid module of ${core}`);
  }
  writeFileSync(optimized, module.emitBinary());
  return 0;
});
