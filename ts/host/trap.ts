// Ending a component. A component can catch what JavaScript throws into it, by WebAssembly's own exceptions, and go
// on as if nothing had happened. It cannot catch a trap. So an error that must end the component is thrown by a trap.

import { instantiateNow } from './web-assembly.js';

/** `(module (func (export "trap") unreachable))`. */
const module = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // The type of a function without parameters and results, and a function of that type.
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x08, 0x01, 0x04, 0x74, 0x72, 0x61, 0x70, 0x00, 0x00],
  ...[0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b],
);

let trap: (() => void) | undefined;

const endings = new WeakSet();

/** Returns what WebAssembly throws at a trap. */
function trapped(): object {
  trap ??= instantiateNow(module).exports.trap as () => void;
  try {
    trap();
  } catch (error) {
    return error as object;
  }
  throw new Error('this WebAssembly does not trap');
}

/**
 * Makes an error that no component can catch.
 *
 * @param error the error that it looks like to everybody else: its class, message, stack and other properties
 */
export function uncatchable<T extends Error>(error: T): T {
  const own = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [
      name,
      { value: Reflect.get(error, name), configurable: true, writable: true },
    ]),
  );
  const ending = Object.setPrototypeOf(Object.defineProperties(trapped(), own), Object.getPrototypeOf(error));
  endings.add(ending);
  return ending;
}

/** Whether an error must end the component, so that the component cannot get it as an answer. */
export function isEnding(error: unknown): boolean {
  return typeof error === 'object' && error !== null && endings.has(error);
}

/** Ends the component, which has broken a rule of WASI. */
export function endComponent(why: string): never {
  throw uncatchable(new Error(why));
}
