// A core module that is a command for WASI preview 1. It runs as it is: no JavaScript is made from it.

import { describe, isError } from '../../common/check.js';
import { ExitError, RefusedError } from '../errors.js';
import { trapError } from '../trap.js';
import {
  type CoreInstance,
  type CoreModule,
  exportsOf,
  importsOf,
  instantiate,
  isMemory,
} from '../web-assembly.js';
import { Descriptors } from './descriptors.js';
import { fileFunctions } from './files.js';
import { functionsFrom, signatures } from './functions.js';
import { type InstanceMemory, Memory } from './memory.js';
import { pathFunctions } from './paths.js';
import { processFunctions } from './process.js';
import type { System } from './system.js';

/** The module from which programs for preview 1 import. */
const PREVIEW_1 = 'wasi_snapshot_preview1';

/** The function that runs a command. */
const START = '_start';

/** The functions that a program gets only if an option grants them. */
const grants: readonly (readonly [option: 'clocks' | 'random', RegExp])[] = [
  ['clocks', /^(?:clock_(?:res|time)_get|poll_oneoff)$/],
  ['random', /^random_get$/],
];

/**
 * Whether a core module is a command that needs nothing but preview 1. A module that is made to become a component is
 * not: it exports names such as `wasi:cli/run@0.2.0#run`.
 */
export function isProgram(module: CoreModule): boolean {
  const exported = exportsOf(module).map(({ name }) => name);
  return (
    exported.includes(START) &&
    !exported.some((name) => name.includes('#') || name.startsWith('cabi_')) &&
    importsOf(module).every((each) => each.module === PREVIEW_1)
  );
}

/** A command for preview 1 that is ready to run, any number of times. */
export class Program {
  /** The functions that it imports, such as `wasi_snapshot_preview1/fd_read`. */
  readonly imports: readonly string[];
  readonly #module: CoreModule;
  readonly #names: readonly string[];

  /** Throws a {@link RefusedError} if the module imports something that preview 1 does not have. */
  constructor(module: CoreModule) {
    const imported = importsOf(module);
    const unknown = imported.find(
      ({ name, kind }) => kind !== 'function' || !Object.hasOwn(signatures, name),
    );
    if (unknown !== undefined) {
      throw new RefusedError(
        `the program imports the ${unknown.kind} ${describe(unknown.name)}, which WASI preview 1 does not have`,
      );
    }
    this.#module = module;
    this.#names = [...new Set(imported.map(({ name }) => name))];
    this.imports = this.#names.map((name) => `${PREVIEW_1}/${name}`);
  }

  /** Throws a {@link RefusedError} unless the options grant what the program imports. */
  requireGranted(options: { readonly clocks?: boolean; readonly random?: boolean }): void {
    const missing = grants.filter(
      ([option, names]) => !options[option] && this.#names.some((name) => names.test(name)),
    );
    if (missing.length > 0) {
      const names = this.#names.filter((name) => missing.some(([, matching]) => matching.test(name)));
      throw new RefusedError(
        `the program imports ${names.map((name) => describe(`${PREVIEW_1}/${name}`)).join(', ')}, which this host does not ` +
          `provide: set ${missing.map(([option]) => `${option}: true`).join(', ')}`,
      );
    }
  }

  /**
   * Runs the command.
   *
   * @returns its exit status. Rejects with a {@link RefusedError} if it is not run, and with a {@link TrapError} if it
   * ends abnormally. Everything that it opened is closed.
   */
  async run(system: System): Promise<number> {
    let descriptors: Descriptors | undefined;
    try {
      descriptors = new Descriptors(system);
      const memory = new Memory();
      const functions = functionsFrom({
        ...fileFunctions(memory, descriptors, system),
        ...pathFunctions(memory, descriptors, system),
        ...processFunctions(memory, descriptors, system),
      });
      const { exports } = await instantiate(this.#module, { [PREVIEW_1]: functions });
      memory.attach(this.#memoryIn(exports));
      startIn(exports)();
      return 0;
    } catch (error) {
      return statusOf(error);
    } finally {
      descriptors?.closeAll();
    }
  }

  #memoryIn({ memory }: CoreInstance['exports']): InstanceMemory {
    if (this.#names.length === 0) {
      return { buffer: new ArrayBuffer(0) };
    }
    // The tag also recognises buffers of other realms, and not those that threads share.
    if (!isMemory(memory) || Object.prototype.toString.call(memory.buffer) !== '[object ArrayBuffer]') {
      throw new RefusedError("the program exports no memory with the name 'memory' that it has for itself");
    }
    return memory;
  }
}

function startIn({ [START]: start }: CoreInstance['exports']): () => void {
  if (typeof start !== 'function') {
    throw new RefusedError(`the program's export '${START}' is not a function`);
  }
  return start as () => void;
}

/** Returns the exit status of a program that has ended by `error`. Throws why it was not run, or how it ended. */
function statusOf(error: unknown): number {
  if (error instanceof ExitError) {
    return error.status;
  }
  if (isError(error) && error.name === 'LinkError') {
    throw new RefusedError(`the program cannot be linked: ${error.message}`, { cause: error });
  }
  throw error instanceof RefusedError ? error : trapError('program', error);
}
