// The contestants. A command is started for each copy. A library is loaded once, in a process of its own (agent.mjs).
//
// A program that is not on the PATH is left out with a message. MAPCP_NODES lists other releases of Node, by the paths
// of their programs, with colons between them.

import { spawnSync } from 'node:child_process';
import { cpSync, createReadStream, createWriteStream, existsSync, rmSync } from 'node:fs';
import { copyFile, cp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { COPIES } from './cases.mjs';
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
 * @property {true} isOptional whether a benchmark without it is complete
 * @property {true} isWithoutKoffi whether it must not find koffi
 * @property {readonly string[]} cases the only cases in which it takes part; all if left out
 * @property {readonly string[]} runtime the program that runs the library, and its arguments; this Node if left out
 * @property {string} library the contestant whose library it runs; its own if left out
 * @property {string} program the program whose version the results have
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

/** The cases that are also run in other releases of Node, and in other runtimes. */
const MAIN_CASES = ['large', 'small', 'loop'];

/**
 * Libraries have no command line, so the agent serves as one.
 * @param {string} name
 * @returns {Command['command']}
 */
const startAgent = (name) => (_kind, source, target) => [process.execPath, agent, name, source, target];

/**
 * A command that takes a source and a target. It cannot copy without starting again.
 * @param {readonly string[]} command
 * @param {readonly string[]} forTrees its further options for a tree
 * @returns {Command['command']}
 */
const run =
  (command, ...forTrees) =>
  (kind, source, target) =>
    kind === 'loop' ? undefined : [...command, ...(isTree(kind) ? forTrees : []), source, target];

/**
 * @param {string} file the component, compiled or not
 * @param {readonly string[]} options
 * @returns {Command['command']}
 */
const runWasmtime =
  (file, ...options) =>
  (kind, source, target) =>
    kind === 'loop'
      ? undefined
      : [
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
 * @param {Library['load']} load
 * @returns {Library['load']} the same for trees only
 */
function loadTree(load) {
  return async (kind) => (isTree(kind) ? load(kind) : undefined);
}

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
 * @param {'procfs' | 'koffi'} by
 * @param {boolean} isInPlace
 * @returns {Library['load']}
 */
const loadBound = (by, isInPlace) => async (kind) =>
  isTree(kind) ? (source, target) => copyBySameCalls(source, target, by, isInPlace) : undefined;

/** @type {Library['load']} */
const loadCpSync = async (kind) =>
  isTree(kind) ? (source, target) => cpSync(source, target, { recursive: true }) : undefined;

/**
 * The first is the base of the ratios. Bounds are not rivals: they make mapcp's system calls without its engine, checks
 * and options, and show the time that would remain if those cost nothing.
 * @type {Record<string, Partial<Command & Library & Traits>>}
 */
export const contestants = {
  cp: {
    // A loop starts it for each copy.
    command: (kind, source, target) =>
      kind === 'loop'
        ? [
            'sh',
            '-c',
            'mkdir "$2" && for i in $(seq "$3"); do cp --reflink=never "$1" "$2/$i" || exit; done',
          ].concat('sh', source, target, `${COPIES}`)
        : ['cp', ...(isTree(kind) ? ['-r'] : []), '--reflink=never', source, target],
    program: 'cp',
  },
  // Lets the kernel copy, which reads and writes nothing, and shares blocks if the file system can.
  'cp -r': {
    command: (kind, source, target) => (isTree(kind) ? ['cp', '-r', source, target] : undefined),
  },
  'uutils cp': { isOptional: true, command: run(['coreutils', 'cp'], '-r'), program: 'coreutils' },
  xcp: { isOptional: true, command: run(['xcp', '--no-progress'], '-r'), program: 'xcp' },
  cpz: { isOptional: true, command: run(['cpz']), program: 'cpz' },
  rsync: {
    command: (kind, source, target) =>
      isTree(kind)
        ? ['rsync', '--recursive', `${source}/`, target]
        : run(['rsync', ...(kind === 'sparse' ? ['--sparse'] : [])])(kind, source, target),
    program: 'rsync',
  },
  mapcp: {
    isOurs: true,
    load: loadMapcp(),
    command: (_kind, source, target) => [process.execPath, cli, '-T', source, target],
  },
  'mapcp without koffi': { isOurs: true, isWithoutKoffi: true, load: loadTree(loadMapcp()) },
  'mapcp in two jobs': { isOurs: true, load: loadTree(loadMapcp({ concurrency: 2 })) },
  'mapcp with atomic: tree': { isOurs: true, load: loadTree(loadMapcp({ atomic: 'tree' })) },
  'mapcp on preview2-shim': { load: loadMapcpOnShim },
  'mapcp in wasmtime': { isOurs: true, command: runWasmtime(component), program: wasmtime },
  'mapcp in wasmtime (compiled)': {
    isOurs: true,
    command: runWasmtime(compiled, '--allow-precompiled'),
  },
  'bound: procfs': { load: loadBound('procfs', false) },
  'bound: procfs, final names': { load: loadBound('procfs', true) },
  'bound: koffi': { load: loadBound('koffi', false) },
  'bound: koffi, final names': { load: loadBound('koffi', true) },
  'bound: in C': {
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
    load: loadTree(async () => (source, target) => cp(source, target, { recursive: true })),
  },
  'fs.cpSync': { load: loadCpSync },
  "Bun's cpSync": {
    isOptional: true,
    load: loadCpSync,
    runtime: ['bun'],
    cases: MAIN_CASES,
    program: 'bun',
  },
  "Deno's cpSync": {
    isOptional: true,
    load: loadCpSync,
    runtime: ['deno', 'run', '--allow-all'],
    cases: MAIN_CASES,
    program: 'deno',
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

/** The releases of the other Nodes that take part. */
const releases = /** @type {string[]} */ ([]);

/** Adds mapcp and `fs.cpSync` in the releases of Node that MAPCP_NODES lists, except this one. */
export function addOtherNodes() {
  for (const node of (process.env.MAPCP_NODES ?? '').split(':').filter((path) => path !== '')) {
    const { stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    const release = stdout?.trim() || 'unknown';
    if (release === process.versions.node) {
      continue;
    }
    for (const library of ['mapcp', 'fs.cpSync']) {
      contestants[`${library} in Node ${release.split('.')[0]}`] = {
        ...contestants[library],
        ...{ isOptional: true, library, runtime: [node], cases: MAIN_CASES },
      };
    }
    releases.push(`Node ${release}`);
  }
}

/** The versions of the programs that are here, such as `cp (GNU coreutils) 9.1`. */
export function versions() {
  const programs = new Set(Object.values(contestants).flatMap(({ program }) => program ?? []));
  const found = [...programs].flatMap((program) => {
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    const [line = ''] = stdout?.trim().split('\n') ?? [];
    return line === '' ? [] : [/^[\d.]+$/.test(line) ? `${program} ${line}` : line.replace(/ +/g, ' ')];
  });
  return [...found, ...releases];
}

/** Compiles the component for wasmtime, if it is there, so copies do not include that. */
export function compileForWasmtime() {
  // If this component cannot be compiled, an older one must not be measured.
  rmSync(compiled, { force: true });
  if (existsSync(component)) {
    spawnSync(wasmtime, ['compile', component, '-o', compiled], { stdio: 'ignore' });
  }
}
