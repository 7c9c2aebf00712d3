import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { copy, type HostMaker, openSandbox } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';

const checkout = join(import.meta.dirname, '../..');

/** The URL of a module with this text. */
const asModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** jco's own host. It has no read-only directories, and confines less than ours. */
const shim: HostMaker = (preopens) => {
  const paths = Object.entries(preopens).map(([name, { path }]) => [name, path]);
  const sandbox = { preopens: Object.fromEntries(paths), env: {}, args: [], enableNetwork: false };
  return { imports: new WASIShim({ sandbox }).getImportObject() };
};

describe("on preview2-shim's host", () => {
  it('a file is copied', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    await copy(join(directory, 'a'), join(directory, 'b'), { host: shim });
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('content');
  });

  it('a tree is copied in a sandbox', async ({ directory }) => {
    mkdirSync(join(directory, 'in/d'), { recursive: true });
    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'in/d/f'), 'content');
    using box = await openSandbox(
      {
        '/in': { path: join(directory, 'in'), access: 'read' },
        '/out': { path: join(directory, 'out'), access: 'read-write' },
      },
      { host: shim },
    );
    const report = await box.copy('/in', '/out/copy', { recursive: true });
    expect(report).toMatchObject({ files: 1, directories: 2 });
    expect(readFileSync(join(directory, 'out/copy/d/f'), 'utf8')).toBe('content');
  });

  it('an error is the same', async ({ directory }) => {
    const copying = copy(join(directory, 'missing'), join(directory, 'b'), { host: shim });
    await expect(copying).rejects.toMatchObject({ code: 'ENOENT', path: join(directory, 'missing') });
  });
});

describe('on our own host', () => {
  it('no module of preview2-shim is imported', () => {
    const folders = ['build/out/js', 'build/out/bindings'];
    const files = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.js'))
        .map((name) => join(folder, name)),
    );
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      expect(readFileSync(file, 'utf8').includes('preview2-shim'), file).toBe(false);
    }
  });

  it.for<[string, string[]]>([
    ['copy', ['--input-type=module', '--eval', "import { copy } from 'mapcp'; await copy('a', 'b');"]],
    ['command', [join(checkout, 'build/out/js/cli/main.js'), 'a', 'b']],
  ])('a %s loads only modules of Node and of the package', ([_name, args], { directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(checkout, join(directory, 'node_modules/mapcp'));
    const recorder = asModule(`
        import { appendFileSync } from 'node:fs';
        export async function load(url, context, next) {
          appendFileSync('loaded', url + '\\n');
          return next(url, context);
        }`);
    const hook = asModule(`import { register } from 'node:module'; register(${JSON.stringify(recorder)});`);
    execFileSync(process.execPath, ['--import', hook, ...args], { cwd: directory });
    expect(readFileSync(join(directory, 'b'), 'utf8')).toBe('content');
    const loaded = readFileSync(join(directory, 'loaded'), 'utf8').trim().split('\n');
    const own = pathToFileURL(join(checkout, 'build/out/')).href;
    expect(loaded.filter((url) => url.startsWith(own)).length).toBeGreaterThan(1);
    expect(loaded.filter((url) => !url.startsWith('node:') && !url.startsWith(own))).toEqual([]);
  });
});
