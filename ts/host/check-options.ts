// The options of a host: one check for each.

import {
  arrayOf,
  boolean,
  type Check,
  type Checks,
  isBytes,
  isRecord,
  oneOf,
  requireThat,
  takeOptions,
  text,
  wholeNumber,
} from '../common/check.js';
import { access, guestPath, preopenOf, preopensOf } from '../common/preopens.js';
import { environment, programHints } from '../common/program-options.js';
import { DEVICES, deviceNames } from './devices.js';
import { pathOfUrl } from './file-url.js';
import type { Durability, Preopen } from './grant.js';
import type { CheckedHostOptions, HostOptions } from './host-options.js';
import { ModeCarrier } from './modes.js';
import { inputOf, outputOf } from './standard-streams.js';

const hostPath: Check = (name, value) => {
  const path = pathOfUrl(name, value);
  text(name, path);
  requireThat(path !== '', name, 'a path', path);
  return path;
};

/** Checks a preopen: a path of this system, and the access to it. */
export const preopen = preopenOf<Preopen>({ path: hostPath, access });

/** Recognised by its methods, because it may come from another copy of this module. */
const modeCarrier: Check = (name, value) => {
  const methods = Object.getOwnPropertyNames(ModeCarrier.prototype);
  const isOne =
    isRecord(value) && methods.every((method) => typeof Reflect.get(value, method) === 'function');
  requireThat(isOne, name, 'a ModeCarrier', value);
  return value;
};

/** Standard input as the host reads it. Bytes are copied. */
const stdin: Check = (_, value) => {
  const source = inputOf(value);
  return isBytes(source) ? new Uint8Array(source) : source;
};

/** Not copied, since the caller may change it while the component runs. */
const durability: Check = (name, value) => {
  const { syncDirectories } = takeOptions<Durability>(name, value, { syncDirectories: boolean });
  boolean(`${name}.syncDirectories`, syncDirectories);
  return value;
};

const checks: Checks<HostOptions> = {
  preopens: preopensOf(preopen, guestPath),
  args: arrayOf(text),
  env: environment,
  stdin,
  stdout: (_, value) => outputOf('stdout', value),
  stderr: (_, value) => outputOf('stderr', value),
  devices: arrayOf(oneOf(...deviceNames), 'an array of devices'),
  clocks: boolean,
  random: boolean,
  network: oneOf('deny'),
  confinement: oneOf('strict', 'best-effort'),
  allowOverlap: boolean,
  absoluteLinks: boolean,
  escapeNames: boolean,
  listIdentities: boolean,
  maxResources: wholeNumber(1, 2 ** 30),
  modes: modeCarrier,
  durability,
};

/**
 * Takes the options of a host. Each is read once: the caller can change it at any time, and a getter or a Proxy can give
 * another value the second time. `modes` and `durability` stay the caller's, since they work while a component runs.
 *
 * Throws a TypeError that names the first option if it is unknown, if its type or value is wrong, or if two options need
 * one name. Throws a RangeError if a number is out of range.
 *
 * @param options any value
 * @returns the copy
 */
export function takeHostOptions(options: unknown): CheckedHostOptions {
  const taken = takeOptions<CheckedHostOptions>('options', options, checks, programHints);
  if (
    taken.devices !== undefined &&
    taken.devices.length > 0 &&
    Object.hasOwn(taken.preopens ?? {}, DEVICES)
  ) {
    throw new TypeError(
      `options.devices needs the name '${DEVICES}', which a directory in options.preopens has`,
    );
  }
  return taken;
}
