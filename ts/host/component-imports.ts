// What a component imports, compared with WASI 0.2 as published.
//
// A component declares the types of its imports itself, and jco makes bindings from what it declares. If a type differs
// from WASI's, that is a mistake or an attack, so the component is refused before any code is made from it. It may leave
// out functions and types; those that it declares must be exactly WASI's.

import { quoted } from '../common/errors.js';
import type { Import, Item } from './component-types.js';
import { importsOf, withoutVersion } from './component-types.js';
import { RefusedError } from './errors.js';
import { wasi } from './wasi.js';
import type { Interface } from './wit.js';
import { define, isSame, isSameFunction, printFunction } from './wit.js';

/**
 * Compares what a component imports with WASI 0.2 as published, from its bytes and before any code is made from it.
 * The component may leave out functions and types. Everything that it declares must be WASI's: types, names of
 * parameters, and resources.
 *
 * `runComponent` and `loadComponent` do this themselves. Call it before you make bindings with jco.
 *
 * @param component the bytes of the component
 * @returns one sentence for each difference; empty if it imports only WASI. Throws a TypeError if the bytes are not a
 * component.
 * @example
 * ```js
 * import { readFileSync } from 'node:fs';
 * import { fileURLToPath } from 'node:url';
 * import { importDifferences } from 'mapcp/host';
 *
 * const component = readFileSync(fileURLToPath(import.meta.resolve('mapcp/component')));
 * for (const difference of importDifferences(component)) {
 *   throw new Error(difference);
 * }
 * ```
 */
export function importDifferences(component: Uint8Array): string[] {
  return importsOf(component).flatMap(differencesIn);
}

function differencesIn({ name, exports }: Import): string[] {
  const plain = withoutVersion(name);
  const published: Interface | undefined = /@0\.2\.\d+$/.test(name) ? own(wasi, plain) : undefined;
  return published === undefined || exports === undefined
    ? [`the component imports ${quoted(name)}, which this host does not provide`]
    : [...exports].flatMap(([label, item]) => differencesOf(`${plain}.${label}`, label, item, published));
}

/** Maximum number of differences that an error names. */
const MOST_NAMED = 5;

/**
 * Refuses a component that declares interfaces of WASI with other types: throws a {@link RefusedError} that names the
 * differences. Throws a TypeError if the bytes are not a component. Other imports pass: the host refuses them when
 * the component is instantiated, if it uses them.
 */
export function requireWasi(component: Uint8Array): void {
  const imports = importsOf(component).filter(({ name }) => Object.hasOwn(wasi, withoutVersion(name)));
  const differences = imports.flatMap(differencesIn);
  if (differences.length > 0) {
    const more = differences.length - MOST_NAMED;
    throw new RefusedError(
      differences.slice(0, MOST_NAMED).join('; and ') + (more > 0 ? `; and ${more} more differences` : ''),
    );
  }
}

function differencesOf(name: string, label: string, item: Item, { types, functions }: Interface): string[] {
  const differs = (declared: string, has: string) => [
    `the component declares ${quoted(name)} as ${declared}; WASI 0.2 has ${has}`,
  ];
  if (item.kind === 'function') {
    const published = own(functions, label);
    if (published === undefined) {
      return [`the component imports ${quoted(name)}, which WASI 0.2 does not have`];
    }
    const declared = `${item.isAsync ? 'async ' : ''}${printFunction(item.type)}`;
    const has = printFunction(published);
    if (isSameFunction(item.type, published) && !item.isAsync) {
      return [];
    }
    return declared === has
      ? [`the component declares ${quoted(name)} with types that share only their names with WASI 0.2`]
      : differs(declared, has);
  }
  const published = own(types, label);
  if (published === undefined || item.kind === 'instance type') {
    return [`the component declares ${quoted(name)}, which WASI 0.2 does not have`];
  }
  return isSame(item, published) ? [] : differs(define(item), define(published));
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
