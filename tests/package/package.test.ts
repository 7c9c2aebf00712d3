import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { build as esbuild } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { createServer, build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportsWithoutDescription } from './descriptions.js';

const tool = (name: string) => resolve('node_modules/.bin', name);

const place = mkdtempSync(join(tmpdir(), 'mapcp-package-'));
const project = join(place, 'project');
const installed = join(project, 'node_modules/mapcp');
let tarball = '';

/** Runs a command in the project and returns its output. If it fails, the error has the output. */
function run(command: string, args: readonly string[], directory = project): string {
  try {
    return execFileSync(command, args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

function newDirectory(name: string): string {
  const directory = join(place, name);
  mkdirSync(directory);
  return directory;
}

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', place], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  tarball = join(place, JSON.parse(packed)[0].filename);
  newDirectory('project');
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'project', private: true, type: 'module' }),
  );
  for (const file of readdirSync('tests/package/project')) {
    copyFileSync(join('tests/package/project', file), join(project, file));
  }
  // Offline, so any dependency would make it fail.
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball]);
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('the package', () => {
  it('installs without dependencies and scripts, and takes at most 1.25 megabytes besides its documents', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'mapcp',
    ]);
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/install/)]),
    );
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    const sizeOf = (some: readonly string[]) => {
      const found = some.map((file) => statSync(join(installed, file))).filter((status) => status.isFile());
      return found.reduce((sum, { size }) => sum + size, 0);
    };
    const isDocument = (file: string) => /^docs\b|\.md$/.test(file);
    expect(sizeOf(files.filter(isDocument))).toBeLessThan(320_000);
    expect(sizeOf(files.filter((file) => !isDocument(file)))).toBeLessThan(1_250_000);
  });

  it('has every file that its documents link to', () => {
    const documents = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.md'),
    );
    const links = documents.flatMap((file) => {
      const text = readFileSync(join(installed, file), 'utf8');
      const found = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]+)/g)];
      return found.map(([, link = '']) => ({ file, link, path: join(installed, dirname(file), link) }));
    });
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter(({ path }) => !existsSync(path))).toEqual([]);
  });

  it("has its manual pages on man's path after a global installation", () => {
    const global = newDirectory('global');
    run('npm', ['install', '--global', '--prefix', global, '--offline', '--no-audit', '--no-fund', tarball]);
    const page = (name: string) => readFileSync(join(global, 'share/man/man1', name), 'utf8');
    expect(page('mapcp.1')).toMatch(/^\.TH "MAPCP" "1"/);
    expect(page('mapcp-run.1')).toMatch(/^\.TH "MAPCP-RUN" "1".*\\-\\-allow\\-overlap/s);
  });

  it('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('passes arethetypeswrong', () => {
    const options = [
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      'component',
      'browser/worker.js',
      'browser/run/worker.js',
      '--no-emoji',
      '--no-color',
    ];
    expect(() => run(tool('attw'), [...options, tarball])).not.toThrow();
  });

  it('has a description of every export, for editors', () => {
    const entries = ['build/out/js/index.d.ts', 'build/out/js/host/index.d.ts'];
    expect(exportsWithoutDescription(entries.map((file) => join(installed, file)))).toEqual([]);
  });

  it('carries the SHA-256 of the component', () => {
    const out = join(installed, 'build/out');
    const sum = createHash('sha256')
      .update(readFileSync(join(out, 'mapcp.wasm')))
      .digest('hex');
    expect(readFileSync(join(out, 'mapcp.wasm.sha256'), 'utf8')).toBe(`${sum}  mapcp.wasm\n`);
  });

  it('lists its parts and build tools, and the licence of each bundled package', () => {
    const out = join(installed, 'build/out');
    const bill = JSON.parse(readFileSync(join(out, 'mapcp.cdx.json'), 'utf8'));
    const licenses = readFileSync(join(out, 'THIRD-PARTY-LICENSES'), 'utf8');
    const [component, ...bundled] = bill.components;
    expect(component).toMatchObject({ name: 'mapcp.wasm', components: [{ name: 'wasi-libc' }, {}] });
    expect(bundled.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['cli-progress']),
    );
    for (const { name, version } of bundled) {
      expect(licenses).toContain(`\n${name} ${version}\n`);
    }
    expect(bill.formulation[0].components.map(({ name }: { name: string }) => name)).toContain('esbuild');
  });
});

