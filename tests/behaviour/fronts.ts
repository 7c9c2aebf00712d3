import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import type { CopyReport } from 'mapcp';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { copyByApi } from './api.mjs';
import { type FrontName, flagsFor } from './behaviour.js';
import type { Outcome, Request, Told } from './outcome.js';

/** One of the ways to reach the engine. */
export interface Front {
  readonly name: FrontName;
  /** Whether it gives the copy the permissions of its source; WASI knows none. */
  readonly hasModes: boolean;
  /** Whether what it copies to has blocks to count, and so holes. */
  readonly hasBlocks: boolean;
  /** How many decimals of a second it can set; Node knows no more than microseconds. */
  readonly decimals: 6 | 9;
  /** Copies; without the superuser's right to read and write everything where `isOrdinaryUser` is set. */
  copy(request: Request, isOrdinaryUser: boolean): Promise<Outcome>;
}

/** Runs a program to its end, and fails where it did not end by itself. */
function runProgram(command: readonly string[], cwd: string, isOrdinaryUser: boolean) {
  const [program = '', ...rest] = [...(isOrdinaryUser ? asOrdinaryUser : []), ...command];
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error !== undefined || (status !== 0 && status !== 1)) {
    throw error ?? new Error(`${program} ended with status ${status}: ${stderr}`);
  }
  return { status, stdout, stderr };
}

/** By `copy()`, in this process where it may be. */
export const api: Front = {
  name: 'API',
  hasModes: true,
  hasBlocks: true,
  decimals: 6,
  copy: async (request, isOrdinaryUser) => {
    if (!isOrdinaryUser) {
      return copyByApi(request);
    }
    const program = resolve(import.meta.dirname, 'api-process.mjs');
    const command = [process.execPath, program, JSON.stringify(request)];
    return JSON.parse(runProgram(command, request.directory, true).stdout) as Outcome;
  },
};

/** The arguments for a request. TARGET is the copy's own path, as it is for the API. */
function argumentsFor({ source, target, options }: Request): readonly string[] {
  const exact = options.filterSource ? [] : ['-T'];
  // By default, the API copies a link as one.
  const links = options.symlinks === undefined ? ['-P'] : [];
  return ['--json', '--no-progress', ...exact, ...links, ...(flagsFor(options) ?? []), '--', source, target];
}

/** Runs a command line, which says with --json what the API would. */
function copyByCommand(command: readonly string[]): Front['copy'] {
  return async (request, isOrdinaryUser) => {
    const { status, stdout, stderr } = runProgram(
      [...command, ...argumentsFor(request)],
      request.directory,
      isOrdinaryUser,
    );
    if (stderr !== '') {
      throw new Error(`there is something on standard error: ${stderr}`);
    }
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string } & Told & Partial<CopyReport>);
    const told = (type: string) =>
      lines.filter((line) => line.type === type).map(({ code, message }) => ({ code, message }));
    const report = lines.find((line) => line.type === 'report');
    return arrange(status, told('error'), told('warning'), report);
  };
}

/** By the command line under Node. */
export const commandLine: Front = {
  name: 'command line',
  hasModes: true,
  hasBlocks: true,
  decimals: 6,
  copy: copyByCommand([process.execPath, resolve('build/out/js/cli/main.js')]),
};

/** By the component's own command line in wasmtime. */
export const inWasmtime: Front = {
  name: 'wasmtime',
  hasModes: false,
  hasBlocks: true,
  decimals: 9,
  copy: copyByCommand([
    wasmtime ?? '',
    'run',
    '--dir',
    'in',
    '--dir',
    'out',
    resolve('build/out/mapcp.wasm'),
  ]),
};

/** What went wrong is a failure where the work came to its end all the same, and its error otherwise. */
function arrange(
  status: number,
  errors: readonly Told[],
  warnings: readonly Told[],
  counts: Outcome['counts'],
): Outcome {
  if ((status === 0) !== (errors.length === 0)) {
    throw new Error(`status ${status} with ${errors.length} errors`);
  }
  const wentOn = counts !== undefined;
  return { error: wentOn ? undefined : errors[0], failures: wentOn ? errors : [], warnings, counts };
}
