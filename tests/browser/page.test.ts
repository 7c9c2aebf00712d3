import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('copies to storage that survives a reload and can be emptied, and follows links there', async () => {
    const { page } = await open();
    const links = page.getByLabel('Links');
    await page.getByRole('button', { name: 'This browser’s storage' }).click();
    await expect.poll(() => links.inputValue()).toBe('follow');
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied 6 files').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'This browser’s storage' }).click();
    await page.getByLabel('What is in /out').getByText('aurora.raw').waitFor();
    await page.getByRole('button', { name: 'Empty' }).click();
    await page.getByText('The storage is empty.').waitFor();
    expect(await page.getByLabel('What is in /out').textContent()).toBe('empty');
    await page.getByRole('button', { name: 'In memory' }).click();
    await expect.poll(() => links.inputValue()).toBe('preserve');
  });

  it('says that it waits for another tab', async () => {
    const [{ page }, { page: other }] = [await open(), await open()];
    await other.evaluate(
      () =>
        new Promise<void>((held) => void navigator.locks.request('mapcp', () => new Promise(() => held()))),
    );
    await page.getByRole('button', { name: 'This browser’s storage' }).click();
    await page.getByText('Ready: press Copy.').waitFor();
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Waiting for another tab, which copies …').waitFor();
    await other.close();
    await page.getByText('Copied 6 files').waitFor();
  });

  it('shows why a copy fails', async () => {
    const { page } = await open();
    await page.getByLabel('Pace').selectOption('full');
    await page.getByLabel('Existing files').selectOption('fail');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied 6 files').waitFor();
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText(/cannot create '\/out\/disk.img': .*exists/).waitFor();
  });

  it('stays usable if the visitor does not grant a directory', async () => {
    const { page } = await open();
    await page.evaluate(async () => {
      const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', {
        create: true,
      });
      directory.queryPermission = async () => 'prompt';
      directory.requestPermission = async () => 'denied';
      Object.assign(globalThis, { showDirectoryPicker: async () => directory });
    });
    await page.locator('#pick-target').click();
    await page.getByText("writing 'picked' was not granted").waitFor();
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied 6 files').waitFor();
  });

  it('needs no more workers if buttons are pressed fast', async () => {
    const { page } = await open();
    const before = page.workers().length;
    await page.evaluate(() => {
      for (let count = 0; count < 15; count++) {
        document.querySelector<HTMLButtonElement>(count % 2 ? '#use-sample' : '#use-memory')?.click();
      }
    });
    await page.getByText('Ready: press Copy.').waitFor();
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied 6 files').waitFor();
    expect(page.workers().length).toBeLessThanOrEqual(before + 1);
  });

  it('offers the result as a download: a file as it is, several files as an archive', async () => {
    const { page } = await open();
    await page.getByLabel('Pace').selectOption('full');
    const names: string[] = [];
    for (const files of [['notes.txt'], ['constructor', '__proto__', 'photo.jpg', 'photo.jpg']]) {
      await page.getByRole('button', { name: 'In memory' }).click();
      await page
        .locator('#source-files')
        .setInputFiles(
          files.map((name, at) => ({ name, mimeType: '', buffer: Buffer.from(`content ${at}`) })),
        );
      await page
        .getByLabel('What is in /in')
        .getByText(files.at(-1) ?? '', { exact: true })
        .waitFor();
      await page.getByRole('button', { name: 'Copy', exact: true }).click();
      await page.getByText(`Copied ${files.length} file`).waitFor();
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download' }).click();
      const download = await downloading;
      names.push(download.suggestedFilename());
      const path = join(mkdtempSync(join(tmpdir(), 'mapcp-page-')), 'download');
      await download.saveAs(path);
      if (files.length === 1) {
        expect(readFileSync(path, 'utf8')).toBe('content 0');
      } else {
        // Python checks the checksums.
        const { stdout } = spawnSync('python3', ['-m', 'zipfile', '-t', path], { encoding: 'utf8' });
        expect(stdout).toContain('Done testing');
        const list = spawnSync('python3', ['-m', 'zipfile', '-l', path], { encoding: 'utf8' }).stdout;
        for (const name of ['constructor', '__proto__', 'photo.jpg', 'photo (2).jpg']) {
          expect(list).toContain(name);
        }
      }
    }
    expect(names).toEqual(['notes.txt', 'copy.zip']);
  });

  it('keeps the focus on Copy and Stop', async () => {
    const { page } = await open();
    const focused = () => page.evaluate(() => document.activeElement?.id);
    await page.getByLabel('Pace').selectOption('step');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.locator('#next:enabled').waitFor();
    expect(await focused()).toBe('stop');
    await page.keyboard.press('Enter');
    await page.getByText('Stopped.').waitFor();
    await expect.poll(focused).toBe('start');
  });

  it('copies files that the visitor picks', async () => {
    const { page } = await open();
    await page.locator('#source-directory').setInputFiles('wit');
    await page.getByLabel('What is in /in').getByText('copier.wit').waitFor();
    await page.getByLabel('Pace').selectOption('full');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByLabel('What is in /out').getByText('copier.wit').waitFor();
  });

  it('does not stop at each of many files, also at the slow pace', async () => {
    const { page } = await open();
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      for (let index = 0; index < 2000; index++) {
        transfer.items.add(new File(['content'], `photo-${index}.jpg`));
      }
      const input = document.querySelector<HTMLInputElement>('#source-files');
      if (input !== null) {
        input.files = transfer.files;
        input.dispatchEvent(new Event('change'));
      }
    });
    await page.getByLabel('What is in /in').getByText('photo-0.jpg').waitFor();
    await page.evaluate(() => {
      const shown = { count: 0 };
      new MutationObserver(() => shown.count++).observe(document.querySelector('#strip') as Node, {
        childList: true,
      });
      Object.assign(globalThis, { shown });
    });
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied 2000 files').waitFor();
    const count = await page.evaluate(
      () => (globalThis as unknown as { shown: { count: number } }).shown.count,
    );
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(1000);
  });

  it('shows how each attempt to leave the sandbox is refused', async () => {
    const { page } = await open();
    const buttons = page.locator('#escapes button');
    for (const button of await buttons.all()) {
      await button.click();
    }
    const answers = page.locator('#escapes .refused');
    await expect.poll(() => answers.count()).toBe(3);
    expect(await answers.allTextContents()).toEqual([
      expect.stringMatching(/^EPERM cannot copy .* not permitted by the sandbox or the file system$/),
      expect.stringMatching(/^EPERM cannot copy .* it is a link that leads out of the sandbox;/),
      expect.stringMatching(/^EPERM cannot copy .* '\/in' is open for reading only;/),
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

  it('shows the windows beside Copy without scrolling', async () => {
    const { page } = await open();
    for (const size of [
      { width: 1280, height: 720 },
      { width: 360, height: 740 },
    ]) {
      await page.setViewportSize(size);
      const bottom = await page.locator('#strip').evaluate((strip) => strip.getBoundingClientRect().bottom);
      expect(bottom).toBeLessThan(size.height / 1.5);
    }
  });

  it('shows the states of windows in forced colours', async () => {
    const { page } = await open();
    await page.emulateMedia({ forcedColors: 'active' });
    const colours = await page
      .locator('.legend .cell')
      .evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).background));
    expect(new Set(colours).size).toBe(5);
  });

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
