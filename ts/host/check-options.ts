// The options of a host: one check for each.

import {
  arrayOf,
  boolean,
  type Check,
  type Checks,
  isBytes,
  isRecord,
  oneOf,
  recordOf,
  requireOptions,
  requireThat,
  text,
  wholeNumber,
} from '../check.js';
import { access, guestPath, preopenOf, preopensOf } from '../preopens.js';
import type { Durability } from './durability.js';
import type { HostOptions } from './host.js';
import { ModeCarrier } from './modes.js';
import type { Preopen } from './preopens.js';
import { sinkOf, sourceOf } from './standard-streams.js';

const hostPath: Check = (name, value) => {
  text(name, value);
  requireThat(value !== '', name, 'a path', value);
};

/** Checks a preopen: a path of this system, and the access to it. */
export const preopen = preopenOf<Preopen>({ path: hostPath, access });

const variable: Check = (name, value) => {
  if (value !== undefined) {
    text(name, value);
  }
};

const environment: Check = (name, value) => {
  recordOf(variable, 'an object with a value for each variable')(name, value);
  for (const each of Object.keys(value as object)) {
    text(`a name in ${name}`, each);
    requireThat(each !== '' && !each.includes('='), `a name in ${name}`, "a word without '='", each);
  }
};

/** Recognised by its methods, because it may come from another copy of this module. */
const modeCarrier: Check = (name, value) => {
  const methods = Object.getOwnPropertyNames(ModeCarrier.prototype);
  const isOne =
    isRecord(value) && methods.every((method) => typeof Reflect.get(value, method) === 'function');
  requireThat(isOne, name, 'a ModeCarrier', value);
};

const checks: Checks<HostOptions> = {
  preopens: preopensOf(preopen, guestPath),
  args: arrayOf(text),
  env: environment,
  stdin: (_, value) => void sourceOf(value),
  stdout: (_, value) => void sinkOf('stdout', value),
  stderr: (_, value) => void sinkOf('stderr', value),
  clocks: boolean,
  random: boolean,
  confinement: oneOf('strict', 'best-effort'),
  allowOverlap: boolean,
  absoluteLinks: boolean,
  escapeNames: boolean,
  listIdentities: boolean,
  maxResources: wholeNumber(1, 2 ** 30),
  modes: modeCarrier,
  durability: (name, value) => {
    requireOptions<Durability>(name, value, { namesLast: boolean });
    boolean(`${name}.namesLast`, value.namesLast);
  },
};

/** What people write who know node:wasi, wasmtime or a shell, and the option that they mean. */
const hints = {
  cwd: 'preopens',
  dirs: 'preopens',
  mounts: 'preopens',
  argv: 'args',
  environment: 'env',
  input: 'stdin',
  output: 'stdout',
};

/**
 * Copies the options of a host and checks the copy. Each option is read once: the caller can change it at any time, and a
 * getter or a Proxy can give another value the second time. `modes` and `durability` stay the caller's, since they work
 * while a component runs.
 *
 * Throws a TypeError that names the first option if it is unknown, or if its type or value is wrong. Throws a RangeError
 * if a number is out of range.
 *
 * @param options any value
 * @returns the copy
 */
export function takeOptions(options: unknown): HostOptions {
  const taken = withInherited(options, (name, value) => copies.get(name)?.(value) ?? value);
  requireOptions<HostOptions>('options', taken, checks, hints);
  return taken;
}

/** How to copy the options that have parts. A value of a wrong type stays as it is. */
const copies = new Map<string, (value: unknown) => unknown>([
  ['preopens', (preopens) => withOwn(preopens, (each) => withInherited(each, (_, value) => value))],
  ['env', (variables) => withOwn(variables, (each) => each)],
  ['args', (words) => (Array.isArray(words) ? [...words] : words)],
  ['stdin', (input) => (isBytes(input) ? new Uint8Array(input) : input)],
]);

/** Copies options, inherited ones too, since reading an option finds those. */
function withInherited(options: unknown, copy: (name: string, value: unknown) => unknown): unknown {
  if (!isRecord(options)) {
    return options;
  }
  const names: string[] = [];
  for (const name in options) {
    names.push(name);
  }
  return Object.fromEntries(names.map((name) => [name, copy(name, options[name])]));
}

/** Copies an object that lists names and values. */
function withOwn(list: unknown, copy: (value: unknown) => unknown): unknown {
  return isRecord(list)
    ? Object.fromEntries(Object.entries(list).map(([name, value]) => [name, copy(value)]))
    : list;
}
