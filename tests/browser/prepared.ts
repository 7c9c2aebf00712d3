// Pages whose worker does something before it loads mapcp, such as taking functions of the browser away.

import type { DirectoryEntry } from 'mapcp/browser';
import type { Page } from 'playwright-core';

/** What the worker does before it loads mapcp, by what the browser then is like. */
export const browsers = {
  'a browser with all functions': '',
  'a browser without createWritable, as Safari before 26':
    'delete FileSystemFileHandle.prototype.createWritable;',
  'a directory that the visitor picked': `
    FileSystemDirectoryHandle.prototype.resolve = async () => null;
    delete FileSystemFileHandle.prototype.createSyncAccessHandle;`,
  'a picked directory without moves': `
    FileSystemDirectoryHandle.prototype.resolve = async () => null;
    delete FileSystemFileHandle.prototype.createSyncAccessHandle;
    delete FileSystemFileHandle.prototype.move;`,
};

/**
 * Adds functions for the tests to a page.
 *
 * @param before what its worker does first. What that adds to `recorded`, the page's function `recorded` returns
 */
export async function prepare(page: Pick<Page, 'evaluate'>, before: string): Promise<void> {
  await page.evaluate((code) => {
    const text = `const recorded = [];
      const channel = new BroadcastChannel(location.href);
      channel.onmessage = () => channel.postMessage(recorded);
      ${code}
      await import('${location.origin}/js/browser/worker.js');`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const worker = () => new Worker(url, { type: 'module' });
    const hash = async (blob: Blob) => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
      return `${blob.size} ${digest.slice(0, 8).join(' ')}`;
    };
    const listing = async (directory: DirectoryEntry, below = ''): Promise<string[]> => {
      const lines: string[] = [];
      for (const [name, entry] of Object.entries(directory.dir)) {
        if ('dir' in entry) {
          lines.push(`${below}${name}/`, ...(await listing(entry, `${below}${name}/`)));
        } else if ('source' in entry) {
          lines.push(`${below}${name} ${await hash(new Blob([entry.source as Blob]))}`);
        }
      }
      return lines.sort();
    };
    const recorded = () =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel(url);
        channel.onmessage = ({ data }) => resolve(data);
        channel.postMessage('');
      });
    Object.assign(globalThis, { worker, listing, recorded });
  }, before);
}
