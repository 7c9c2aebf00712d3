// Hostile trees, through the options that docs/accepting-uploads.md recommends.

import { mkdirSync, readdirSync, realpathSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CopyOptions, openSandbox } from 'mapcp';
import { expect } from 'vitest';
import { look } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { classOf } from '../helpers/names.js';

const limits = { maxBytes: 100_000, maxFiles: 90, maxDepth: 6, maxFileSize: 10_000 };

/** Names that lead out on other systems, or if somebody unescapes them. */
const odd = {
  portable: ['%2e%2e%2fsecret', '\u2024\u2024', '-rf', '..;'],
  others: ['..\\..\\secret', '...', 'C:secret', 'nul.txt'],
};

/** Names that some file system treats as one, in sorted pairs. */
const pairs = [
  ['README', 'readme'],
  ['STRASSE', 'stra\u00dfe'],
  ['cafe\u0301', 'caf\u00e9'],
  ['K', '\u212a'],
  ['x', 'x\u200b'],
] as const;

const notPortable = [...odd.others, ...pairs.map(([, second]) => second)];

/** Makes hostile entries in a directory, and more of them outside. */
function makeCorpus(directory: string): void {
  const at = (...names: readonly string[]) => join(directory, 'in/a', ...names);
  mkdirSync(at('d/e/f/g/h/i/j'), { recursive: true });
  writeFileSync(join(directory, 'secret'), 'secret');
  for (const name of [...odd.portable, ...odd.others, ...pairs.flat()]) {
    writeFileSync(at(name), 'ours');
  }
  // Links that lead out by one step, by two, and through a directory.
  const links = { one: '../../secret', two: 'step/..', step: '.', three: 'd/e/../../../../secret', up: '..' };
  for (const [name, text] of Object.entries(links)) {
    symlinkSync(text, at(name));
  }
  symlinkSync('../../..', at('d/out'));
  symlinkSync('..//.//../../secret', at('d/slashes'));
  symlinkSync('../d', at('d/inside'));
  // A bomb of links.
  for (const name of ['1', '2', '3', '4', '5', '6']) {
    mkdirSync(at('bomb', name), { recursive: true });
    for (const other of ['1', '2', '3', '4', '5', '6']) {
      symlinkSync(`../${other}`, at('bomb', name, `to${other}`));
    }
  }
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 10 * 2 ** 40);
}

const combinations = (['contained', 'skip', 'follow'] as const).flatMap((symlinks) =>
  (['portable', 'any'] as const).flatMap((names) =>
    [{}, { keepGoing: true }, { keepGoing: true, onProgress: () => {} }, { dryRun: true }].map(
      (more): CopyOptions => ({ recursive: true, preserveMode: false, symlinks, names, ...more }),
    ),
  ),
);

/** Checks that the names of each directory are portable. */
function expectPortable(paths: readonly string[]): void {
  const names = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
  expect(names.filter((name) => odd.others.includes(name))).toEqual([]);
  expect(new Set(paths.map(classOf)).size).toBe(paths.length);
}

it.for(combinations)(
  'nothing of a hostile tree leads out or exceeds a limit with %o',
  async (options, { inMemory: directory }) => {
    makeCorpus(directory);
    mkdirSync(join(directory, 'out'));
    using box = await openSandbox({
      '/in': { path: join(directory, 'in'), access: 'read' },
      '/out': { path: join(directory, 'out'), access: 'read-write' },
    });
    const report = await box.copy('/in/a', '/out/b', { ...options, ...limits }).catch(() => undefined);

    const found = Object.entries(look(join(directory, 'out')));
    expect(found.length).toBeLessThanOrEqual(limits.maxFiles);
    const bytes = found.reduce(
      (sum, [, { kind, content }]) => sum + (kind === 'file' ? content.length : 0),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(limits.maxBytes);
    expect(found.filter(([path]) => path.split('/').length - 1 > limits.maxDepth)).toEqual([]);
    expect(found.filter(([, { content }]) => content === 'secret')).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['in', 'out', 'secret']);
    if (options.names === 'portable') {
      expectPortable(found.map(([path]) => path));
    }
    const root = realpathSync(join(directory, 'out'));
    for (const [path] of found.filter(([, { kind }]) => kind === 'link')) {
      expect(`${realpathSync(join(root, path))}/`.startsWith(`${root}/b/`), path).toBe(true);
    }
    if (options.dryRun) {
      expect(found).toEqual([]);
    } else if (options.keepGoing && options.symlinks === 'contained') {
      expect(
        report?.errors.map(({ source, code }) => [source, code.slice('ERR_MAPCP_'.length)]).sort(),
      ).toEqual(
        [
          ['/in/a/d/e/f/g/h/i/j', 'LIMIT_EXCEEDED'],
          ['/in/a/d/out', 'LINK_LEADS_OUT'],
          ['/in/a/d/slashes', 'LINK_LEADS_OUT'],
          ['/in/a/huge', 'LIMIT_EXCEEDED'],
          ...['one', 'three', 'two', 'up'].map((name) => [`/in/a/${name}`, 'LINK_LEADS_OUT']),
          ...(options.names === 'portable' ? notPortable : []).map((name) => [
            `/in/a/${name}`,
            'NAME_NOT_PORTABLE',
          ]),
        ].sort(),
      );
    }
  },
);
