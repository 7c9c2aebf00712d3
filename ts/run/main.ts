#!/usr/bin/env node
// `mapcp-run`: runs a program in a sandbox, as `wasmtime run` does.
//
// It keeps no translated programs: a program that may write to the home directory could put its own JavaScript there.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { addressSpaceAdvice, escaped, lacksAddressSpace } from '../common/errors.js';
import { OverlapError, RefusedError, runComponent, TrapError } from '../host/index.js';
import { help, type Program, readArguments, UsageError } from './arguments.js';

/** The descriptor of standard input. Asking `process.stdin` for it would open a stream. */
const STDIN = 0;

const STATUS_REFUSED = 1;
const STATUS_USAGE = 2;
/** The exit status of a program that called `abort`, as in wasmtime. */
const STATUS_TRAPPED = 134;

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));
  return `mapcp-run ${version}\n`;
}

/** Reads a program. Its errors name the file. */
function programIn(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RefusedError(`cannot read '${file}': ${why}`, { cause: error });
  }
}

/** Adds the name of the file to an error of `runComponent`, which knows only the program's bytes. */
function refuse(file: string, error: unknown): never {
  throw error instanceof RefusedError
    ? new RefusedError(`'${file}': ${error.message}`, { cause: error.cause })
    : error;
}

async function runProgram({ file, args, preopens, allowOverlap, devices, env }: Program): Promise<number> {
  return runComponent(programIn(file), {
    args: [basename(file), ...args],
    env,
    preopens,
    allowOverlap,
    devices,
    stdin: STDIN,
    stdout: 'inherit',
    stderr: 'inherit',
    clocks: true,
    random: true,
    network: 'deny',
  }).catch((error) => refuse(file, error));
}

function statusOf(error: unknown): number {
  return error instanceof UsageError
    ? STATUS_USAGE
    : error instanceof TrapError
      ? STATUS_TRAPPED
      : STATUS_REFUSED;
}

/** Says why the program was not run, or how it ended. */
function reasonOf(error: unknown): string {
  if (error instanceof OverlapError) {
    return `${error.reason}; use --allow-overlap if that is intended`;
  }
  if (!(error instanceof Error)) {
    return String(error);
  }
  if (error instanceof RefusedError && error.message.includes(lacksAddressSpace(''))) {
    return `${error.message}: ${addressSpaceAdvice}`;
  }
  // V8 throws this at a module that it cannot read.
  const isUnknown = error.cause instanceof Error && error.cause.name === 'CompileError';
  const hint = ` (this is Node ${process.version}; later releases know more of WebAssembly)`;
  return error.message + (isUnknown ? hint : '');
}

/** Prints why the program was not run, or how it ended, and returns the exit status. */
function explain(error: unknown): number {
  process.stderr.write(`mapcp-run: ${reasonOf(error).split('\n').map(escaped).join('\n')}\n`);
  return statusOf(error);
}

/**
 * Makes SIGUSR1 end the process, as other signals do. Otherwise, Node answers it by opening a debugger port, and anyone
 * who reaches that can leave the sandbox. When its last listener is removed, a signal has its default effect.
 */
function closeDebugger(): void {
  const listener = () => {};
  process.on('SIGUSR1', listener).off('SIGUSR1', listener);
}

async function main(): Promise<number> {
  closeDebugger();
  const invocation = readArguments(process.argv.slice(2), process.env);
  if (typeof invocation === 'string') {
    process.stdout.write(invocation === 'help' ? help : version());
    return 0;
  }
  return processStatus(await runProgram(invocation));
}

/** Returns what a shell sees of a status. A process has 8 bits for it, which must not turn a failure into success. */
function processStatus(status: number): number {
  return status & 0xff || Math.min(status, 1);
}

process.exitCode = await main().catch(explain);
