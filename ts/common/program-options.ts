// Checks of what a program gets, for every host.

import { type Check, recordOf, requireThat, text } from './check.js';

const variable: Check = (name, value) => (value === undefined ? value : text(name, value));

/** Environment variables by their names. */
export const environment: Check = (name, value) => {
  const taken = recordOf(variable, 'an object with a value for each variable')(name, value);
  for (const each of Object.keys(taken as object)) {
    text(`a name in ${name}`, each);
    requireThat(each !== '' && !each.includes('='), `a name in ${name}`, "a word without '='", each);
  }
  return taken;
};

/** Returns the environment variables that have a value. */
export const variablesIn = (env: Readonly<Record<string, string | undefined>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** What people write who know node:wasi, wasmtime or a shell, and the option that they mean. */
export const programHints = {
  cwd: 'preopens',
  dirs: 'preopens',
  mounts: 'preopens',
  argv: 'args',
  environment: 'env',
  input: 'stdin',
  output: 'stdout',
};

/** Encodes text for standard input. Throws a TypeError if it is not well-formed. */
export function encodeInput(input: string): Uint8Array<ArrayBuffer> {
  if (/\p{Surrogate}/u.test(input)) {
    throw new TypeError('options.stdin must be well-formed text, but has a lone surrogate');
  }
  // In memory of its own, unlike a short Buffer.
  return new TextEncoder().encode(input);
}
