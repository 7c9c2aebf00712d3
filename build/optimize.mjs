// Optimizes a core module: `node build/optimize.mjs CORE.wasm OPTIMIZED.wasm`.
//
// clang's linker puts functions together and does not look at them again. Binaryen does, and takes a fifth of the code away,
// which every start reads and compiles.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import binaryen from 'binaryen';
import { runScript, ToolError } from './clang.mjs';

await runScript(async () => {
  const [core, optimized] = process.argv.slice(2);
  if (core === undefined || optimized === undefined) {
    throw new ToolError('usage: node build/optimize.mjs CORE.wasm OPTIMIZED.wasm');
  }
  // As clang's -Os does.
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(1);
  // The names of functions stay, for the stacks of those who look for a fault.
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(readFileSync(core));
  module.optimize();
  if (!module.validate()) {
    throw new ToolError(`binaryen made an invalid module of ${core}`);
  }
  writeFileSync(optimized, module.emitBinary());
  return 0;
});
