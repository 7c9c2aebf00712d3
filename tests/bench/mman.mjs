// Compares a copy by assignment between two mappings (mmapped-files-cpp) with the engine's copy, both as components:
// `make bench-mman`. Fails if it takes more than 2.5 times as long.
//
// They take turns, so other load on the machine hits both. The medians are compared.

import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { createHost } from 'mapcp/host';
import { median } from './median.mjs';

const SIZE = 256 * 1024 * 1024;
const ROUNDS = 7;
const LIMIT = 2.5;

const out = join(import.meta.dirname, '../../build/out');
const programs = {
  engine: { component: join(out, 'mapcp.wasm'), bindings: join(out, 'bindings/mapcp.js') },
  mappings: {
    component: join(out, 'samples/mmapped-files-cpp.wasm'),
    bindings: join(out, 'node/samples/mmapped-files-cpp.js'),
  },
};

/** @typedef {{ component: string, bindings: string }} Program */

/**
 * Writes a file of random bytes.
 * @param {string} path
 */
function makeSource(path) {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1024 * 1024);
  for (let written = 0; written < SIZE; written += block.length) {
    writeSync(file, randomFillSync(block));
  }
  closeSync(file);
}

/**
 * Copies in Node on our host, and returns the time of the call.
 * @param {Program} program
 * @param {string} directory
 */
async function copyUnderNode({ bindings }, directory) {
  const { instantiate } = await import(bindings);
  const preopens = { '/': { path: directory, access: /** @type {const} */ ('read-write') } };
  const host = await createHost({
    preopens,
    args: ['copy', '/a', '/b'],
    stderr: 2,
    clocks: true,
    random: true,
  });
  const { run } = await instantiate(undefined, host.imports);
  const start = performance.now();
  run.run();
  const time = performance.now() - start;
  host.close();
  return time;
}

/**
 * Copies in wasmtime, and returns the time of the process without that of compiling the component.
 * @param {string} wasmtime
 * @param {Program} program
 * @param {string} directory
 */
function copyUnderWasmtime(wasmtime, { component }, directory) {
  const compiled = join(directory, `${basename(component)}.compiled`);
  if (!existsSync(compiled)) {
    spawnSync(wasmtime, ['compile', component, '-o', compiled], { stdio: 'inherit' });
  }
  const start = performance.now();
  const args = ['run', '--allow-precompiled', '--dir', `${directory}::/`, compiled, '/a', '/b'];
  const { status } = spawnSync(wasmtime, args, { stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`wasmtime ended with status ${status}`);
  }
  return performance.now() - start;
}

/**
 * Measures both programs in one run. Returns whether the mappings are within the limit.
 * @param {string} name
 * @param {string} directory
 * @param {(program: Program, directory: string) => number | Promise<number>} copy
 */
async function compare(name, directory, copy) {
  /** @type {{ engine: number[], mappings: number[] }} */
  const times = { engine: [], mappings: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of /** @type {const} */ (['engine', 'mappings'])) {
      rmSync(join(directory, 'b'), { force: true });
      times[kind].push(await copy(programs[kind], directory));
    }
  }
  const [engine, mappings] = [median(times.engine), median(times.mappings)];
  const ratio = mappings / engine;
  console.log(
    `${name}: engine ${engine.toFixed(0)} ms, mappings ${mappings.toFixed(0)} ms, ratio ${ratio.toFixed(2)}`,
  );
  return ratio <= LIMIT;
}

const directory = mkdtempSync(join(tmpdir(), 'mapcp-bench-'));
try {
  makeSource(join(directory, 'a'));
  console.log(`256 MiB, medians of ${ROUNDS}, limit ${LIMIT}`);
  const { MAPCP_WASMTIME: wasmtime = 'wasmtime' } = process.env;
  const results = [await compare('node', directory, copyUnderNode)];
  if (spawnSync(wasmtime, ['--version']).error) {
    console.log('wasmtime: skipped, there is none on PATH or in MAPCP_WASMTIME');
  } else {
    results.push(await compare('wasmtime', directory, copyUnderWasmtime.bind(null, wasmtime)));
  }
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
