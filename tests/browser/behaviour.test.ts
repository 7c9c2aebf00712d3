// The behaviour table, with trees in memory.

import { lutimesSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CopyReport, DirectoryEntry, Entry, FoundDirectory } from 'mapcp/browser';
import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import type { Frontend } from '../behaviour/frontends.js';
import type { Outcome, Request, Told } from '../behaviour/outcome.js';
import { testBehaviours } from '../behaviour/run.js';
import { look, putInto, type Seen } from '../behaviour/tree.js';
import { hasChromium, inChromium } from './chromium.js';

type Tree = Record<string, Pick<Seen, 'kind' | 'content' | 'time'>>;

describe.skipIf(!hasChromium)('mapcp/browser', () => {
  const pages = inChromium('file');
  let page: Page | undefined;
  testBehaviours({
    name: 'browser',
    hasModes: false,
    hasBlocks: false,
    // The precision of lutimes, which sets the times here.
    grain: 1_000n,
    copy: async (request) => {
      const { directory } = request;
      const [from, to] = ['in', 'out'].map((name) => look(join(directory, name)));
      page ??= await pages.open();
      const { outcome, tree } = await copyIn(page, request, from ?? {}, to ?? {});
      putBack(directory, tree, to ?? {});
      return outcome;
    },
  } satisfies Frontend);
});

/** Copies between two trees in a page. Returns the result and the entries of `out`. */
function copyIn(
  page: Page,
  { source, target, options, stream }: Request,
  from: Tree,
  to: Tree,
): Promise<{ outcome: Outcome; tree: Tree }> {
  return page.evaluate(
    async ({ source, target, options, stream, from, to }) => {
      const nanoseconds = (time: string): bigint => {
        const [whole = '', fraction = ''] = time.replace('-', '').split('.');
        const count = BigInt(whole + fraction.padEnd(9, '0'));
        return time.startsWith('-') ? -count : count;
      };
      const seconds = (count: bigint): string => {
        const digits = String(count).padStart(10, '0');
        return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '') || '0';
      };
      const entryOf = ({ kind, content, time }: Tree[string]): Entry => {
        const mtimeNs = nanoseconds(time);
        if (kind === 'directory') {
          return { dir: {}, mtimeNs };
        }
        const source = new Uint8Array(content.length);
        for (let index = 0; index < source.length; index++) {
          source[index] = content.charCodeAt(index);
        }
        return kind === 'link' ? { symlink: content, mtimeNs } : { source, mtimeNs };
      };
      const treeFrom = (tree: Tree): DirectoryEntry => {
        const root: DirectoryEntry = { dir: {} };
        const directories = new Map([['', root.dir as Record<string, Entry>]]);
        // Directories precede their entries.
        for (const [path, seen] of Object.entries(tree)) {
          const slash = path.lastIndexOf('/');
          const entry = entryOf(seen);
          (directories.get(path.slice(0, Math.max(slash, 0))) ?? {})[path.slice(slash + 1)] = entry;
          if ('dir' in entry) {
            directories.set(path, entry.dir as Record<string, Entry>);
          }
        }
        return root;
      };
      const latin1 = (bytes: Uint8Array): string => {
        let text = '';
        for (let start = 0; start < bytes.length; start += 0x8000) {
          text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
        }
        return text;
      };
      const treeOf = async ({ dir }: FoundDirectory, below: string, tree: Tree): Promise<Tree> => {
        for (const [name, entry] of Object.entries(dir)) {
          const path = below + name;
          const time = seconds(entry.mtimeNs);
          if ('dir' in entry) {
            tree[path] = { kind: 'directory', content: '', time };
            await treeOf(entry, `${path}/`, tree);
          } else if ('symlink' in entry) {
            tree[path] = { kind: 'link', content: entry.symlink, time };
          } else {
            tree[path] = {
              kind: 'file',
              content: latin1(new Uint8Array(await entry.source.arrayBuffer())),
              time,
            };
          }
        }
        return tree;
      };
      const told = ({ code, message }: Told): Told => ({ code, message });

      const sandbox = await mapcp.openSandbox({
        '/in': { tree: treeFrom(from), access: 'read-write' },
        '/out': { tree: treeFrom(to), access: 'read-write' },
      });
      const outcome = await sandbox
        .copy(stream === undefined ? source : new Blob([stream]), target, { makeParents: false, ...options })
        .then(
          ({ errors, warnings, ...counts }: CopyReport): Outcome => ({
            error: undefined,
            errors: errors.map(told),
            warnings: warnings.map(told),
            counts,
          }),
          (error: unknown): Outcome => {
            if (!(error instanceof mapcp.CopyError)) {
              throw error;
            }
            return { error: told(error), errors: [], warnings: [], counts: undefined };
          },
        );
      const tree = await treeOf(await sandbox.tree('/out'), '', {});
      sandbox.close();
      return { outcome, tree };
    },
    { source, target, options, stream, from, to },
  );
}

/** Makes `out` equal to the page's tree. Unchanged entries are not touched. */
function putBack(directory: string, tree: Tree, before: Tree): void {
  const put = putInto(directory);
  const isSame = (one: Tree[string] | undefined, other: Tree[string] | undefined) =>
    one?.kind === other?.kind && one?.content === other?.content && one?.time === other?.time;
  for (const [path, seen] of Object.entries(before)) {
    if (!isSame(seen, tree[path]) && !(seen.kind === 'directory' && tree[path]?.kind === 'directory')) {
      rmSync(join(directory, 'out', path), { recursive: true, force: true });
    }
  }
  const changed = Object.entries(tree).filter(([path, seen]) => !isSame(seen, before[path]));
  for (const [path, { kind, content }] of changed) {
    const place = join('out', path);
    if (kind === 'directory') {
      put.directory(place);
    } else if (kind === 'link') {
      put.symlink(place, content);
    } else {
      put.file(place, Buffer.from(content, 'latin1'));
    }
  }
  // The deepest first: a new entry changes the time of its directory.
  const directories = Object.entries(tree).filter(
    ([, { kind }]) => kind === 'directory' && changed.length > 0,
  );
  for (const [path, { time }] of [...changed, ...directories].reverse()) {
    // The half keeps Node from rounding down to one less.
    const seconds = Number(time.replace(/(\.\d{6}).*/, '$1')) + 0.5e-6;
    lutimesSync(join(directory, 'out', path), seconds, seconds);
  }
}
