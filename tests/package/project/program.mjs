// A program in a project that has installed mapcp: it uses every export, in a directory that it gets as argument.

import { strictEqual } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { CopyError, clean, copy, openSandbox } from 'mapcp';
import { instantiate } from 'mapcp/bindings';
import { createHost } from 'mapcp/host';

const directory = process.argv[2] ?? '.';
const at = (/** @type {string} */ name) => join(directory, name);
writeFileSync(at('source'), 'content');

const report = await copy(at('source'), at('by-copy'));
strictEqual(report.bytes, 7);
strictEqual(readFileSync(at('by-copy'), 'utf8'), 'content');

const failure = await copy(at('missing'), at('never')).catch((error) => error);
strictEqual(failure instanceof CopyError && failure.code, 'ENOENT');
strictEqual(await clean(directory), 0);

const box = await openSandbox({ '/box': { path: directory, access: 'read-write' } });
await box.copy('/box/source', '/box/by-sandbox');
box.close();
strictEqual(readFileSync(at('by-sandbox'), 'utf8'), 'content');

const host = await createHost({
  preopens: { '/box': { path: directory, access: 'read-write' } },
  clocks: true,
  random: true,
});
const { copier } = await instantiate(undefined, host.imports);
strictEqual(copier.clean('/box', false).files.length, 0);
host.close();

process.stdout.write('all exports work\n');
