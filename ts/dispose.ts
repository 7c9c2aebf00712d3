/**
 * `Symbol.dispose`, or what the bindings take for it where it is missing: in browsers that do not have it yet, and in other
 * realms of Node 20, such as those in which test runners run modules.
 */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');
