import type { FoundDirectory } from 'mapcp/browser';
import { zip } from './zip.js';

// A browser takes the file when it begins the download.
const KEEP_MILLISECONDS = 60_000;

/** Lets the browser save a tree: a single file as it is, and anything else as a ZIP archive. */
export async function download(tree: FoundDirectory): Promise<void> {
  const entries = Object.entries(tree.dir);
  const [[name, entry] = ['', undefined]] = entries;
  const isFile = entries.length === 1 && entry !== undefined && 'source' in entry;
  const link = document.createElement('a');
  link.download = isFile ? name : 'copy.zip';
  link.href = URL.createObjectURL(isFile ? entry.source : await zip(tree));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MILLISECONDS);
}
