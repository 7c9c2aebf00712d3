// The contestants. A command is started for each copy. A library is loaded once, in a process of its own (agent.mjs).

import { spawnSync } from 'node:child_process';
import { cpSync, createReadStream, createWriteStream, existsSync, rmSync } from 'node:fs';
import { copyFile, cp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { copyBySameCalls } from './same-calls.mjs';
import { measured } from './settings.mjs';

/** @typedef {import('./cases.mjs').Case['kind']} Kind */

/**
 * @typedef {(source: string, target: string) => unknown} Copy copies to a new path
 */

/**
 * @typedef {object} Command
 * @property {(kind: Kind, source: string, target: string) => readonly string[] | undefined} command returns the
 *   program and its arguments; undefined if it cannot do the task
 */

/**
 * @typedef {object} Library
 * @property {(kind: Kind) => Promise<Copy | undefined>} load rejects if it is not installed; resolves to undefined if
 *   it cannot do the task
 */

/**
 * @typedef {object} Traits
 * @property {true} isOurs whether it is mapcp
 * @property {true} copiesNothing
 */

const out = join(import.meta.dirname, '../../build/out');
const cli = join(out, 'js/cli/main.js');
const component = join(out, 'mapcp.wasm');
const compiled = join(measured, 'mapcp.cwasm');
const sameCalls = join(out, 'native/tests/bench/same-calls');
const agent = join(import.meta.dirname, 'agent.mjs');
const wasmtime = process.env.MAPCP_WASMTIME ?? 'wasmtime';

/** @param {Kind} kind */
const isTree = (kind) => kind === 'tree';

/**
 * Libraries have no command line, so the agent serves as one.
 * @param {string} name
 * @returns {Command['command']}
 */
const startAgent = (name) => (_kind, source, target) => [process.execPath, agent, name, source, target];

/**
 * @param {string} file the component, compiled or not
 * @param {readonly string[]} options
 * @returns {Command['command']}
 */
const runWasmtime =
  (file, ...options) =>
  (kind, source, target) => [
    wasmtime,
    'run',
    ...options,
    ...['--dir', `${dirname(source)}::/in`, '--dir', `${dirname(target)}::/out`],
    file,
    ...(isTree(kind) ? ['-rT'] : ['-T']),
    ...[`/in/${basename(source)}`, `/out/${basename(target)}`],
  ];

/**
 * @param {import('mapcp').CopyOptions} [options]
 * @returns {Library['load']}
 */
const loadMapcp =
  (options = {}) =>
  async (kind) => {
    const { copy } = await import('mapcp');
    return (source, target) => copy(source, target, { recursive: isTree(kind), ...options });
  };

/**
 * Only a tree can be divided.
 * @param {number} concurrency
 * @returns {Library['load']}
 */
const loadDivided = (concurrency) => async (kind) =>
  isTree(kind) ? loadMapcp({ concurrency })(kind) : undefined;

/** @type {Library['load']} */
async function loadMapcpOnShim(kind) {
  const { copy } = await import('mapcp');
  const { WASIShim } = await import('@bytecodealliance/preview2-shim/instantiation');
  /** @type {import('mapcp').HostMaker} */
  const host = (preopens) => {
    const paths = Object.fromEntries(Object.entries(preopens).map(([name, { path }]) => [name, path]));
    const sandbox = { preopens: paths, env: {}, args: [], enableNetwork: false };
    return { imports: new WASIShim({ sandbox }).getImportObject() };
  };
  return (source, target) => copy(source, target, { recursive: isTree(kind), host });
}

/** @type {Library['load']} */
async function loadCpy(kind) {
  const { default: cpy } = await import('cpy');
  return isTree(kind)
    ? (source, target) => cpy('**', target, { cwd: source, dot: true })
    : (source, target) => cpy(source, dirname(target), { rename: basename(target), flat: true });
}

/** @type {Library['load']} */
async function loadFsExtra() {
  const { default: extra } = await import('fs-extra');
  return extra.copy;
}

/**
 * The first is the base of the ratios. Bounds are not rivals: they make mapcp's system calls without its engine, checks
 * and options, and show the time that would remain if those cost nothing.
 * @type {Readonly<Record<string, Partial<Command & Library & Traits>>>}
 */
export const contestants = {
  cp: {
    command: (kind, source, target) => [
      'cp',
      ...(isTree(kind) ? ['-r'] : []),
      '--reflink=never',
      source,
      target,
    ],
  },
  // Lets the kernel copy, which reads and writes nothing, and shares blocks if the file system can.
  'cp -r': {
    command: (kind, source, target) => (isTree(kind) ? ['cp', '-r', source, target] : undefined),
  },
  rsync: {
    command: (kind, source, target) =>
      isTree(kind)
        ? ['rsync', '--recursive', `${source}/`, target]
        : ['rsync', ...(kind === 'sparse' ? ['--sparse'] : []), source, target],
  },
  mapcp: {
    isOurs: true,
    load: loadMapcp(),
    command: (_kind, source, target) => [process.execPath, cli, '-T', source, target],
  },
  'mapcp in two jobs': { isOurs: true, load: loadDivided(2) },
  'mapcp with atomic: tree': {
    isOurs: true,
    load: async (kind) => (isTree(kind) ? loadMapcp({ atomic: 'tree' })(kind) : undefined),
  },
  'mapcp on preview2-shim': { load: loadMapcpOnShim },
  'mapcp in wasmtime': { isOurs: true, command: runWasmtime(component) },
  'mapcp in wasmtime (compiled)': {
    isOurs: true,
    command: runWasmtime(compiled, '--allow-precompiled'),
  },
  'bound: same calls in Node': { load: async (kind) => (isTree(kind) ? copyBySameCalls : undefined) },
  'bound: same calls in C': {
    command: (kind, source, target) => (isTree(kind) ? [sameCalls, source, target] : undefined),
  },
  'node -e 0': {
    copiesNothing: true,
    command: (kind) => (kind === 'start' ? [process.execPath, '-e', '0'] : undefined),
  },
  'fs.copyFile': {
    load: async (kind) => (isTree(kind) ? undefined : copyFile),
    command: startAgent('fs.copyFile'),
  },
  'fs.cp': {
    load: async (kind) =>
      isTree(kind) ? (source, target) => cp(source, target, { recursive: true }) : undefined,
  },
  'fs.cpSync': {
    load: async (kind) =>
      isTree(kind) ? (source, target) => cpSync(source, target, { recursive: true }) : undefined,
  },
  'stream pipeline': {
    load: async (kind) =>
      isTree(kind)
        ? undefined
        : (source, target) => pipeline(createReadStream(source), createWriteStream(target)),
  },
  cpy: { load: loadCpy, command: startAgent('cpy') },
  'fs-extra': { load: loadFsExtra, command: startAgent('fs-extra') },
};

/** Compiles the component for wasmtime, if it is there, so copies do not include that. */
export function compileForWasmtime() {
  // If this component cannot be compiled, an older one must not be measured.
  rmSync(compiled, { force: true });
  if (existsSync(component)) {
    spawnSync(wasmtime, ['compile', component, '-o', compiled], { stdio: 'ignore' });
  }
}
