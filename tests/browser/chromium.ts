import { accessSync } from 'node:fs';
import process from 'node:process';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { serve } from './server.js';

/** Where Chromium is: `MAPCP_CHROMIUM`, or where Debian puts it. */
const executablePath = process.env.MAPCP_CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a Chromium to test in. CI must have one, and fails without. */
export const hasChromium = process.env.CI !== undefined || exists(executablePath);

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Pages for the tests of a file, each test's with a storage of its own. */
export interface Pages {
  readonly origin: string;
  /** The context of the test that runs. */
  readonly context: BrowserContext;
  /** A new page, once it has been loaded, at a path of build/out; by default one that has `mapcp` and nothing else. */
  open(path?: string): Promise<Page>;
}

/** Starts one Chromium for all tests of a file, with a storage for each test or for all. */
export function inChromium(storageFor: 'test' | 'file' = 'test'): Pages {
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    server = await serve();
    // Its own sandbox is not to be had for the superuser, which CI may be.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath, args });
  });
  beforeEach(async () => {
    if (storageFor === 'test' || context === undefined) {
      await context?.close();
      context = await browser.newContext();
    }
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  return {
    get origin() {
      return server.origin;
    },
    get context() {
      return opened(context);
    },
    async open(path = '/') {
      const page = await opened(context).newPage();
      await page.goto(server.origin + path);
      if (path === '/') {
        await page.waitForFunction('globalThis.mapcp !== undefined');
      }
      return page;
    },
  };
}

function opened(context: BrowserContext | undefined): BrowserContext {
  if (context === undefined) {
    throw new Error('pages can be opened in tests only');
  }
  return context;
}
