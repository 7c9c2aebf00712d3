// Compares mapcp/host with wasmtime on calls that programs make in loops: `make bench-host`.
//
// They take turns, so other load on the machine hits both, and the medians are compared. Each time is that of one run:
// wasmtime's includes the start of its process, with the program compiled in advance; the host's does not include
// `loadComponent`, which compiles the program.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadComponent } from 'mapcp/host';
import { median } from './median.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const SIZE = 200_000_000;
const path = join(import.meta.dirname, '../../build/out/wasm/tests/bench/host.wasm');
const wasmtime = process.env.MAPCP_WASMTIME ?? 'wasmtime';

/** @type {Readonly<Record<string, readonly string[]>>} */
const cases = {
  'cat of 200 MB': ['cat', '/d/source'],
  '3,200 writes of 64 KiB': ['write', '/d/target', '3200'],
  '100,000 calls of clock_gettime': ['time', '100000'],
};

const directory = mkdtempSync(join(process.env.PLACE ?? tmpdir(), 'mapcp-bench-host-'));
try {
  writeFileSync(join(directory, 'source'), '');
  truncateSync(join(directory, 'source'), SIZE);
  execFileSync(wasmtime, ['compile', path, '-o', join(directory, 'host.cwasm')]);
  const program = await loadComponent(readFileSync(path));
  const preopens = { '/d': { path: directory, access: /** @type {const} */ ('read-write') } };
  const output = openSync(join(directory, 'output'), 'w');

  /**
   * @param {readonly string[]} args
   * @returns {Promise<number>} the exit status
   */
  const onHost = (args) =>
    program.run({
      args: ['bench', ...args],
      preopens,
      stdout: output,
      stderr: 'inherit',
      clocks: true,
      random: true,
    });

  /**
   * @param {readonly string[]} args
   * @returns {Promise<number | null>} the exit status
   */
  const onWasmtime = async (args) => {
    const own = ['run', '--allow-precompiled', '--dir', `${directory}::/d`, join(directory, 'host.cwasm')];
    return spawnSync(wasmtime, [...own, ...args], { stdio: ['ignore', output, 'inherit'] }).status;
  };

  console.log(
    `Node ${process.version}, ${execFileSync(wasmtime, ['--version'], { encoding: 'utf8' }).trim()}`,
  );
  for (const [name, args] of Object.entries(cases)) {
    /** @type {{ host: number[], wasmtime: number[] }} */
    const seconds = { host: [], wasmtime: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const [runner, run] of /** @type {const} */ ([
        ['host', onHost],
        ['wasmtime', onWasmtime],
      ])) {
        truncateSync(join(directory, 'output'), 0);
        const start = performance.now();
        const status = await run(args);
        seconds[runner].push((performance.now() - start) / 1000);
        if (status !== 0) {
          throw new Error(`${name} on ${runner} has the exit status ${status}`);
        }
      }
    }
    const [ours, theirs] = [median(seconds.host), median(seconds.wasmtime)];
    console.log(
      `${name}: mapcp/host ${ours.toFixed(3)} s, wasmtime ${theirs.toFixed(3)} s, ratio ${(ours / theirs).toFixed(2)}`,
    );
  }
  closeSync(output);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
