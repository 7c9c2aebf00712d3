import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasChromium, inChromium } from './chromium.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The accessibility faults that axe finds: rules with the elements that break them. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

describe.skipIf(!hasChromium)('the page', () => {
  const pages = inChromium();

  /** Opens the page, and waits until it is ready. `complaints` has its errors and warnings. */
  async function open(): Promise<{ page: Page; complaints: string[]; requests: string[] }> {
    const page = await pages.context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${pages.origin}/web/`);
    await page.waitForSelector('html[data-ready]');
    page.on('request', (request) => requests.push(request.url()));
    return { page, complaints, requests };
  }

  it('copies the sample data without the network', async () => {
    const { page, complaints, requests } = await open();
    await pages.context.setOffline(true);
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied 6 files and 3 directories, 5.9 MiB').waitFor();
    const target = await page.getByLabel('What is in /out').textContent();
    expect(target).toContain('aurora.raw');
    expect(target).toContain('→ photos/aurora.raw');
    // Other directories need another sandbox.
    await page.getByRole('button', { name: 'In memory' }).click();
    await page.getByText('empty', { exact: true }).waitFor();
    await pages.context.setOffline(false);
    expect(requests).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows how windows are mapped, written and unmapped, one after the other', async () => {
    const { page } = await open();
    const seen = await step(page, 5);
    expect(seen).toEqual([
      '/in/disk.img: mapped, waiting',
      '/in/disk.img: written, waiting',
      '/in/disk.img: done, mapped',
      '/in/disk.img: done, written',
      '/in/notes/todo.txt: mapped',
    ]);
    expect(await page.locator('#strip-figures').textContent()).toBe(
      'window 1 of 1 · 17 bytes of 17 bytes in memory',
    );
  });

  it('stops on request, and leaves no partial file', async () => {
    const { page } = await open();
    await step(page, 1);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped. Complete files stay, and no partial file is left.').waitFor();
    expect(await page.getByLabel('What is in /out').textContent()).toBe('empty');
  });

  it('copies to storage that survives a reload', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'This browser’s storage' }).click();
    await page.getByLabel('Links').selectOption('skip');
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('1 left out').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'This browser’s storage' }).click();
    await page.getByLabel('What is in /out').getByText('aurora.raw').waitFor();
  });

  it('shows why a copy fails', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'This browser’s storage' }).click();
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    const lacksLinks = "cannot create '/out/latest.raw': the target's file system has no symbolic links;";
    await page.getByText(lacksLinks).waitFor();
  });

  it('copies files that the visitor picks', async () => {
    const { page } = await open();
    await page.locator('#source-files').setInputFiles('wit');
    await page.getByLabel('What is in /in').getByText('copier.wit').waitFor();
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByLabel('What is in /out').getByText('copier.wit').waitFor();
  });

  it('shows how each attempt to leave the sandbox is refused', async () => {
    const { page } = await open();
    const buttons = page.locator('#escapes button');
    for (const button of await buttons.all()) {
      await button.click();
    }
    const answers = page.locator('#escapes .refused');
    await expect.poll(() => answers.count()).toBe(3);
    const notPermitted = /^EPERM cannot copy .* not permitted by the sandbox or the file system$/;
    expect(await answers.allTextContents()).toEqual([
      expect.stringMatching(notPermitted),
      expect.stringMatching(/^EPERM cannot copy .* it is a link that leads out of the sandbox;/),
      expect.stringMatching(notPermitted),
    ]);
  });

  it('shows functions that are in the files that it names', async () => {
    const { page } = await open();
    const shown = await page.locator('figure').evaluateAll((figures) =>
      figures.map((figure) => ({
        file: figure.querySelector('figcaption code')?.textContent ?? '',
        code: figure.querySelector('pre')?.textContent ?? '',
      })),
    );
    expect(shown.length).toBe(4);
    for (const { file, code } of shown) {
      expect(code.length).toBeGreaterThan(100);
      expect(readFileSync(file, 'utf8').includes(code), file).toBe(true);
    }
  });

  it('can be used by keyboard alone', async () => {
    const { page } = await open();
    await page.getByLabel('Pace').selectOption('full');
    const start = page.getByRole('button', { name: 'Copy', exact: true });
    for (
      let count = 0;
      count < 30 && !(await start.evaluate((button) => button === document.activeElement));
      count++
    ) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Copied 6 files').waitFor();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no accessibility faults in ${colorScheme} colours`, async () => {
      const { page } = await open();
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await faultsOf(page)).toEqual([]);
      await step(page, 4);
      await page.locator('#escapes button').first().click();
      await page.locator('#escapes .refused').waitFor();
      expect(await faultsOf(page)).toEqual([]);
    });
  }

  it('fits on a phone', async () => {
    const { page } = await open();
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await faultsOf(page)).toEqual([]);
  });

  it('is shown in docs/browser.md', async () => {
    const { page } = await open();
    await page.setViewportSize({ width: 1200, height: 1370 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await step(page, 43, '128 KiB');
    for (const button of await page.locator('#escapes button').all()) {
      await button.click();
    }
    await expect.poll(() => page.locator('#escapes .refused').count()).toBe(3);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const path = process.env.MAPCP_SCREENSHOT ?? 'build/out/tests/page.png';
    expect((await page.screenshot({ path })).length).toBeGreaterThan(10_000);
  });
});

/** Makes some steps of a copy, and pauses. Returns the strip after each step. */
async function step(page: Page, count: number, windowSize = '1 MiB'): Promise<string[]> {
  await page.getByLabel('Pace').selectOption('step');
  await page.getByRole('combobox', { name: 'Window' }).selectOption(windowSize);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  const next = page.locator('#next:enabled');
  const seen: string[] = [];
  for (;;) {
    await next.waitFor();
    seen.push(
      await page.evaluate(() => {
        const cells = [...document.querySelectorAll('#strip .cell')];
        const states = cells.map(({ className }) => className.replace(/^cell ?/, '') || 'waiting');
        return `${document.querySelector('#strip-file')?.textContent}: ${states.join(', ')}`;
      }),
    );
    if (seen.length === count) {
      return seen;
    }
    await next.click();
  }
}
