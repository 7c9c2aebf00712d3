import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { copy, type HostMaker, openSandbox } from 'mapcp';
import { createHost } from 'mapcp/host';
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

describe("the source's times", () => {
  const options = { recursive: true, preserveTimestamps: true, overwrite: 'newer' } as const;
  const times = { file: 1_500_000_000, link: 1_600_000_000 };
  const timeOf = (path: string) => lstatSync(path).mtimeMs / 1000;

  /** Makes a tree of a file and a link, which have these times. */
  const putTree = (directory: string) => {
    mkdirSync(join(directory, 'a'));
    writeFileSync(join(directory, 'a/file'), 'content');
    utimesSync(join(directory, 'a/file'), times.file, times.file);
    symlinkSync('nowhere', join(directory, 'a/link'));
    lutimesSync(join(directory, 'a/link'), times.link, times.link);
  };

  /** Our host, but these calls set a time in 2446. */
  const withWrongTimes =
    (...calls: string[]): HostMaker =>
    async (preopens) => {
      const host = await createHost({ preopens, clocks: true, random: true, allowOverlap: true });
      const { prototype } = host.imports['wasi:filesystem/types'].Descriptor;
      for (const name of calls) {
        const set = Reflect.get(prototype, name) as (...args: unknown[]) => void;
        const value = function (this: object, ...args: unknown[]) {
          const wrong = { tag: 'timestamp', val: { seconds: 15_000_000_000n, nanoseconds: 0 } };
          set.apply(this, [...args.slice(0, -1), wrong]);
        };
        Object.defineProperty(prototype, name, { value });
      }
      return { imports: host.imports, close: () => host.close() };
    };

  it.for<[string, HostMaker]>([
    ["are kept on preview2-shim's host, whose setTimes sets wrong ones", shim],
    ['are kept on another host whose setTimes does', withWrongTimes('setTimes')],
  ])('%s', async ([_name, host], { directory }) => {
    putTree(directory);
    const [a, b] = [join(directory, 'a'), join(directory, 'b')];
    expect(await copy(a, b, { ...options, host })).toMatchObject({ files: 2, warnings: [] });
    expect([timeOf(join(b, 'file')), timeOf(join(b, 'link'))]).toEqual(Object.values(times));
    writeFileSync(join(a, 'file'), 'changed');
    expect(await copy(a, b, { ...options, host })).toMatchObject({ files: 1, skipped: 1 });
    expect(readFileSync(join(b, 'file'), 'utf8')).toBe('changed');
  });

  it('cause a warning for a file and a link that got others', async ({ directory }) => {
    putTree(directory);
    const [a, b] = [join(directory, 'a'), join(directory, 'b')];
    const host = withWrongTimes('setTimes', 'setTimesAt');
    const { files, warnings } = await copy(a, b, { ...options, host });
    expect(files).toBe(2);
    expect(warnings.map(({ message }) => message).sort()).toEqual(
      ['file', 'link'].map(
        (name) =>
          `copied '${a}/${name}' to '${b}/${name}', but cannot set the times of '${b}/${name}': ` +
          "the host or the target's file system gave it another time",
      ),
    );
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
