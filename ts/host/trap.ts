// Ending a component. A component can catch what JavaScript throws into it, by WebAssembly's own exceptions, and go on as
// if nothing had happened. What it cannot catch is a trap, and so whatever is to end it has to be thrown by one.

// Node's types have none.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Readonly<Record<string, unknown>> };
};

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

/** What WebAssembly throws at a trap. */
function trapped(): object {
  trap ??= new WebAssembly.Instance(new WebAssembly.Module(module)).exports.trap as () => void;
  try {
    trap();
  } catch (error) {
    return error as object;
  }
  throw new Error('this WebAssembly does not trap');
}

/**
 * An error to throw that no component can catch.
 *
 * @param error what it is to be to everybody else: its class, message, stack and other properties
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

/** Whether what was thrown is to end the component, and so no answer to it. */
export function isEnding(error: unknown): boolean {
  return typeof error === 'object' && error !== null && endings.has(error);
}

/** Ends the component, which has broken a rule of WASI's. */
export function endComponent(why: string): never {
  throw uncatchable(new Error(why));
}
