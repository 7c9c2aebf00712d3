import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasChromium, inChromium } from './chromium.js';

describe.skipIf(!hasChromium)('docs/browser.md', () => {
  const pages = inChromium();

  it('has an example that runs unchanged', async () => {
    const [, example = ''] = /```js[^\n]*\n(.*?)```/s.exec(readFileSync('docs/browser.md', 'utf8')) ?? [];
    const page = await pages.open();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    // A page does not know the name `mapcp/browser`, so this one maps it to an address.
    await page.addScriptTag({
      type: 'module',
      content: `${example.replace("'mapcp/browser'", "'/js/browser/index.js'")}; globalThis.isOver = true;`,
    });
    await page.waitForFunction('globalThis.isOver');
    // How many reports come before the last depends on the machine.
    expect(said.slice(-2)).toEqual(['7 7', 'content']);
  });
});
