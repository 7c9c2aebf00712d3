import { addressSpaceAdvice, lacksAddressSpace } from '../common/errors.js';

/**
 * Instantiates a component.
 *
 * @param instantiate makes an instance
 * @throws an Error that says what to do if the runtime has no WebAssembly, or no room for an instance
 */
export async function explainInstantiation<T>(instantiate: () => Promise<T>): Promise<T> {
  if (!('WebAssembly' in globalThis)) {
    throw new Error('WebAssembly is not available, and the component needs it: start Node without --jitless');
  }
  try {
    return await instantiate();
  } catch (error) {
    // By its name, because a RangeError of another realm is of another class.
    if (typeof error === 'object' && error !== null && 'name' in error && error.name === 'RangeError') {
      const why = lacksAddressSpace("the component's memory");
      throw new Error(`${why}: ${addressSpaceAdvice}`, { cause: error });
    }
    throw error;
  }
}