describe('a project that has installed the package', () => {
  // Tests the current Node, and every Node in MAPCP_NODES, which is separated like PATH.
  const { CI, MAPCP_NODES = '' } = process.env;
  const nodes = MAPCP_NODES.split(delimiter).filter((node) => node !== '');
  if (CI && nodes.length === 0) {
    throw new Error('name the releases of Node to test with in MAPCP_NODES');
  }
  const releases = [process.execPath, ...nodes].map((node, at): [string, string, string] => {
    const release = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    return [release, node, `node-${at}`];
  });
  it.each(releases)('uses every export from JavaScript, in Node %s', (_, node, folder) => {
    const directory = newDirectory(folder);
    expect(run(node, ['program.mjs', directory])).toBe('all exports work\n');
    const main = join(installed, 'build/out/js/cli/main.js');
    expect(run(node, [main, '--verbose', 'source', 'by-binary'], directory)).toContain(
      "-> 'by-binary' (7 bytes)",
    );
  });

  it('is served by vite dev from a linked checkout only with what docs/browser.md says', async () => {
    const config = "server: { fs: { allow: ['.', '/path/to/checkout'] } }";
    expect(readFileSync('docs/browser.md', 'utf8')).toContain(config);
    const root = newDirectory('linked');
    writeFileSync(join(root, 'package.json'), '{}');
    const statuses: number[] = [];
    for (const fs of [undefined, { allow: ['.', resolve('.')] }]) {
      const server = await createServer({
        root,
        configFile: false,
        logLevel: 'silent',
        server: { port: 0, host: '127.0.0.1', ...(fs && { fs }) },
      });
      await server.listen();
      const [url] = server.resolvedUrls?.local ?? [];
      const worker = resolve('build/out/js/browser/worker.js');
      const { status } = await fetch(`${url}@fs${worker}`);
      statuses.push(status);
      await server.close();
    }
    expect(statuses).toEqual([403, 200]);
  });

  describe('runs a component', () => {
    const component = resolve('build/out/guests/program.wasm');
    const runProgram = (node: string, directory?: string) =>
      run(node, ['run-component.mjs', component], directory);
    const withoutJco =
      "Error: jco, which translates components, is not installed here: run 'npm install @bytecodealliance/jco'\n";

    it('or reports that jco must be installed', () => {
      expect(runProgram(process.execPath)).toBe(withoutJco);
    });

    it('by jco, if that is installed too', () => {
      const scope = join(project, 'node_modules/@bytecodealliance');
      mkdirSync(scope);
      symlinkSync(resolve('node_modules/@bytecodealliance/jco'), join(scope, 'jco'));
      try {
        for (const [release, node] of releases) {
          expect([release, runProgram(node)]).toEqual([release, 'program\nargs\nstatus 0\n']);
        }
      } finally {
        rmSync(scope, { recursive: true });
      }
    });

    it('from a bundle, if jco is installed beside it', async () => {
      const directory = newDirectory('component-bundle');
      const outfile = join(directory, 'run-component.mjs');
      const entryPoints = ['run-component.mjs'];
      await esbuild({
        absWorkingDir: project,
        entryPoints,
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile,
      });
      expect(runProgram(process.execPath, directory)).toBe(withoutJco);
      mkdirSync(join(directory, 'node_modules'));
      symlinkSync(
        resolve('node_modules/@bytecodealliance'),
        join(directory, 'node_modules/@bytecodealliance'),
      );
      expect(runProgram(process.execPath, directory)).toBe('program\nargs\nstatus 0\n');
    });
  });

  it('finds the component by its name', () => {
    const find = "console.log(import.meta.resolve('mapcp/component'))";
    const url = run(process.execPath, ['--input-type=module', '--eval', find]).trim();
    expect(readFileSync(new URL(url)).equals(readFileSync('build/out/mapcp.wasm'))).toBe(true);
  });

  it('runs the binary', () => {
    writeFileSync(join(project, 'a'), 'content');
    expect(run(join(project, 'node_modules/.bin/mapcp'), ['--verbose', 'a', 'b'])).toBe(
      "'a' -> 'b' (7 bytes)\n",
    );
  });

  const compilers = {
    'as Node resolves': { module: 'nodenext', lib: ['es2023'], types: ['node'] },
    'as a bundler resolves, without the types of Node': {
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
    },
  };
  it.each(Object.entries(compilers))('compiles as strict TypeScript, %s', (_, compilerOptions) => {
    const config = join(project, `tsconfig.${compilerOptions.module}.json`);
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const typeRoots = [resolve('node_modules/@types')];
    writeFileSync(
      config,
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          noEmit: true,
          skipLibCheck: false,
          typeRoots,
          ...strict,
          ...compilerOptions,
        },
        files: ['program.ts'],
      }),
    );
    expect(run(tool('tsc'), ['--project', config])).toBe('');
  });

  const bundlers = {
    esbuild: (program: string, outfile: string) =>
      esbuild({
        absWorkingDir: project,
        entryPoints: [program],
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile,
      }),
    vite: (program: string, outfile: string) =>
      vite({
        root: project,
        configFile: false,
        logLevel: 'error',
        ssr: { noExternal: true },
        build: {
          ssr: program,
          outDir: join(outfile, '..'),
          rollupOptions: { output: { entryFileNames: program } },
        },
      }),
  };
  it.each(Object.entries(bundlers))('works after bundling by %s', async (name, bundle) => {
    const directory = newDirectory(name);
    await bundle('program.mjs', join(directory, 'program.mjs'));
    expect(run(process.execPath, ['program.mjs', '.'], directory)).toBe('all exports work\n');
  });

  it.each(Object.entries(bundlers))(
    'leaves koffi out of a bundle by %s, and finds it beside the bundle',
    async (name, bundle) => {
      const directory = newDirectory(`koffi-${name}`);
      await bundle('strict.mjs', join(directory, 'strict.mjs'));
      const refusal = () => run(process.execPath, ['strict.mjs'], directory);
      expect(refusal()).toContain(
        "koffi is not installed: run 'npm install koffi', or 'npm install --global koffi' for a global mapcp",
      );
      const koffi = join(directory, 'node_modules/koffi');
      mkdirSync(koffi, { recursive: true });
      writeFileSync(join(koffi, 'index.js'), "exports.version = '2.9.0';");
      expect(refusal()).toContain("koffi 2.9.0 is too old: run 'npm install koffi@3'");
    },
  );
});
