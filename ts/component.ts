import { readFile } from 'node:fs/promises';
import { type ImportObject, instantiate, type Root } from '#bindings';
import type { CopyJob, CopyError as Failure } from '#bindings/interfaces/mapcp-copy-copier.js';

export type {
  CopyError as Failure,
  CopyJob,
  ErrorCode,
  Progress,
} from '#bindings/interfaces/mapcp-copy-copier.js';

/** The component's exports. */
export type Component = Root;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

async function compile(name: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL(name, import.meta.resolve('#bindings'))));
}

/** A core module of the component, compiled once in a process and then shared: a module holds no state. */
function coreModule(name: string): Promise<WebAssembly.Module> {
  let module = compiled.get(name);
  if (module === undefined) {
    module = compile(name);
    compiled.set(name, module);
  }
  return module;
}

/**
 * A new instance of the component, with memory of its own.
 *
 * @param imports the WASI imports: all that the instance can reach
 */
export async function instantiateComponent(imports: object): Promise<Component> {
  return instantiate(coreModule, imports as ImportObject);
}

/**
 * Drops a job, which removes what it has not finished.
 *
 * @param job the job; it cannot be used any more
 */
export function dropJob(job: CopyJob): void {
  // Every resource of the bindings can be disposed of, though their types do not say so.
  (job as CopyJob & Disposable)[Symbol.dispose]();
}

/**
 * What the component reports as its error, or undefined where something else went wrong.
 *
 * @param error what a call into the component has thrown
 */
export function failureOf(error: unknown): Failure | undefined {
  // The bindings wrap the error of a result in an Error that has it as its payload.
  return error instanceof Error && 'payload' in error ? (error.payload as Failure) : undefined;
}
