// Tests of Go's standard library that pass in wasmtime also pass on mapcp/host. `make suites` runs more packages.

import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { wasmtime } from '../helpers/wasmtime.js';
import { goVersion, testPackage } from './go.mjs';
import { withWorkplace } from './hosts.mjs';

const go = goVersion();
// WASI preview 1 exists since Go 1.21.
const isUsable = go !== undefined && Number(/^go1\.(\d+)/.exec(go)?.[1]) >= 21;
if (!isUsable) {
  const sentence = `there is no Go 1.21 or newer${go === undefined ? '' : `, only ${go}`}: put it on PATH, or name it in MAPCP_GO`;
  if (process.env.CI) {
    throw new Error(sentence);
  }
  console.warn(`${sentence}; its tests are skipped`);
}

describe.skipIf(!isUsable || wasmtime === undefined)("the tests of Go's package", () => {
  // The least number of tests that pass shows that the run reached them.
  it.each([
    ['os', 1000],
    ['crypto/rand', 100],
  ])('%s pass on mapcp/host if they pass in wasmtime', async (name, least) => {
    const { 'mapcp/host': mapcp, wasmtime: expected } = await withWorkplace((workplace) =>
      testPackage(workplace, name, ['mapcp/host', 'wasmtime']),
    );
    expect([expected.broken, mapcp.broken]).toEqual([undefined, undefined]);
    expect(expected.passed.length).toBeGreaterThan(least);
    expect(expected.passed.filter((test) => !mapcp.passed.includes(test))).toEqual([]);
  });
});
