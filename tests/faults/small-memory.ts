// Limits the component's memory: `memory.grow` fails from a number of pages on.

import { readFileSync } from 'node:fs';
import { transpile } from '@bytecodealliance/jco';
import { type ImportObject, instantiate, type Root } from '#bindings';

// Node's types declare only types of it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const HEADER = 8;
const MEMORY_SECTION = 5;

let modules: Promise<Record<string, Uint8Array>> | undefined;

/** Instantiates the component with a memory of at most so many pages of 64 KiB. */
export async function instantiateWithMemory(pages: number, imports: object): Promise<Root> {
  modules ??= coreModules();
  const whole = await modules;
  const compile = (name: string) => WebAssembly.compile(withMemory(Buffer.from(whole[name] ?? []), pages));
  return instantiate(compile, imports as ImportObject);
}

/** The core modules of the part that the bindings are made of, by their names in them. */
async function coreModules(): Promise<Record<string, Uint8Array>> {
  const component = readFileSync(new URL('../../build/out/wasm/library.wasm', import.meta.url));
  const { files } = await transpile(component, { name: 'mapcp', instantiation: 'async' });
  return files;
}

/** Gives a module's own memory, if it has one, a maximum. */
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

/** Reads a LEB128 number. Returns it and the position after it. */
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

/** Encodes a number in LEB128. */
function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >> 7)];
}
