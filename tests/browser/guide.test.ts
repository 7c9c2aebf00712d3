// docs/c-programs.md in Chromium: its program, compiled as it says, in the page that it shows.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../docs/documents.js';
import { prepare, runScript } from '../docs/place.js';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { hasChromium, inChromium } from './chromium.js';

describe.skipIf(!hasChromium)('the guide for C programs', () => {
  const pages = inChromium();

  it('leads to a program that runs in a page', async () => {
    const blocks = blocksOf('docs/c-programs.md');
    const source = blocks.find(({ marks }) => marks.file === 'shout.c');
    const compile = blocks.find(({ code }) => code.startsWith('node build/clang.mjs'));
    const example = blocks.find(({ language }) => language === 'js');
    const program = inTemporaryDirectory((place) => {
      prepare(place, true);
      writeFileSync(join(place, 'shout.c'), source?.code ?? '');
      expect(runScript(compile?.code ?? '', place, '')).toEqual({ status: 0, output: '' });
      return readFileSync(join(place, 'shout.wasm'));
    });

    const page = await pages.open();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.route('**/shout.wasm', (route) => route.fulfill({ body: program }));
    // A page does not know the names of packages, so this one maps it to an address.
    const code = example?.code.replace("'mapcp/browser/run'", "'/js/browser/run/index.js'");
    await page.addScriptTag({ type: 'module', content: `${code}; globalThis.isOver = true;` });
    await page.waitForFunction('globalThis.isOver');
    expect(said).toEqual(['0 HELLO']);
  });
});
