// The parts of WebAssembly that the host uses, which Node's types do not declare.

import { describe, isError } from '../common/check.js';
import { lacksAddressSpace } from '../common/errors.js';
import { RefusedError } from './errors.js';

/** A compiled core module, opaque to this code. */
export type CoreModule = object;

/** Imports of a core module, by module and name. */
export type CoreImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a core module imports. */
export interface CoreImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

/** An instance of a core module. */
export interface CoreInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<CoreModule>;
  instantiate(module: CoreModule, imports?: CoreImports): Promise<CoreInstance>;
  Module: {
    new (bytes: Uint8Array): CoreModule;
    imports(module: CoreModule): CoreImport[];
    exports(module: CoreModule): { name: string; kind: string }[];
  };
  Instance: new (module: CoreModule) => CoreInstance;
  Memory: abstract new () => { readonly buffer: ArrayBuffer };
};

/** The first bytes of a core module and of a component, as text. */
const [CORE_MODULE, COMPONENT] = ['0,97,115,109,1,0,0,0', '0,97,115,109,13,0,1,0'];

/** Whether the bytes are a core module. Throws a {@link RefusedError} if they are neither that nor a component. */
export function isCoreModule(bytes: Uint8Array): boolean {
  const header = bytes.subarray(0, 8).join();
  if (header !== CORE_MODULE && header !== COMPONENT) {
    throw new RefusedError('this is not WebAssembly: it begins neither as a component nor as a core module');
  }
  return header === CORE_MODULE;
}

/** Instantiates a core module. */
export type Instantiates = typeof WebAssembly.instantiate;

// Functions, because the command must be able to load this file and then report that there is no WebAssembly.

/** Instantiates a core module with its imports. Rejects with a {@link RefusedError} if there is no room for its memory. */
export async function instantiate(module: CoreModule, imports?: CoreImports): Promise<CoreInstance> {
  try {
    return await WebAssembly.instantiate(module, imports);
  } catch (error) {
    // Its start function can throw a RangeError as well, if the stack has no room.
    if (isError(error) && error.name === 'RangeError' && /out of memory/i.test(error.message)) {
      throw new RefusedError(lacksAddressSpace("the program's memory"), { cause: error });
    }
    throw error;
  }
}

/** Returns the imports of a core module. */
export const importsOf = (module: CoreModule): CoreImport[] => WebAssembly.Module.imports(module);

/** Returns the exports of a core module. */
export const exportsOf = (module: CoreModule): { name: string; kind: string }[] =>
  WebAssembly.Module.exports(module);

/** Whether an export of an instance is a memory. */
export const isMemory = (value: unknown): value is { readonly buffer: ArrayBuffer } =>
  value instanceof WebAssembly.Memory;

/** Compiles and instantiates a small core module without imports. */
export const instantiateNow = (bytes: Uint8Array): CoreInstance =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes));

/** Compiles a core module. Rejects with a {@link RefusedError} if it is invalid. */
export async function compile(bytes: Uint8Array): Promise<CoreModule> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const why = isError(error) ? error.message.replace('WebAssembly.compile(): ', '') : describe(error);
    throw new RefusedError(`a core module is invalid here: ${why}`, { cause: error });
  }
}
