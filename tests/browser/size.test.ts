import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** The compressed size in bytes of the JavaScript and wasm in folders of build/out. */
function compressed(...folders: readonly string[]): number {
  const sizes = folders.map((folder) => {
    const files = readdirSync(join('build/out', folder)).filter((name) => /\.(js|wasm)$/.test(name));
    expect(files.length).toBeGreaterThan(0);
    return files.map((name) => gzipSync(readFileSync(join('build/out', folder, name))).length);
  });
  return sizes.flat().reduce((sum, size) => sum + size, 0);
}

it('what a page needs to copy has less than 122 KB, compressed', () => {
  expect(compressed('js/browser', 'bindings')).toBeLessThan(122_000);
});

it('what a page needs to run programs has less than 30 KB, compressed', () => {
  expect(compressed('js/browser/run')).toBeLessThan(30_000);
});

it('the page has less than 150 KB of JavaScript and wasm, compressed', () => {
  expect(compressed('web/assets')).toBeLessThan(150_000);
});
