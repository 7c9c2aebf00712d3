// Running a component from its bytes.
//
// jco makes JavaScript of a component, which runs in this process and can do all that the process can. So the component
// must have no say in that code, whatever jco does with its names: a name that could end a string is refused here.

import { describe, isBytes, isError, isRecord, requireThat } from '../check.js';
import { checkOptions } from './check-options.js';
import { ExitError } from './cli.js';
import { requireWasi } from './component-imports.js';
import { createHost } from './create-host.js';
import type { Host, HostOptions } from './host.js';
import { RefusedError } from './refused-error.js';
import { type Translation, translate } from './translate.js';
import { TrapError } from './trap-error.js';

/** A compiled core module, which only WebAssembly knows more of. */
type CoreModule = object;

/** Imports of a core module, by module and name. */
type CoreImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

// Node's types have none.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<CoreModule>;
  instantiate(module: CoreModule, imports?: CoreImports): Promise<object>;
  Module: {
    imports(module: CoreModule): { module: string; name: string }[];
    exports(module: CoreModule): { name: string }[];
  };
};

/** What the code of a component exports. */
type Instantiate = (
  getCoreModule: (name: string) => CoreModule,
  imports: object,
  instantiateCore: typeof WebAssembly.instantiate,
) => Promise<Record<string, unknown>>;

/** How each release of WASI 0.2 calls what a command exports. */
const RUN = /^wasi:cli\/run@0\.2\.\d+$/;

/** The options that give an interface, for those who lack them. */
const givenBy: readonly (readonly [prefix: string, option: string])[] = [
  ['wasi:clocks/', 'clocks: true'],
  ['wasi:random/', 'random: true'],
];

/** A component that is ready to run, any number of times. Made by {@link loadComponent}. */
export class LoadedComponent {
  /** The interfaces and functions that it imports and uses, without versions, such as `wasi:cli/environment`. */
  readonly imports: readonly string[];
  readonly #instantiate: Instantiate;
  readonly #coreModules: ReadonlyMap<string, CoreModule>;

  /** @internal */
  constructor({ code, imports }: Translation, coreModules: ReadonlyMap<string, CoreModule>) {
    this.imports = imports;
    this.#instantiate = evaluate(code);
    this.#coreModules = coreModules;
  }

  /**
   * Runs a command, which is a component that exports `wasi:cli/run`, on a host of its own.
   *
   * @param options what it gets
   * @returns its exit status; rejects as {@link runComponent} does
   */
  async run(options: HostOptions = {}): Promise<number> {
    const host = await createHost(options);
    let exitCode: number | undefined;
    try {
      const exports = await this.#instance(host, (code) => {
        exitCode = code;
      });
      const { run } = commandIn(exports);
      // The `result` without values of which WASI has it becomes nothing, or an exception.
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
      throw new TrapError(error);
    } finally {
      host.close();
    }
  }

  /**
   * Makes an instance, for a component that is no command.
   *
   * @param host what it gets; to be closed when the instance is used no more
   * @returns its exports, by their names in WIT and, for interfaces, also by the last part of that in camel case. Calls of
   * them throw an {@link ExitError} if the component exits, and whatever WebAssembly throws at a trap.
   * @example
   * ```js
   * import { readFile } from 'node:fs/promises';
   * import { createHost, loadComponent } from 'mapcp/host';
   *
   * const component = await loadComponent(await readFile(new URL(import.meta.resolve('mapcp/component'))));
   * const host = await createHost({ clocks: true, random: true });
   * const { copier } = await component.instantiate(host);
   * host.close();
   * ```
   */
  async instantiate(host: Host): Promise<Readonly<Record<string, unknown>>> {
    requireThat(isRecord(host) && 'imports' in host, 'host', 'what createHost has made', host);
    return this.#instance(host, () => {});
  }

  async #instance(host: Host, onExit: (code: number) => void): Promise<Record<string, unknown>> {
    requireGiven(this.imports, host);
    return this.#instantiate(
      (name) => this.#coreModules.get(name) ?? notThere(name),
      host.imports,
      (module, imports) => WebAssembly.instantiate(module, withExitCode(imports, onExit)),
    );
  }
}

