// Running a component from its bytes. `command.ts` runs programs that are core modules.
//
// jco translates a component to JavaScript, which runs in this process with all its rights. So the component must
// have no influence on that code, even through its names: a name that could end a string is refused here.

import { describe, isBytes, isError, isRecord, requireThat } from '../common/check.js';
import { takeHostOptions } from './check-options.js';
import { Command } from './command.js';
import { requireWasi } from './component-imports.js';
import { createHost } from './create-host.js';
import { ExitError, RefusedError } from './errors.js';
import type { Host } from './host.js';
import type { HostOptions } from './host-options.js';
import type { LoadedComponent } from './loaded.js';
import { isProgram } from './preview1/program.js';
import { type Translation, translate } from './translate.js';
import { trapError } from './trap.js';
import {
  type CoreImports,
  type CoreModule,
  compile,
  exportsOf,
  type Instantiates,
  importsOf,
  instantiate as instantiateCore,
  isCoreModule,
} from './web-assembly.js';

/** The function that a translated component exports. */
type Instantiate = (
  getCoreModule: (name: string) => CoreModule,
  imports: object,
  instantiateCore: Instantiates,
) => Promise<Record<string, unknown>>;

/** The name of a command's export, in any release of WASI 0.2. */
const RUN = /^wasi:cli\/run@0\.2\.\d+$/;

/**
 * Names of exports that mean something else in JavaScript, or in the code that jco makes around them. JavaScript takes an
 * object with a function `then` for a promise: an `await` of the exports would never end.
 */
const NOT_FOR_EXPORTS = /^(?:then|undefined|eval|arguments|globalThis|(?:module|exports)\d+)$/;

/** The code by which jco has WebAssembly suspend a component. */
const SUSPENDS = /\bWebAssembly\.(?:promising|Suspending)\b/;

/** The same for imports that are asynchronous. Those of a host are not, so this code never runs. */
const SUSPENDS_NOT =
  /_trampoline\d+\.manuallyAsync \? new WebAssembly\.Suspending\(|(?:realloc|postReturn)\d+Async = WebAssembly\.promising\(/g;

/** The definition of jco's debugging output. */
const DEFINES_DEBUGGING = /^([ \t]*const _debugLog = )(?=\(\.\.\.args\) => \{$)/m;

/** A call of it. No name of a component is at the start of a line. */
const CALLS_DEBUGGING = /^([ \t]*_debugLog)(?=\()/gm;

/** The options that provide an interface, for errors about a missing one. */
const optionsByInterface: readonly (readonly [prefix: string, option: string])[] = [
  ['wasi:clocks/', 'clocks: true'],
  ['wasi:random/', 'random: true'],
  ['wasi:sockets/', "network: 'deny'"],
];

/** A component that jco has translated. */
class TranslatedComponent implements LoadedComponent {
  readonly imports: readonly string[];
  readonly #instantiate: Instantiate;
  readonly #coreModules: ReadonlyMap<string, CoreModule>;

  constructor({ code, imports }: Translation, coreModules: ReadonlyMap<string, CoreModule>) {
    this.imports = imports;
    this.#instantiate = evaluate(code);
    this.#coreModules = coreModules;
  }

  async run(options: HostOptions = {}): Promise<number> {
    const host = await createHost(options);
    let exitCode: number | undefined;
    try {
      const exports = await this.#instance(host, (code) => {
        exitCode = code;
      });
      const { run } = commandIn(exports);
      // WASI's `result` without values becomes undefined, or an exception.
      requireNothing(run());
      return 0;
    } catch (error) {
      if (error instanceof ExitError) {
        return exitCode ?? error.status;
      }
      if (error instanceof RefusedError) {
        throw error;
      }
      if (isError(error) && 'payload' in error) {
        return 1;
      }
      throw trapError('component', error);
    } finally {
      host.close();
    }
  }

  async instantiate(host: Host): Promise<Readonly<Record<string, unknown>>> {
    requireThat(isRecord(host) && 'imports' in host, 'host', 'a host made by createHost', host);
    return this.#instance(host, () => {});
  }

  async #instance(host: Host, onExit: (code: number) => void): Promise<Record<string, unknown>> {
    requireProvided(this.imports, host);
    return this.#instantiate(
      (name) => this.#coreModules.get(name) ?? missingCoreModule(name),
      host.imports,
      (module, imports) => instantiateCore(module, withExitCode(imports, onExit)),
    );
  }
}

