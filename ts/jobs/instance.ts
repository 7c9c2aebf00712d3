// Instances of the component that can be used again.
//
// An instance costs a millisecond, and its memory some work for the garbage collector. So an ended copy leaves its
// instance to the next one, which can find nothing of the copy in it: the memory and the variables of the core modules
// get the values that they had at the start, and the host has closed all that the instance held. The core modules never
// change their tables; build/transpile.mjs checks that.

import type { Root } from '#bindings';
import type { CoreImports, CoreInstance } from '../host/web-assembly.js';
import { instantiateComponent } from './component.js';

/** A memory of a core module. */
interface Memory {
  readonly buffer: ArrayBuffer;
}

/** A variable of a core module, which build/transpile.mjs exports. */
interface Variable {
  value: unknown;
}

/**
 * How many bytes the memory of an instance may have grown before it is given up. A memory cannot shrink, so each reset
 * of it takes longer from then on, and each window of a large file lets it grow.
 */
const MOST_GROWTH = 4 * 1024 * 1024;

// Node's types do not declare WebAssembly.
declare const WebAssembly: {
  instantiate(module: object, imports?: CoreImports): Promise<CoreInstance>;
  readonly Memory: new (...never: never) => Memory;
  readonly Global: new (...never: never) => Variable;
};

/** An instance of the component, and the way back to its start. */
export interface Instance {
  readonly component: Root;
  /**
   * Gives the memory and the variables the values that they had at the start. Memory that was added is zero.
   *
   * @returns false if the instance must not be used again, because its memory has grown too much
   */
  reset(): boolean;
}

/**
 * Makes an instance of the component, as {@link instantiateComponent} does.
 *
 * @param imports the WASI imports
 */
export async function makeInstance(imports: object): Promise<Instance> {
  const exported: unknown[] = [];
  const component = await instantiateComponent(imports, async (module, given) => {
    const instance = await WebAssembly.instantiate(module, given as CoreImports);
    exported.push(...Object.values(instance.exports));
    return instance;
  });
  const memories = exported
    .filter((each) => each instanceof WebAssembly.Memory)
    .map((memory) => ({ memory, start: new Uint8Array(memory.buffer.slice(0)) }));
  const variables = exported
    .filter((each) => each instanceof WebAssembly.Global)
    .map((variable) => ({ variable, start: variable.value }));
  return {
    component,
    reset() {
      if (memories.some(({ memory, start }) => memory.buffer.byteLength > start.length + MOST_GROWTH)) {
        return false;
      }
      for (const { variable, start } of variables) {
        variable.value = start;
      }
      for (const { memory, start } of memories) {
        new Uint8Array(memory.buffer).fill(0, start.length).set(start);
      }
      return true;
    },
  };
}