/**
 * Makes a component ready to run: checks that it can do no harm, and translates it by jco, which takes a second, and some
 * more for a large one.
 *
 * @param bytes a component for WASI 0.2, or a core module for WASI preview 1
 * @returns the component; rejects with a {@link RefusedError} if it is invalid or not to be trusted with this process, and
 * with an `Error` that says what to install if there is no jco
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
  const translation = await translate(bytes, isCoreModule(bytes) ? await adapterFor(bytes) : undefined);
  requireWasi(translation.component);
  const names = [...translation.coreModules.keys()];
  const coreModules = new Map<string, CoreModule>();
  for (const [at, module] of (
    await Promise.all([...translation.coreModules.values()].map(compile))
  ).entries()) {
    requireHarmless(module);
    coreModules.set(names[at] ?? '', module);
  }
  return new LoadedComponent(translation, coreModules);
}

/**
 * Runs a program: a component for WASI 0.2 that is a command, or a core module for WASI preview 1. It gets what the options
 * name, and nothing else: without any, it has no files, no arguments, no clock, and its output is discarded.
 *
 * It runs in this thread until it ends, after a second in which it is translated by jco. To run it again, and not wait for
 * that, keep what {@link loadComponent} makes.
 *
 * @param bytes the program
 * @param options what it gets
 * @returns its exit status, 0 for success. Rejects with a {@link RefusedError} that says why if it is not run, with a
 * {@link TrapError} if it ended abnormally, as {@link createHost} does if the options are wrong, and with an `Error` that says
 * what to install if there is no jco.
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
  // Before the second that the rest takes.
  checkOptions(options);
  return (await loadComponent(bytes)).run(options);
}

/** Whether bytes are a core module; throws a RefusedError unless that or a component. */
function isCoreModule(bytes: Uint8Array): boolean {
  const header = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  if (header !== '0061736d01000000' && header !== '0061736d0d000100') {
    throw new RefusedError('this is no WebAssembly: neither a component nor a core module begins so');
  }
  return header === '0061736d01000000';
}

async function adapterFor(bytes: Uint8Array): Promise<'Command' | 'Reactor'> {
  const isCommand = WebAssembly.Module.exports(await compile(bytes)).some(({ name }) => name === '_start');
  return isCommand ? 'Command' : 'Reactor';
}

async function compile(bytes: Uint8Array): Promise<CoreModule> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const why = isError(error) ? error.message.replace('WebAssembly.compile(): ', '') : describe(error);
    throw new RefusedError(`a core module is invalid here: ${why}`, { cause: error });
  }
}

/** Refuses a module with names that would not stay names in jco's code. */
function requireHarmless(module: CoreModule): void {
  const imports = WebAssembly.Module.imports(module).flatMap(({ module: from, name }) => [from, name]);
  const exports = WebAssembly.Module.exports(module).map(({ name }) => name);
  for (const name of [...imports, ...exports]) {
    if (name === '*' || /['"`\\\p{Cc}\p{Zl}\p{Zp}]|\*\//u.test(name)) {
      throw new RefusedError(
        `a core module imports or exports the name ${describe(name)}, which would not stay a name in the JavaScript that ` +
          "jco makes: '*' and names with quotes, backslashes or control characters are not run",
      );
    }
  }
}

/** Runs jco's code, which is a module that exports `instantiate` and an object of tools. */
function evaluate(code: string): Instantiate {
  const exported = /^export (?=const _util = \{|function instantiate\()/gm;
  const script = code.replace(exported, '').replaceAll('import.meta.url', 'undefined');
  if (code.match(exported)?.length !== 2 || /^(?:import|export)\b/m.test(script)) {
    throw new Error('these bindings were made by a version of jco that mapcp/host does not know');
  }
  // A function, and not a module from a data: URL. A module is never forgotten, and its URL is in each line of a stack.
  const make = new Function(`'use strict';\n${script}\nreturn instantiate;\n//# sourceURL=component.js`);
  return make() as Instantiate;
}

/** Refuses a component to which the host does not give all that it imports, and names that. */
function requireGiven(imports: readonly string[], host: Host): void {
  const missing = imports.filter((name) => !isGiven(name, host));
  if (missing.length > 0) {
    const options = givenBy.filter(([prefix]) => missing.some((name) => name.startsWith(prefix)));
    const help = options.length > 0 ? `: set ${options.map(([, option]) => option).join(', ')}` : '';
    throw new RefusedError(
      `the component imports ${missing.map(describe).join(', ')}, which this host does not give it${help}`,
    );
  }
}

function isGiven(name: string, { imports }: Host): boolean {
  try {
    return Reflect.get(imports, name) !== undefined;
  } catch {
    return false;
  }
}

/** What a command exports for running it; throws a RefusedError if it is none. */
function commandIn(exports: Record<string, unknown>): { run: () => unknown } {
  const names = Object.keys(exports);
  const command = exports[names.find((name) => RUN.test(name)) ?? ''];
  if (!isRecord(command) || typeof command.run !== 'function') {
    const others = names.filter((name) => name.includes(':') || typeof exports[name] === 'function');
    throw new RefusedError(
      `the component is no command, since it does not export 'wasi:cli/run' of WASI 0.2; it exports ` +
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
 * Has `onExit` called with the status of a program that is or was a core module for preview 1. Its adapter makes of that a
 * success or a failure, which is all that WASI 0.2 has.
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

function notThere(name: string): never {
  throw new Error(`jco has made no core module ${describe(name)}`);
}
