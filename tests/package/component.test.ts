import { readFileSync } from 'node:fs';
import { metadataShow, print } from '@bytecodealliance/jco';
import { describe, expect, it } from 'vitest';

const component = readFileSync('build/out/mapcp.wasm');
const { description, license, name, version } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('the component describes itself', () => {
  it('with its name, version, purpose and licence', async () => {
    const text = await print(component);
    expect(text.startsWith(`(component $${name} `) || text.startsWith(`(component $${name}\n`)).toBe(true);
    for (const [section, content] of Object.entries({ version, description, licenses: license })) {
      expect(text).toContain(`(@custom "${section}" `);
      expect(text).toMatch(new RegExp(`@custom "${section}" .*"${content}"`));
    }
  });

  it('with the tools that built it', async () => {
    const [outermost] = await metadataShow(component);
    const producers = Object.fromEntries(outermost?.producers ?? []);
    const tools = producers['processed-by']?.map(([tool]) => tool);
    expect(tools).toEqual(expect.arrayContaining([expect.stringMatching(/clang$/), '@bytecodealliance/jco']));
  });
});
