// Paths that only Windows has, by the API.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { copy } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

/** Calls `act` with a directory that has a tree, `in`. */
async function withTree(act: (directory: string) => Promise<void>): Promise<void> {
  await inTemporaryDirectory(async (directory) => {
    mkdirSync(join(directory, 'in/deep'), { recursive: true });
    writeFileSync(join(directory, 'in/deep/file'), 'content');
    await act(directory);
  });
}

/** Ways to write the path of a directory. */
const forms: [string, (path: string) => string][] = [
  ['backslashes', (path) => path],
  ['slashes', (path) => path.replaceAll('\\', '/')],
  ['a backslash at its end', (path) => `${path}\\`],
  ['two backslashes and a question mark before it', (path) => `\\\\?\\${path}`],
  ['two backslashes and a dot before it', (path) => `\\\\.\\${path}`],
];

/** The path of a directory on this machine's own server. Wine has none. */
const onServer = (path: string): string => `\\\\localhost\\${path.replace(':', '$')}`;

/** Defines the tests. */
export function testWindows(): void {
  describe('on Windows,', () => {
    it.each(forms)('a tree is copied from and to a path with %s', (_, form) =>
      withTree(async (directory) => {
        await copy(form(join(directory, 'in')), form(join(directory, 'out')), { recursive: true });
        expect(readFileSync(join(directory, 'out/deep/file'), 'utf8')).toBe('content');
        expect(readdirSync(directory).sort()).toEqual(['in', 'out']);
      }),
    );

    it.skipIf(!existsSync(onServer(process.cwd())))('a tree is copied from and to a path on a server', () =>
      withTree(async (directory) => {
        await copy(onServer(join(directory, 'in')), onServer(join(directory, 'out')), { recursive: true });
        expect(readFileSync(join(directory, 'out/deep/file'), 'utf8')).toBe('content');
      }),
    );

    it('an error about the source names the source, also if its directory is missing', () =>
      withTree(async (directory) => {
        const source = join(directory, 'missing', 'file');
        const error: unknown = await copy(source, join(directory, 'out')).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'ENOENT', path: source });
      }));

    it('a copy is read-only if its source is', () =>
      withTree(async (directory) => {
        writeFileSync(join(directory, 'in/read-only'), '', { mode: 0o444 });
        const { warnings } = await copy(join(directory, 'in'), join(directory, 'out'), { recursive: true });
        expect(warnings).toEqual([]);
        expect(statSync(join(directory, 'out/read-only')).mode & 0o222).toBe(0);
        expect(statSync(join(directory, 'out/deep/file')).mode & 0o222).toBe(0o222);
      }));
  });
}
