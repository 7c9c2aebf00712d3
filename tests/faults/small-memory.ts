// The component with less memory than it wants: `memory.grow` fails in it from some number of pages on.

import { readFileSync } from 'node:fs';
import { transpile } from '@bytecodealliance/jco';
import { type ImportObject, instantiate, type Root } from '#bindings';

// Node's types have only the types of it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const HEADER = 8;
const MEMORY_SECTION = 5;

let modules: Promise<Record<string, Uint8Array>> | undefined;

/** An instance of the component whose memory has at most so many pages of 64 KiB. */
export async function instantiateWithMemory(pages: number, imports: object): Promise<Root> {
  modules ??= coreModules();
  const whole = await modules;
  const compile = (name: string) => WebAssembly.compile(withMemory(Buffer.from(whole[name] ?? []), pages));
  return instantiate(compile, imports as ImportObject);
}

/** The core modules that the component is made of, by the names that its bindings have for them. */
async function coreModules(): Promise<Record<string, Uint8Array>> {
  const component = readFileSync(new URL('../../build/out/mapcp.wasm', import.meta.url));
  const { files } = await transpile(component, { name: 'mapcp', instantiation: 'async' });
  return files;
}

/** A module whose own memory, where it has one, has a maximum. */
function withMemory(module: Buffer, pages: number): Buffer {
  for (let at = HEADER; at < module.length; ) {
    const [length, start] = readNumber(module, at + 1);
    if (module[at] === MEMORY_SECTION) {
      const [least] = readNumber(module, start + 2);
      const limits = Buffer.from([1, 1, ...number(least), ...number(Math.max(least, pages))]);
      const section = Buffer.from([MEMORY_SECTION, ...number(limits.length), ...limits]);
      return Buffer.concat([module.subarray(0, at), section, module.subarray(start + length)]);
    }
    at = start + length;
  }
  return module;
}

/** The LEB128 number at a place, and the place behind it. */
function readNumber(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7, at++) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      return [value, at + 1];
    }
  }
}

/** A number as LEB128. */
function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >> 7)];
}
