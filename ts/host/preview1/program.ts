// A core module that is a command for WASI preview 1. It runs as it is: no JavaScript is made from it.

import { isArrayBuffer } from 'node:util/types';
import { describe, isError } from '../../common/check.js';
import { takeHostOptions } from '../check-options.js';
import { walkerFor } from '../create-host.js';
import { ExitError, RefusedError, TrapError } from '../errors.js';
import { grantAll } from '../granted.js';
import type { HostOptions } from '../host-options.js';
import type { LoadedComponent } from '../loaded.js';
import { Guest } from '../lowering/guest.js';
import { MOST_RESOURCES } from '../resources.js';
import type { Walker } from '../walker.js';
import {
  type CoreInstance,
  CoreMemory,
  type CoreModule,
  exportsOf,
  importsOf,
  instantiate,
} from '../web-assembly.js';
import { Descriptors } from './descriptors.js';
import { fileFunctions } from './files.js';
import { functionsFrom, Memory, signatures } from './functions.js';
import { pathFunctions } from './paths.js';
import { processFunctions } from './process.js';

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
 * Whether a core module is a command that needs nothing but preview 1. One that exports functions for a component is
 * none: those have names such as `wasi:cli/run@0.2.0#run`.
 */
export function isProgram(module: CoreModule): boolean {
  const exported = exportsOf(module).map(({ name }) => name);
  return (
    exported.includes(START) &&
    !exported.some((name) => name.includes('#') || name.startsWith('cabi_')) &&
    importsOf(module).every((each) => each.module === PREVIEW_1)
  );
}

/** A command for preview 1 that is ready to run. */
export class Program implements LoadedComponent {
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

  async run(options: HostOptions = {}): Promise<number> {
    const taken = takeHostOptions(options);
    return this.runOn(walkerFor(taken), taken);
  }

  /** Runs the command as `run` does, and reaches directories through `walker`. Does not check the options. */
  async runOn(walker: Walker, options: HostOptions): Promise<number> {
    this.#requireGranted(options);
    const granted = grantAll(walker, options);
    let descriptors: Descriptors | undefined;
    try {
      descriptors = new Descriptors(
        granted.cli,
        granted.directories(),
        options.maxResources ?? MOST_RESOURCES,
      );
      const memory = new Memory();
      const functions = functionsFrom({
        ...fileFunctions(memory, descriptors, granted.times),
        ...pathFunctions(memory, descriptors, granted.times),
        ...processFunctions(memory, descriptors, granted.cli),
      });
      const { exports } = await instantiate(this.#module, { [PREVIEW_1]: functions });
      memory.attach(new Guest({ memory: this.#memoryIn(exports) }, 0, START));
      startIn(exports)();
      return 0;
    } catch (error) {
      return statusOf(error);
    } finally {
      descriptors?.closeAll();
      granted.close();
    }
  }

  async instantiate(): Promise<never> {
    throw new RefusedError('the program is a core module, which exports nothing for JavaScript: use run');
  }

  /** Refuses a program unless the options grant what it imports. */
  #requireGranted(options: HostOptions): void {
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

  #memoryIn({ memory }: CoreInstance['exports']): { readonly buffer: ArrayBuffer } {
    if (this.#names.length === 0) {
      return { buffer: new ArrayBuffer(0) };
    }
    if (!(memory instanceof CoreMemory) || !isArrayBuffer(memory.buffer)) {
      throw new RefusedError("the program exports no memory with the name 'memory' that it has for itself");
    }
    return memory;
  }
}

function startIn({ [START]: start }: CoreInstance['exports']): () => void {
  if (typeof start !== 'function') {
    throw new RefusedError(`the program's export '${START}' is no function`);
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
  throw error instanceof RefusedError ? error : new TrapError(error);
}
