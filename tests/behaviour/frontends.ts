import { resolve } from 'node:path';
import process from 'node:process';
import type { CopyReport } from 'mapcp';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';
import { runProgram } from '../helpers/program.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { copyByApi, slashed } from './api.mjs';
import { type FrontendName, flagsFor } from './behaviour.js';
import type { Outcome, Request, Told } from './outcome.js';

/** A frontend of the engine. */
export interface Frontend {
  readonly name: FrontendName;
  /** Whether it preserves permissions, which WASI does not have. */
  readonly hasModes: boolean;
  /** Whether its file system has blocks to count, and so holes. */
  readonly hasBlocks: boolean;
  /** How much earlier a copy's time may be than its source's, less a nanosecond. Node cannot set every time. */
  readonly grain: bigint;
  /** Copies. If `isOrdinaryUser`, without the superuser's right to ignore permissions. */
  copy(request: Request, isOrdinaryUser: boolean): Promise<Outcome>;
}

/** This runtime, with what it needs before a program. */
const runtime =
  process.versions.deno === undefined ? [process.execPath] : [process.execPath, 'run', '--allow-all'];

const isWindows = process.platform === 'win32';

/** Node sets times to the microsecond, and Deno to the millisecond. */
const NODE_GRAIN = process.versions.deno === undefined ? 1_000n : 1_000_000n;

/**
 * What must be before a program that gets input. Deno loses the result of a program that ends before it has read its
 * input, so there another one reads all of it.
 */
const reader =
  process.versions.deno === undefined ? [] : ['sh', '-c', '{ cat; cat >/dev/null; } | "$@"', 'sh'];

/** Runs a program, and throws if it is killed. */
function runToEnd(command: readonly string[], cwd: string, isOrdinaryUser: boolean, input = '') {
  const [program = '', ...rest] = [
    ...(input === '' ? [] : reader),
    ...(isOrdinaryUser ? asOrdinaryUser : []),
    ...command,
  ];
  const { status, stdout, stderr, error } = runProgram(program, rest, { cwd, input });
  // A program may end before it has read its input.
  const isUnread = error !== undefined && 'code' in error && error.code === 'EPIPE';
  if ((error !== undefined && !isUnread) || (status !== 0 && status !== 1)) {
    throw error ?? new Error(`${program} ended with status ${status}: ${stderr}`);
  }
  return { status, stdout, stderr };
}

/** Copies by `copy()`, in this process if possible. */
export const api: Frontend = {
  name: 'API',
  hasModes: !isWindows,
  hasBlocks: !isWindows,
  grain: NODE_GRAIN,
  copy: async (request, isOrdinaryUser) => {
    if (!isOrdinaryUser) {
      return copyByApi(request);
    }
    const program = resolve('tests/behaviour/api-process.mjs');
    const command = [...runtime, program, JSON.stringify(request)];
    return JSON.parse(runToEnd(command, request.directory, true).stdout) as Outcome;
  },
};

/** The arguments for a request. TARGET is the copy's own path, as for the API. */
function argumentsFor({ source, target, options, stream }: Request): readonly string[] {
  const exact = options.filterSource ? [] : ['-T'];
  const from = stream === undefined ? source : '-';
  // By default, the API copies a link as a link.
  const links = options.symlinks === undefined ? ['-P'] : [];
  return ['--json', '--no-progress', ...exact, ...links, ...(flagsFor(options) ?? []), '--', from, target];
}

/** Standard input for a request: its stream, or its list of files. */
function inputFor({ stream, options: { files } }: Request): string {
  return stream ?? Array.from((files ?? []) as Iterable<string>, (path) => `${path}\0`).join('');
}

/** Copies by a command line, whose output of --json equals the API's. */
function copyByCommand(command: readonly string[]): Frontend['copy'] {
  return async (request, isOrdinaryUser) => {
    const { status, stdout, stderr } = runToEnd(
      [...command, ...argumentsFor(request)],
      request.directory,
      isOrdinaryUser,
      inputFor(request),
    );
    if (stderr !== '') {
      throw new Error(`there is something on standard error: ${stderr}`);
    }
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string } & Told & Partial<CopyReport>);
    const told = (type: string) =>
      lines
        .filter((line) => line.type === type)
        .map(({ code, message }) => ({ code, message: slashed(message) }));
    const report = lines.find((line) => line.type === 'report');
    return arrange(status, told('error'), told('warning'), report);
  };
}

/** The command line in Node. */
export const commandLine: Frontend = {
  name: 'command line',
  hasModes: !isWindows,
  hasBlocks: !isWindows,
  grain: NODE_GRAIN,
  copy: copyByCommand([...runtime, resolve('build/out/js/cli/main.js')]),
};

/** The component's own command line in wasmtime. */
export const inWasmtime: Frontend = {
  name: 'wasmtime',
  hasModes: false,
  hasBlocks: true,
  grain: 1n,
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

/** The program of the engine's own tests. */
export const engineTests = resolve('build/out/native/engine-tests');

/** The component's command line, built for this machine with sanitizers. There, nothing confines a copy. */
export const natively: Frontend = {
  name: 'native',
  hasModes: false,
  hasBlocks: true,
  grain: 1n,
  copy: copyByCommand([engineTests, 'mapcp']),
};

/** If the copy reached its end, these are errors of entries. Otherwise the last one is its own error. */
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
  return { error: wentOn ? undefined : errors[0], errors: wentOn ? errors : [], warnings, counts };
}
