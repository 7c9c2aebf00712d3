// The documented options of the API and of the command line.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { expect, it } from 'vitest';
import { copyChecks } from '../../ts/common/options.js';
import { commandLineOptionOf, commandLineOptions } from '../helpers/options.js';

/** The default of each option of the API, by its name. */
const defaults: ReadonlyMap<string, string> = new Map(
  [...readFileSync('docs/api.md', 'utf8').matchAll(/^\| `(\w+)` +\|[^|]+\| ([^|]*?) +\|/gm)].map(
    ([, name = '', value = '']) => [name, value.replace(/^`'?(.*?)'?`$/, '$1')],
  ),
);

it('the generated documentation is current; make document updates it', () => {
  const { status, stderr } = spawnSync(process.execPath, ['build/document.mjs', '--check'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('only these options of the API have no equivalent on the command line', () => {
  const names = Object.keys(copyChecks);
  expect(names.filter((name) => commandLineOptionOf(name) === undefined).sort()).toEqual([
    'files',
    'filterSource',
    'mode',
    'onEntry',
    'onError',
    'onProgress',
    'onWarning',
    'preserveMode',
    'signal',
    'size',
  ]);
});

it('only these options of the command line have no equivalent in the API', () => {
  const common = Object.keys(copyChecks).map((name) => commandLineOptionOf(name)?.name);
  expect(commandLineOptions.map(({ name }) => name).filter((name) => !common.includes(name))).toEqual([
    ...[
      'archive',
      'no-dereference',
      'dereference',
      'files-from',
      'null',
      'target-directory',
      'no-target-directory',
      'no-clobber',
    ],
    ...['update', 'force', 'interactive', 'clean', 'progress', 'no-progress', 'json', 'quiet', 'verbose'],
    ...['completion', 'version', 'help'],
  ]);
});

it('the API and the command line have the same defaults, except atomic, makeParents and symlinks', () => {
  const sameValues: Readonly<Record<string, string>> = { '1M': '1048576' };
  const others = new Map<string, readonly (string | undefined)[]>();
  for (const name of Object.keys(copyChecks)) {
    const option = commandLineOptionOf(name);
    const initial = option?.value === undefined ? 'false' : option.default;
    const due = sameValues[initial ?? ''] ?? initial;
    const isUnset =
      initial === undefined && ['[]', 'everything is copied', 'no limit'].includes(defaults.get(name) ?? '');
    if (option !== undefined && !isUnset && defaults.get(name) !== due) {
      others.set(name, [defaults.get(name), due]);
    }
  }
  // cp makes no directories, and follows a link that is named. The command's switch has a name in the API.
  expect(Object.fromEntries(others)).toEqual({
    atomic: ['file', 'false'],
    makeParents: ['true', 'false'],
    symlinks: ['preserve', undefined],
  });
});
