import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { asOrdinaryUser } from './ordinary-user.js';
import { type Outcome, outcomeOf, runProgram } from './program.js';
import { mayTest } from './tools.js';
import { wasmtime } from './wasmtime.js';

/** A way to run the programs of a folder of build/out. */
export interface Runtime {
  name: string;
  /** Whether this machine lacks it. */
  missing: boolean;
  /** The status that a shell sees if a program ends with status 2: WASI commands have only 0 and 1. */
  usageStatus: number;
  /** Runs a program that sees only `directory`. */
  run(program: string, directory: string, args: string[]): Outcome;
}

/** Runs a program with the rights of an ordinary user. */
export function runFile(command: string, args: string[], cwd: string): Outcome {
  const [program = '', ...rest] = [...asOrdinaryUser, command, ...args];
  return outcomeOf(runProgram(program, rest, { cwd }));
}

// The tests for other runtimes are one file in build/out/tests.
const top = import.meta.dirname.replace(/(?:tests.helpers|build.out.tests)$/, '');
const out = join(top, 'build/out');

/** The path of a build output. Throws an error that names the make target if it is missing. */
export function built(...path: string[]): string {
  const file = join(out, ...path);
  if (!existsSync(file)) {
    throw new Error(`${file} is missing: run 'make test-programs'`);
  }
  return file;
}

/** Node with one of the hosts of run-command.mjs. */
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

/** The runtimes for the programs of `folder`: native, Node with either host, and wasmtime. */
export function runtimesOf(folder: string): Runtime[] {
  return [
    {
      name: 'native',
      // Built if there are native compilers. CI has them, so there the programs must exist.
      missing: !mayTest(existsSync(join(out, 'native', folder))),
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
