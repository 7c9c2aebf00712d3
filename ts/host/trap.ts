// Ending a component. A component can catch what JavaScript throws into it, by WebAssembly's own exceptions, and go
// on as if nothing had happened. It cannot catch a trap. So an error that must end the component is thrown by a trap.

import { messageOf } from '../common/check.js';
import { TrapError } from './errors.js';
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

/** The errors that end a component, and the cause of each for its caller. */
const endings = new WeakMap<object, unknown>();

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
 * @param cause the cause of the {@link TrapError}; default: `error`
 */
export function uncatchable<T extends Error>(error: T, cause: unknown = error): T {
  const own = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [
      name,
      { value: Reflect.get(error, name), configurable: true, writable: true },
    ]),
  );
  const ending = Object.setPrototypeOf(Object.defineProperties(trapped(), own), Object.getPrototypeOf(error));
  endings.set(ending, cause);
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

/** Ends the component, because a function of the caller has thrown. `what` the function is for. */
export function endByCallback(what: string, thrown: unknown): never {
  throw uncatchable(
    new Error(`the function for ${what} threw: ${messageOf(thrown)}`, { cause: thrown }),
    thrown,
  );
}

/** Makes the error for the caller from what was thrown through a component or program. */
export function trapError(what: 'component' | 'program', thrown: unknown): TrapError {
  const why = messageOf(thrown).replace(/^wasm trap: (wasm )?/, '');
  return isEnding(thrown)
    ? new TrapError(`the ${what} was ended: ${why}`, { cause: endings.get(thrown as object) })
    : new TrapError(`the ${what} trapped: ${why}`, { cause: thrown });
}
