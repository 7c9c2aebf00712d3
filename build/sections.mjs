// Adds and removes custom sections of WebAssembly modules and components. No library does it for components.

const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;

/**
 * @param {number} value
 * @returns {number[]} the value in LEB128
 */
function leb128(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)];
}

/** @param {string} text */
export const utf8 = (text) => Buffer.from(text, 'utf8');

/**
 * @param {Uint8Array} content
 * @returns {Buffer} the content behind its length
 */
export const sized = (content) => Buffer.concat([Buffer.from(leb128(content.length)), content]);

/**
 * @param {string} name
 * @param {Uint8Array} content
 * @returns {Buffer}
 */
export const customSection = (name, content) =>
  Buffer.concat([Buffer.from([CUSTOM_SECTION]), sized(Buffer.concat([sized(utf8(name)), content]))]);

/**
 * Iterates over the sections of a component or module.
 * @param {Buffer} component
 * @returns {Generator<{ id: number | undefined, content: Buffer, whole: Buffer }>}
 */
function* sections(component) {
  let start = HEADER_BYTES;
  while (start < component.length) {
    let last = start + 1;
    while ((component[last] ?? 0) >= 0x80) {
      last++;
    }
    const size = component
      .subarray(start + 1, last + 1)
      .reduceRight((sum, byte) => sum * 0x80 + (byte & 0x7f), 0);
    const end = last + 1 + size;
    yield {
      id: component[start],
      content: component.subarray(last + 1, end),
      whole: component.subarray(start, end),
    };
    start = end;
  }
}

/**
 * Removes the custom sections with a name.
 * @param {Buffer} component or a module
 * @param {string} name
 * @returns {Buffer}
 */
export function withoutCustomSection(component, name) {
  const prefix = sized(utf8(name));
  const kept = [...sections(component)].filter(
    ({ id, content }) => id !== CUSTOM_SECTION || !content.subarray(0, prefix.length).equals(prefix),
  );
  return Buffer.concat([component.subarray(0, HEADER_BYTES), ...kept.map(({ whole }) => whole)]);
}
