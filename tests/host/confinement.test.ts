// Confinement of components, and the warning or refusal if it is not strict.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect } from 'vitest';
import { it, temporaryDirectory } from '../helpers/it.js';
import { canMount } from '../helpers/small-disk.js';

/** What stands for koffi; by default nothing is installed. */
const koffis = {
  missing: "throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })",
  old: "return { version: '2.9.0' }",
  broken: "throw new Error('no native module\\nand more')",
  incomplete: "return { version: '3.0.0', load: () => ({ func() { throw new Error('no openat') } }) }",
  wrong: "return { version: '3.0.0', load: () => ({ func: () => () => 0 }), errno: () => 0 }",
  installed: 'return load(name, ...rest)',
};

/**
 * Creates hosts with each `confinement` on a `platform`. Prints the content that each reads, or its error, and the
 * warnings.
 */
const maker = `
  import Module from 'node:module';
  const [koffi, platform, path, ...confinements] = process.argv.slice(1);
  const load = Module._load;
  Module._load = (name, ...rest) => name === 'koffi' ? use(name, ...rest) : load(name, ...rest);
  const use = new Function('load', 'name', '...rest', koffi).bind(undefined, load);
  const { createHost } = await import('mapcp/host');
  Object.defineProperty(process, 'platform', { value: platform });
  const warnings = [];
  process.on('warning', ({ name, code, message }) => warnings.push([name, code, message].join(' ')));
  const hosts = [];
  for (const confinement of confinements) {
    try {
      const host = await createHost({
        preopens: { '/': { path, access: 'read' } },
        ...(confinement === 'default' ? {} : { confinement }),
      });
      const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories();
      hosts.push(Buffer.from(root.openAt({}, 'file', {}, { read: true }).read(9n, 0n)[0]).toString());
    } catch ({ message }) {
      hosts.push(message);
    }
  }
  // Warnings are emitted later.
  setImmediate(() => console.log(JSON.stringify({ hosts, warnings })));
`;

/** The output of `maker` in a process that `inFrontOf` starts. */
function make(
  platform: string,
  confinements: string[],
  { koffi = 'missing', inFrontOf = [] }: { koffi?: keyof typeof koffis; inFrontOf?: string[] } = {},
) {
  const path = temporaryDirectory();
  writeFileSync(join(path, 'file'), 'content');
  const node = [process.execPath, '--no-warnings', '--input-type=module', '--eval', maker, '--'];
  const [program = '', ...args] = [...inFrontOf, ...node, koffis[koffi], platform, path, ...confinements];
  const { stdout, stderr } = spawnSync(program, args, {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('a component is confined strictly, without a warning', () => {
    expect(make('linux', ['default', 'strict', 'best-effort'])).toEqual({
      hosts: ['content', 'content', 'content'],
      warnings: [],
    });
  });

  it.skipIf(!canMount)('each host looks whether procfs is still there', ({ directory: path }) => {
    const program = `
      import { spawnSync } from 'node:child_process';
      import { createHost } from 'mapcp/host';
      const [path] = process.argv.slice(1);
      const read = async () => {
        const host = await createHost({ preopens: { '/': { path, access: 'read' } } });
        const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories();
        return Buffer.from(root.openAt({}, 'file', {}, { read: true }).read(9n, 0n)[0]).toString();
      };
      const before = await read();
      spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', '/proc']);
      console.log(before, await read());
    `;
    writeFileSync(join(path, 'file'), 'content');
    const node = [process.execPath, '--input-type=module', '--eval', program, '--', path];
    const { stdout, stderr } = spawnSync('unshare', ['--mount', ...node], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['content content\n', '']);
  });

  const withoutProcfs: [string, string][] = [
    ['an empty directory at /proc', ':'],
    [
      'a directory made to look like procfs',
      'ln -s $$ /proc/self && mkdir /proc/$$ && ln -s /dev/fd /proc/$$/fd',
    ],
  ];
  describe.skipIf(!canMount).for(withoutProcfs)('with %s,', ([, prepare]) => {
    const script = `mount -t tmpfs tmpfs /proc && ${prepare} && exec "$@"`;
    const inFrontOf = ['unshare', '--mount', 'sh', '-c', script, 'sh'];

    it('a component is refused, unless weaker confinement is accepted', () => {
      const refused = expect.stringContaining(
        "no procfs is mounted at /proc, which is needed to confine a component: mount it, or run 'npm install koffi', or 'npm install --global koffi' for a global mapcp, or accept less",
      );
      const made = make('linux', ['default', 'strict', 'best-effort', 'best-effort'], { inFrontOf });
      expect(made).toEqual({ hosts: [refused, refused, 'content', 'content'], warnings: [] });
    });

    it('a component is confined strictly if koffi is installed', () => {
      expect(make('linux', ['default', 'strict'], { inFrontOf, koffi: 'installed' })).toEqual({
        hosts: ['content', 'content'],
        warnings: [],
      });
    });
  });
});

describe('on another system,', () => {
  it('the error in a bundle that is no ES module is not that koffi is broken', () => {
    const program = `
      import { createHost } from './ts/host/create-host.js';
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      createHost({ confinement: 'strict' }).catch(({ message }) => console.log(message));
    `;
    const checkout = join(import.meta.dirname, '../..');
    const { outputFiles } = buildSync({
      stdin: { contents: program, resolveDir: checkout },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      logOverride: { 'empty-import-meta': 'silent' },
      write: false,
    });
    const bundle = outputFiles[0]?.text ?? '';
    const { stdout } = spawnSync(process.execPath, ['-'], { cwd: checkout, input: bundle, encoding: 'utf8' });
    expect(stdout).toContain('only an ES module can find koffi, and this bundle is not one, or accept less');
  });

  it.each([
    [
      'missing',
      "koffi is not installed: run 'npm install koffi', or 'npm install --global koffi' for a global mapcp",
    ],
    ['old', "koffi 2.9.0 is too old: run 'npm install koffi@3'"],
    ['broken', "koffi does not work here (no native module): run 'npm install koffi' again"],
    ['incomplete', "koffi does not work here (no openat): run 'npm install koffi' again"],
    ['wrong', "koffi does not work here (its errors are wrong): run 'npm install koffi' again"],
  ] as const)(
    'with a koffi that is %s, a component is refused if it must be strict, and warned about once unless it is accepted',
    (koffi, why) => {
      expect(make('darwin', ['best-effort'], { koffi }).warnings).toEqual([]);
      expect(make('darwin', ['strict', 'default', 'best-effort', 'default'], { koffi })).toEqual({
        hosts: [
          `${why}, or accept less with the option confinement: 'best-effort'`,
          'content',
          'content',
          'content',
        ],
        warnings: [
          `ConfinementWarning MAPCP_BEST_EFFORT ${why}. Without it, paths are checked before and after each use: another ` +
            'process that swaps directories in between can lead a component out of its directories',
        ],
      });
    },
  );
});