/**
 * Makes a component ready to run: checks that it cannot harm the process, and translates it with jco. That takes
 * about a second, and more for a large component. A core module that is a command needs no translation.
 *
 * @param bytes a component for WASI 0.2, or a core module for WASI preview 1
 * @returns the component. Rejects with a {@link RefusedError} if it is invalid or could harm the process, and with an
 * `Error` that says what to install if jco is missing.
 * @example
 * ```js
 * import { readFile } from 'node:fs/promises';
 * import { loadComponent } from 'mapcp/host';
 *
 * const program = await loadComponent(await readFile(new URL(import.meta.resolve('mapcp/component'))));
 * for (const option of ['--version', '--help']) {
 *   await program.run({ args: ['mapcp', option], stdout: 'inherit', clocks: true, random: true });
 * }
 * ```
 */
export async function loadComponent(bytes: Uint8Array): Promise<LoadedComponent> {
  requireThat(isBytes(bytes), 'bytes', 'a Uint8Array, such as readFileSync returns', bytes);
  // The caller, or another thread, may change the bytes meanwhile. The host must run what it has checked.
  const own = new Uint8Array(bytes);
  const core = isCoreModule(own) ? await compile(own) : undefined;
  if (core !== undefined && isProgram(core)) {
    return new Command(core);
  }
  const translation = await translate(own, core && adapterFor(core));
  requireWasi(translation.component);
  requireNamesForExports(translation.exports);
  requireSynchronous(translation.code);
  const names = [...translation.coreModules.keys()];
  const coreModules = new Map<string, CoreModule>();
  for (const [at, module] of (
    await Promise.all([...translation.coreModules.values()].map(compile))
  ).entries()) {
    requireHarmless(module);
    coreModules.set(names[at] ?? '', module);
  }
  return new TranslatedComponent(translation, coreModules);
}

/**
 * Runs a program: a component for WASI 0.2 that is a command, or a core module for WASI preview 1. It gets only what
 * the options name. Without options it has no files, no arguments and no clock, and its output is discarded.
 *
 * First jco translates a component, which takes about a second. Then the program blocks this thread until it ends. To
 * run it several times, translate it once with {@link loadComponent}.
 *
 * @param bytes the program
 * @param options what the program gets; default: nothing
 * @returns its exit status, 0 for success. Rejects with a {@link RefusedError} that says why if the program is not
 * run, and with a {@link TrapError} if it ends abnormally. Rejects as {@link createHost} does if the options are
 * wrong, and with an `Error` that says what to install if jco is missing.
 * @example
 * ```js
 * import { readFile } from 'node:fs/promises';
 * import { runComponent } from 'mapcp/host';
 *
 * const program = await readFile(new URL(import.meta.resolve('mapcp/component')));
 * process.exitCode = await runComponent(program, {
 *   args: ['mapcp', '--recursive', '/in', '/out/photos'],
 *   preopens: {
 *     '/in': { path: 'photos', access: 'read' },
 *     '/out': { path: 'backup', access: 'read-write' },
 *   },
 *   stdout: 'inherit',
 *   stderr: 'inherit',
 *   clocks: true,
 *   random: true,
 * });
 * ```
 */
export async function runComponent(bytes: Uint8Array, options: HostOptions = {}): Promise<number> {
  // Taken before the translation: that takes a second, in which the caller may change them.
  const taken = takeHostOptions(options);
  return (await loadComponent(bytes)).run(taken);
}

function adapterFor(module: CoreModule): 'Command' | 'Reactor' {
  return exportsOf(module).some(({ name }) => name === '_start') ? 'Command' : 'Reactor';
}

