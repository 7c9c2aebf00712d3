import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { it, temporaryDirectory } from '../helpers/it.js';
import { built, runFile } from '../helpers/runtimes.js';

/** Runs `code`, the body of a function of a directory, with mapcp's exports, in another realm. */
function inOtherRealm(directory: string, code: string): unknown {
  const module = join(temporaryDirectory(), 'module.mjs');
  const [index, host] = ['js/index.js', 'js/host/index.js'].map((path) => pathToFileURL(built(path)).href);
  writeFileSync(
    module,
    `import * as mapcp from '${index}';
     import * as host from '${host}';
     export async function main(directory) {
       const { copy, clean, CopyError, CleanError, openSandbox, createHost } = { ...mapcp, ...host };
       ${code}
     }`,
  );
  const runner = resolve(import.meta.dirname, 'other-realm.mjs');
  const { status, stdout, stderr } = runFile(
    process.execPath,
    ['--no-warnings', '--experimental-vm-modules', runner, module, directory],
    directory,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('in another realm, as in a test file of Jest', () => {
  it('a copy copies', ({ directory }) => {
    mkdirSync(join(directory, 'a/b'), { recursive: true });
    writeFileSync(join(directory, 'a/b/c'), 'content');
    const report = inOtherRealm(
      directory,
      `return copy(directory + '/a', directory + '/copy', { recursive: true, signal: AbortSignal.timeout(300_000) });`,
    );
    expect(report).toMatchObject({ files: 1, bytes: 7 });
    expect(readFileSync(join(directory, 'copy/b/c'), 'utf8')).toBe('content');
  });

  it('a copy takes URLs of the main realm, and closes everything', ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const answers = inOtherRealm(
      directory,
      `const { pathToFileURL } = await import('node:url');
       const { readdirSync } = await import('node:fs');
       const open = () => readdirSync('/proc/self/fd').length;
       const count = async () => (await copy(pathToFileURL(directory + '/a'), pathToFileURL(directory + '/b'))).files;
       const files = await count();
       const before = open();
       await count();
       const box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
       await box.copy('/d/a', '/d/c');
       box.close();
       return [files, open() - before];`,
    );
    expect(answers).toEqual([1, 0]);
  });

  it('a copy takes Blobs, files and streams of the main realm', ({ directory }) => {
    const contents = inOtherRealm(
      directory,
      `const { readFileSync } = await import('node:fs');
       const { Readable } = await import('node:stream');
       const { File } = await import('node:buffer');
       const bytes = new TextEncoder().encode('xx');
       const start = (controller) => {
         controller.enqueue(bytes);
         controller.close();
       };
       const sources = [
         new Blob(['xx']),
         new File(['xx'], 'name'),
         new Blob(['xx']).stream(),
         new Response('xx').body,
         new ReadableStream({ start }),
         Readable.toWeb(Readable.from([bytes])),
         Readable.from([bytes]),
       ];
       for (const [index, source] of sources.entries()) {
         await copy(source, directory + '/' + index);
       }
       return sources.map((_, index) => readFileSync(directory + '/' + index, 'utf8'));`,
    );
    expect(contents).toEqual(Array.from({ length: 7 }, () => 'xx'));
  });

  it('clean works, and fails with its own error', ({ directory }) => {
    writeFileSync(join(directory, '.mapcp-0123456789abcdef.tmp'), '');
    const answers = inOtherRealm(
      directory,
      `const removed = await clean(directory);
       const error = await clean(directory + '/missing').catch((error) => error);
       return [removed, error instanceof CleanError, error.code];`,
    );
    expect(answers).toEqual([1, true, 'ENOENT']);
  });

  it('a tree is copied by several jobs', ({ directory }) => {
    mkdirSync(join(directory, 'a'));
    for (const name of ['f', 'g', 'h']) {
      writeFileSync(join(directory, 'a', name), name);
    }
    const answers = inOtherRealm(
      directory,
      `const options = { recursive: true, concurrency: 2 };
       const { files, warnings } = await copy(directory + '/a', directory + '/b', options);
       return [files, warnings.map(({ message }) => message)];`,
    );
    expect(answers).toEqual([3, []]);
  });

  it("an error has the system's code", ({ directory }) => {
    mkdirSync(join(directory, 'a'));
    const codes = inOtherRealm(
      directory,
      `const codes = [];
       for (const [source, target] of [['missing', 'b'], ['a/missing', 'b'], ['missing/x', 'b'], ['a', 'a/b']]) {
         const error = await copy(directory + '/' + source, directory + '/' + target, { recursive: true })
           .catch((error) => error);
         codes.push([error instanceof CopyError, error.code]);
       }
       return codes;`,
    );
    expect(codes).toEqual([
      [true, 'ENOENT'],
      [true, 'ENOENT'],
      [true, 'ENOENT'],
      [true, 'ERR_MAPCP_INTO_ITSELF'],
    ]);
  });

  it('a host checks its options, and accepts bytes', () => {
    const answers = inOtherRealm(
      temporaryDirectory(),
      `const given = await createHost({
         preopens: { '/in': { path: directory, access: 'read' } },
         args: ['a'],
         env: { A: 'b' },
         stdin: new TextEncoder().encode('bytes'),
       });
       const read = given.imports['wasi:cli/stdin'].getStdin().blockingRead(9n);
       const refused = await createHost({ env: new Map() }).catch((error) => error.message);
       return [String.fromCharCode(...read), refused];`,
    );
    expect(answers).toEqual([
      'bytes',
      'options.env must be an object with a value for each variable, not a Map',
    ]);
  });
});
