import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { mayTest } from '../helpers/tools.js';
import { serve } from './server.mjs';

/** The path of Chromium: `MAPCP_CHROMIUM`, or Debian's. */
const executablePath = process.env.MAPCP_CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a Chromium. CI must have one. */
export const hasChromium = mayTest(existsSync(executablePath));

/** The default of 30 seconds is too short on a busy machine. In milliseconds. */
const PATIENCE = 300_000;

/** Pages for the tests of a file, each with a storage of its own. */
export interface Pages {
  readonly origin: string;
  /** The same by a name that is not of this machine, so that its pages have no secure context. */
  readonly insecureOrigin: string;
  /** The context of the current test. */
  readonly context: BrowserContext;
  /** Opens and loads a page of build/out; by default one with `mapcp` only. */
  open(path?: string, origin?: string): Promise<Page>;
}

/** Starts one Chromium for all tests of a file, with a storage for each test or for all. */
export function inChromium(storageFor: 'test' | 'file' = 'test'): Pages {
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    server = await serve();
    // Chromium's own sandbox does not work for the superuser, which CI may be.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    args.push('--host-resolver-rules=MAP lan.test 127.0.0.1');
    browser = await chromium.launch({ executablePath, args, timeout: PATIENCE });
  });
  beforeEach(async () => {
    if (storageFor === 'test' || context === undefined) {
      await context?.close();
      context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE);
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
    get insecureOrigin() {
      return server.origin.replace('127.0.0.1', 'lan.test');
    },
    async open(path = '/', origin = server.origin) {
      const page = await opened(context).newPage();
      await page.goto(origin + path);
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
