/**
 * `Symbol.dispose`, or the symbol that the bindings use if it is missing. Some browsers lack it, and so do the realms
 * of Node 20 in which test runners run modules.
 */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');
