// Runs a core module for WASI preview 1 on several hosts, each in a process of its own.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';

/** @typedef {keyof typeof hosts} Host */

const { MAPCP_WASMTIME: wasmtime = 'wasmtime' } = process.env;

/** The most time that a run may take, in milliseconds. */
const LIMIT = 300_000;

/** What Go's own script for wasmtime asks for: Go's tests need a larger stack than wasmtime's default. */
const STACK = 'max-wasm-stack=8388608';

/**
 * Options that give a program its root, if it has one, and its variables.
 * @param {string | undefined} root
 * @param {readonly string[]} variables
 */
const given = (root, variables) => [
  ...(root === undefined ? [] : ['--dir', `${root}::/`]),
  ...variables.flatMap((each) => ['--env', each]),
];

/** The hosts, each with its command for a program, which the arguments of the program follow. */
const hosts = {
  'mapcp/host': (/** @type {string | undefined} */ root, /** @type {readonly string[]} */ variables) => [
    ...[process.execPath, join(import.meta.dirname, '../../build/out/js/run/main.js')],
    ...(root === undefined ? [] : ['--device', 'null']),
    ...given(root, variables),
  ],
  wasmtime: (/** @type {string | undefined} */ root, /** @type {readonly string[]} */ variables) => [
    ...[wasmtime, 'run', '-W', STACK, ...given(root, variables)],
  ],
  'node:wasi': (/** @type {string | undefined} */ root, /** @type {readonly string[]} */ variables) => [
    ...[process.execPath, '--no-warnings', join(import.meta.dirname, 'node-wasi.mjs')],
    JSON.stringify({ root, variables }),
  ],
};

/** The names of the hosts. */
export const hostNames = /** @type {Host[]} */ (Object.keys(hosts));

/** The version of wasmtime, for example `wasmtime 48.0.8`. */
export const wasmtimeVersion = () =>
  execFileSync(wasmtime, ['--version'], { encoding: 'utf8' })
    .replace(/\s*\(.*/s, '')
    .trim();

/**
 * Calls `use` with a new directory, and removes it.
 * @template Result
 * @param {(directory: string) => Promise<Result>} use
 */
export async function withWorkplace(use) {
  const directory = mkdtempSync(join(tmpdir(), 'mapcp-suites-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Runs a program.
 * @param {Host} host
 * @param {string | undefined} root the directory that the program sees as `/`
 * @param {readonly string[]} variables as NAME=VALUE
 * @param {string} program
 * @param {readonly string[]} args
 * @param {number} [limit] the most time that the run may take, in milliseconds
 * @returns {Promise<{ stdout: string, end: number | string }>} `end` is the exit status, or else the signal or the reason
 */
export async function run(host, root, variables, program, args, limit = LIMIT) {
  const [command = '', ...options] = hosts[host](root, variables);
  const child = spawn(command, [...options, program, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limit,
  });
  const [stdout, [status, signal]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { stdout, end: child.killed ? 'no end' : (status ?? signal) };
}
