import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { asOrdinaryUser } from './ordinary-user.js';
import { wasmtime } from './wasmtime.js';

/** How a program ended, and what it said. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** One way to run the programs of a folder of build/out. */
export interface Runtime {
  name: string;
  /** Whether it is missing here. */
  missing: boolean;
  /** What becomes of a program that ends with status 2: a WASI command has no status but 0 and 1. */
  usageStatus: number;
  /** Runs a program in a directory, which is all of the file system that it is meant to see. */
  run(program: string, directory: string, args: string[]): Outcome;
}

/** Runs a program to its end, with the rights of an ordinary user. */
export function runFile(command: string, args: string[], cwd: string): Outcome {
  const [program = '', ...rest] = [...asOrdinaryUser, command, ...args];
  const { status, stdout, stderr, error } = spawnSync(program, rest, { cwd, encoding: 'utf8' });
  if (error) {
    throw error;
  }
  return { status, stdout, stderr };
}

const out = join(import.meta.dirname, '../../build/out');

/** The path of a thing that make has built, or an error that names the target that builds it. */
export function built(...path: string[]): string {
  const file = join(out, ...path);
  if (!existsSync(file)) {
    throw new Error(`${file} is missing: run 'make test-programs'`);
  }
  return file;
}

/** Under Node, with one of the hosts of run-command.mjs. */
function nodeRuntime(name: string, host: string, folder: string): Runtime {
  const runner = join(import.meta.dirname, 'run-command.mjs');
  return {
    name,
    missing: false,
    usageStatus: 1,
    run: (program, directory, args) => {
      const bindings = built('node', folder, `${program}.js`);
      return runFile(process.execPath, [runner, host, bindings, directory, program, ...args], directory);
    },
  };
}

/** The ways to run what make has built from `folder`: natively, under Node with either host, and under wasmtime. */
export function runtimesOf(folder: string): Runtime[] {
  return [
    {
      name: 'native',
      // Built where there are native compilers. CI has them, and must not pass without.
      missing: process.env.CI === undefined && !existsSync(join(out, 'native', folder)),
      usageStatus: 2,
      run: (program, directory, args) => runFile(built('native', folder, program), args, directory),
    },
    nodeRuntime('node', 'mapcp', folder),
    nodeRuntime('preview2-shim', 'preview2-shim', folder),
    {
      name: 'wasmtime',
      missing: wasmtime === undefined,
      usageStatus: 1,
      run: (program, directory, args) => {
        const component = built(folder, `${program}.wasm`);
        return runFile(wasmtime ?? '', ['run', '--dir', `${directory}::/`, component, ...args], directory);
      },
    },
  ];
}
