import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout } from './documents.js';

const read = (path: string) => readFileSync(join(checkout, path), 'utf8');

/** The options of a copy with the defaults that their doc comments give. */
function declaredOptions(): Map<string, string | undefined> {
  const [, body = ''] = /^export interface CopyOptions \{\n(.*?)^\}/ms.exec(read('ts/options.ts')) ?? [];
  const options = [...body.matchAll(/\/\*\*(.*?)\*\/\s*readonly (\w+)\?:/gs)];
  return new Map(options.map(([, comment = '', name = '']) => [name, /@default (.*)/.exec(comment)?.[1]]));
}

/** The rows of the table of options in docs/api.md, each with its column of defaults. */
function documentedOptions(): Map<string, string> {
  const [, section = ''] = /^## Options\n(.*?)^## /ms.exec(read('docs/api.md')) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)` +\|[^|]*\| ([^|]*?) +\|/gm)];
  return new Map(rows.map(([, name = '', value = '']) => [name, value]));
}

describe('the table of options in docs/api.md', () => {
  it('has every option', () => {
    expect([...documentedOptions().keys()].sort()).toEqual([...declaredOptions().keys()].sort());
  });

  it('has the default of each option', () => {
    const declared = declaredOptions();
    const literals = [...documentedOptions()].filter(([, value]) => value.startsWith('`'));
    expect(literals.length).toBeGreaterThan(5);
    expect(literals).toEqual(literals.map(([name]) => [name, `\`${declared.get(name)}\``]));
  });
});
