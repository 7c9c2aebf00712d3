import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** How many bytes the JavaScript and the wasm in a folder of build/out have, compressed as servers do. */
function compressed(folder: string): number {
  const files = readdirSync(join('build/out', folder)).filter((name) => /\.(js|wasm)$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  const sizes = files.map((name) => gzipSync(readFileSync(join('build/out', folder, name))).length);
  return sizes.reduce((sum, size) => sum + size, 0);
}

it('what a page needs to copy has less than 120 KB, compressed', () => {
  expect(compressed('js/browser')).toBeLessThan(120_000);
});

it('the page has less than 150 KB of JavaScript and wasm, compressed', () => {
  expect(compressed('web/assets')).toBeLessThan(150_000);
});
