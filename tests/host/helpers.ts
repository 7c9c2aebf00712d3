import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { Command as Program } from '../../ts/host/command.js';
import type { Access, Preopen } from '../../ts/host/grant.js';
import type { Host } from '../../ts/host/host.js';
import { createHostWith } from '../../ts/host/host.js';
import type { CheckedHostOptions } from '../../ts/host/host-options.js';
import { NoKoffiError } from '../../ts/host/koffi.js';
import type { Walker } from '../../ts/host/walker.js';
import { ntWalker } from '../../ts/host/walker-nt.js';
import { openatWalker } from '../../ts/host/walker-openat.js';
import { pathWalker } from '../../ts/host/walker-path.js';
import { procfsWalker } from '../../ts/host/walker-procfs.js';
import { compile } from '../../ts/host/web-assembly.js';
import { temporaryDirectory } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';
import { wasmtime } from '../helpers/wasmtime.js';

/** A descriptor in a component's bindings. */
export type Descriptor = ReturnType<Host['imports']['wasi:filesystem/preopens']['getDirectories']>[number][0];

const procfs = procfsWalker();

/** The walker that needs koffi, if koffi can be loaded, which is not so in tests that only pretend to run on Windows. */
function windowsWalkers(): [string, Walker][] {
  try {
    return [['nt', ntWalker()]];
  } catch (error) {
    if (error instanceof NoKoffiError) {
      return [];
    }
    throw error;
  }
}

/** All walkers. Some are for other systems, but are tested here too. */
export const walkers: [string, Walker][] = [
  ...(procfs ? ([['procfs', procfs]] satisfies [string, Walker][]) : []),
  ...(process.platform === 'win32'
    ? windowsWalkers()
    : ([['openat', openatWalker()]] satisfies [string, Walker][])),
  ['path', pathWalker],
];

const byCoreModule: [string, Walker][] = walkers.map(([name, walker]) => [
  `${name} (core module)`,
  { ...walker },
]);

/**
 * All walkers, each twice: programs run as components, and as core modules for preview 1. Both have the same objects, so
 * tests of objects need only `walkers`.
 */
export const programWalkers = [...walkers, ...byCoreModule];

/** Creates a host, and closes it after the test. */
export function hostWith(walker: Walker, options: CheckedHostOptions): Host {
  const host = createHostWith(walker, options);
  onTestFinished(() => host.close());
  return host;
}

/** The preopens of a host by name. */
export function preopensOf(host: Host): (name: string) => Descriptor {
  const directories = new Map(
    host.imports['wasi:filesystem/preopens'].getDirectories().map(([descriptor, name]) => [name, descriptor]),
  );
  return (name) => {
    const found = directories.get(name);
    if (found === undefined) {
      throw new Error(`there is no preopen '${name}'`);
    }
    return found;
  };
}

/** A host with a directory `box` as its only preopen, and `outside` beside it. */
export function sandbox(walker: Walker, access: 'read' | 'read-write' = 'read-write') {
  const top = temporaryDirectory();
  const box = join(top, 'box');
  const outside = join(top, 'outside');
  mkdirSync(box);
  mkdirSync(outside);
  const host = hostWith(walker, { preopens: { '/': { path: box, access } } });
  return { box, outside, host, root: preopensOf(host)('/') };
}

/** The payload that `act` throws, which the guest would get, or 'ok'. Throws anything else. */
export function outcome(act: () => unknown): unknown {
  try {
    act();
    return 'ok';
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'payload' in error) {
      return error.payload;
    }
    throw error;
  }
}

/** The numbers of this process's open file descriptors. */
export function openDescriptors(count: (path: string) => string[]): number {
  return count('/proc/self/fd').length;
}

interface Command {
  instantiate(core: undefined, imports: object): Promise<{ run: { run(): void } }>;
}

/** Runs the guest `calls` in the way that belongs to the walker, and returns its lines. */
export async function callsOn(
  walker: Walker,
  options: CheckedHostOptions,
  calls: readonly string[],
): Promise<string[]> {
  let output = '';
  const given: CheckedHostOptions = {
    ...options,
    args: ['calls', ...calls],
    stdout: (bytes) => {
      output += Buffer.from(bytes).toString();
    },
    clocks: true,
    random: true,
  };
  if (byCoreModule.some(([, other]) => other === walker)) {
    const module = await compile(readFileSync(built('wasm', 'guests', 'calls.wasm')));
    expect(await new Program(module).runOn(walker, given)).toBe(0);
    return output.trimEnd().split('\n');
  }
  using host = createHostWith(walker, given);
  const { instantiate }: Command = await import(pathToFileURL(built('node', 'guests', 'calls.js')).href);
  const { run } = await instantiate(undefined, host.imports);
  run.run();
  return output.trimEnd().split('\n');
}

/** A call of the guest and its result. */
export type Attempt = [call: string, answer: string];

interface Circumstances {
  /** A second preopen, which the guest calls `+`. */
  other?: Preopen;
  access?: Access;
  /** Changes by other processes, one for each call `meanwhile` of the guest. */
  meanwhile?: (() => void)[];
}

/** Runs a hostile program's calls in `box`, and compares the results. */
export async function expectAnswers(
  walker: Walker,
  box: string,
  attempts: readonly Attempt[],
  { other, access = 'read-write', meanwhile = [] }: Circumstances = {},
): Promise<void> {
  const calls = attempts.map(([call]) => call);
  const coming = [...meanwhile];
  const lines = await callsOn(
    walker,
    {
      preopens: { '/': { path: box, access }, ...(other && { '/other': other }) },
      stderr: () => coming.shift()?.(),
    },
    calls,
  );
  expect(lines.map((line, index) => [calls[index], line])).toEqual(attempts);
  expect(coming).toEqual([]);
}

/** Like `callsOn`, but in wasmtime, with `directory` as the root. */
export function callsOnWasmtime(directory: string, calls: readonly string[]): string[] {
  const args = ['run', '--dir', `${directory}::/`, built('guests', 'calls.wasm'), ...calls];
  const { status, stdout, stderr } = spawnSync(wasmtime ?? '', args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`wasmtime: ${stderr}`);
  }
  return stdout.trimEnd().split('\n');
}

/** Expects a lowered method to refuse flat parameters of wrong types, and missing ones. */
export function expectCheckedParameters(
  method: (...flat: unknown[]) => unknown,
  flat: readonly (number | bigint)[],
): void {
  const refusal = "other types than WASI's";
  for (const [index, right] of flat.entries()) {
    const others = typeof right === 'bigint' ? [0, 1.5, Number.NaN] : [0n, 1.5, Number.NaN, 2 ** 32, -1e300];
    for (const wrong of [...others, undefined, 'file', {}]) {
      expect(() => method(...flat.with(index, wrong as number))).toThrow(refusal);
    }
  }
  for (let count = 0; count < flat.length; count++) {
    expect(() => method(...flat.slice(0, count))).toThrow(refusal);
  }
}
