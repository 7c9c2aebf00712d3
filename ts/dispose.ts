/** `Symbol.dispose`, or what the bindings take for it in a browser that does not have it yet. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');