/** Refuses a module whose names could become code in jco's JavaScript. */
function requireHarmless(module: CoreModule): void {
  const imports = importsOf(module).flatMap(({ module: from, name }) => [from, name]);
  const exports = exportsOf(module).map(({ name }) => name);
  for (const name of [...imports, ...exports]) {
    if (name === '*' || /['"`\\\p{Cc}\p{Zl}\p{Zp}]|\*\//u.test(name)) {
      throw new RefusedError(
        `a core module imports or exports the name ${describe(name)}, which could become code in the JavaScript that ` +
          "jco makes: '*' and names with quotes, backslashes or control characters are refused",
      );
    }
  }
}

/** Refuses a component with exports whose names JavaScript would take for something else. */
function requireNamesForExports(exports: readonly string[]): void {
  const taken = exports.find((name) => NOT_FOR_EXPORTS.test(name));
  if (taken !== undefined) {
    throw new RefusedError(
      `the component exports the name ${describe(taken)}, which means something else in JavaScript`,
    );
  }
}

/**
 * Refuses a component that can be suspended. It would go on after its call has returned and its host is closed. If it
 * trapped then, the rejection would be unhandled, which ends the process.
 */
function requireSynchronous(code: string): void {
  if (SUSPENDS.test(code.replace(SUSPENDS_NOT, ''))) {
    throw new RefusedError(
      'the component has asynchronous functions, or waits for something: WASI 0.2 has neither',
    );
  }
}

/** Evaluates jco's code, which is a module that exports `instantiate` and an object of tools. */
function evaluate(code: string): Instantiate {
  const exported = /^export (?=const _util = \{|function instantiate\()/gm;
  const script = withoutDebugging(code.replace(exported, '').replaceAll('import.meta.url', 'undefined'));
  if (code.match(exported)?.length !== 2 || /^(?:import|export)\b/m.test(script)) {
    throw new RefusedError(
      'jco made JavaScript of the component that mapcp/host does not know: the component has something that WASI 0.2 does ' +
        'not have, such as a stream, or jco is of another version',
    );
  }
  // A function, not a module from a data: URL: Node never forgets a module, and its URL is in every line of a stack.
  const make = new Function(`'use strict';\n${script}\nreturn instantiate;\n//# sourceURL=component.js`);
  return make() as Instantiate;
}

/**
 * Turns off jco's debugging output. For each call of the component it makes ten objects, and looks at an environment
 * variable each time, which takes longer than most calls.
 */
function withoutDebugging(script: string): string {
  return DEFINES_DEBUGGING.test(script)
    ? script
        .replace(DEFINES_DEBUGGING, '$1undefined, _unusedLog = ')
        // The arguments of an optional call are not even evaluated.
        .replace(CALLS_DEBUGGING, '$1?.')
    : script;
}

/** Refuses a component unless the host provides everything that it imports. The error names what is missing. */
function requireProvided(imports: readonly string[], host: Host): void {
  const missing = imports.filter((name) => !isProvided(name, host));
  if (missing.length > 0) {
    const options = optionsByInterface.filter(([prefix]) => missing.some((name) => name.startsWith(prefix)));
    const help = options.length > 0 ? `: set ${options.map(([, option]) => option).join(', ')}` : '';
    throw new RefusedError(
      `the component imports ${missing.map(describe).join(', ')}, which this host does not provide${help}`,
    );
  }
}

function isProvided(name: string, { imports }: Host): boolean {
  try {
    return Reflect.get(imports, name) !== undefined;
  } catch {
    return false;
  }
}

/** Returns the `run` that a command exports. Throws a RefusedError if the component is not a command. */
function commandIn(exports: Record<string, unknown>): { run: () => unknown } {
  const names = Object.keys(exports);
  const command = exports[names.find((name) => RUN.test(name)) ?? ''];
  if (!isRecord(command) || typeof command.run !== 'function') {
    const others = names.filter((name) => name.includes(':') || typeof exports[name] === 'function');
    throw new RefusedError(
      `the component is not a command: it does not export 'wasi:cli/run' of WASI 0.2; it exports ` +
        `${others.length > 0 ? others.map(describe).join(', ') : 'nothing'}`,
    );
  }
  return { run: command.run as () => unknown };
}

function requireNothing(result: unknown): void {
  if (result !== undefined) {
    throw new RefusedError("the component exports 'wasi:cli/run' with another type than WASI's");
  }
}

/**
 * Wraps the imports of a core module so that `onExit` gets the exit status of a program for preview 1. Its adapter
 * reduces the status to success or failure, because WASI 0.2 has nothing else.
 */
function withExitCode(
  imports: CoreImports | undefined,
  onExit: (code: number) => void,
): CoreImports | undefined {
  const wasi = imports?.wasi_snapshot_preview1;
  const exit = wasi?.proc_exit;
  if (typeof exit !== 'function') {
    return imports;
  }
  const noting = (code: number): unknown => {
    onExit(code >>> 0);
    return exit(code);
  };
  return { ...imports, wasi_snapshot_preview1: { ...wasi, proc_exit: Object.assign(noting, exit) } };
}

function missingCoreModule(name: string): never {
  throw new Error(`jco made no core module ${describe(name)}`);
}
