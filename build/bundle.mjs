// Bundles the published modules: `node build/bundle.mjs node|command|run|browser DIR LIST ENTRY ...`.
//
// Each ENTRY, a file of ts/, becomes a module in DIR. For Node, shared code goes into further modules beside them. LIST
// gets the bundled packages in CycloneDX. npm packages are bundled, so mapcp installs without dependencies.

import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import process from 'node:process';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { runScript, ToolError } from './clang.mjs';

/**
 * Replacements for modules of Node that would slow down every start.
 * @type {Record<string, string>}
 */
const replacements = {
  // Importing it opens the standard streams, because it lists their exports.
  process: 'module.exports = globalThis.process;',
};

/**
 * Turns `require` of a module of Node into an import, because an ES module has no `require`.
 * @type {import('esbuild').Plugin}
 */
const builtins = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, path }) => {
      const isReplaced = path.replace(/^node:/, '') in replacements;
      return isReplaced || (kind === 'require-call' && isBuiltin(path))
        ? { path, namespace: 'builtin' }
        : undefined;
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents:
        replacements[path.replace(/^node:/, '')] ??
        `import builtin from '${path}'; module.exports = builtin;`,
    }));
  },
};

/**
 * Gets Node's modules without importing them. An import reads every export of a module, and some exports load further
 * modules when they are read: a twelfth of the time of a small copy. Node 20.15 and older lack `getBuiltinModule`.
 * @type {import('esbuild').Plugin}
 */
const gottenBuiltins = {
  name: 'gotten-builtins',
  setup({ onResolve, onLoad }) {
    const namespace = 'builtin:get';
    onResolve({ filter: /^node:/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path, namespace } : undefined,
    );
    onResolve({ filter: /^get$/, namespace }, ({ path }) => ({ path, namespace }));
    onLoad({ filter: /^get$/, namespace }, () => ({
      contents: `export const get =
        process.getBuiltinModule ?? (await import('node:module')).createRequire(import.meta.url);`,
    }));
    onLoad({ filter: /^node:/, namespace }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      const contents = [
        "import { get } from 'get';",
        `const it = /* @__PURE__ */ get('${path}');`,
        'export default it;',
        ...names.map((name) => `export const ${name} = /* @__PURE__ */ (() => it.${name})();`),
      ];
      return { contents: contents.join('\n') };
    });
  },
};

/**
 * Imports bindings by a relative path. Browsers need it, and Node saves reading package.json, a twentieth of the time of a
 * small copy.
 * @param {Readonly<Record<string, string>>} places the path from the modules to the bindings of each name
 * @returns {import('esbuild').Plugin}
 */
const bindingsAt = (places) => ({
  name: 'bindings',
  setup({ onResolve, onEnd }) {
    onResolve({ filter: /^#[\w-]+$/ }, ({ path }) => ({ path: places[path] ?? path, external: true }));
    onEnd(({ metafile }) => {
      const errors = Object.entries(metafile?.outputs ?? {}).flatMap(([file, { imports }]) =>
        imports
          .filter(({ path }) => Object.values(places).includes(path))
          .filter(({ path }) => !existsSync(resolve(dirname(file), path)))
          .map(({ path }) => ({ text: `${file} finds no bindings at ${path}` })),
      );
      return { errors };
    });
  },
});

/**
 * Removes imports without names, which esbuild keeps for their side effects. The modules have none, as package.json says,
 * and bundlers warn about such imports.
 * @type {import('esbuild').Plugin}
 */
const namedImportsOnly = {
  name: 'named-imports-only',
  setup({ onEnd }) {
    onEnd(({ metafile }) => {
      for (const file of Object.keys(metafile?.outputs ?? {}).filter((name) => name.endsWith('.js'))) {
        const text = readFileSync(file, 'utf8');
        writeFileSync(file, text.replace(/(?<=^|[;\n])import"\.\.?\/[^"]*";/g, ''));
      }
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const node = {
  platform: 'node',
  target: 'node20',
  splitting: true,
  // Node prints the line of an uncaught error. The browser's modules have no limit, because it can split `import.meta.url`,
  // by which Vite finds the worker.
  lineLimit: 120,
  plugins: [builtins, bindingsAt({ '#bindings': '../bindings/mapcp.js' }), namedImportsOnly],
};

/**
 * The options of each platform. The browser's code is small, because every page loads it.
 * @type {Readonly<Record<string, import('esbuild').BuildOptions>>}
 */
const platforms = {
  node,
  // The command line prints no stacks.
  command: {
    ...node,
    keepNames: false,
    inject: ['build/clock.mjs'],
    plugins: [
      builtins,
      gottenBuiltins,
      bindingsAt({
        '#bindings': '../bindings/mapcp.js',
        '#command-line': '../../command-line/command-line.js',
      }),
      namedImportsOnly,
    ],
  },
  // The command that runs programs needs most of the host, and has it from there.
  run: {
    ...node,
    splitting: false,
    keepNames: false,
    external: ['../host/index.js'],
    plugins: [builtins, namedImportsOnly],
  },
  browser: {
    platform: 'browser',
    target: 'es2022',
    keepNames: false,
    plugins: [bindingsAt({ '#bindings': '../../bindings/mapcp.js' })],
  },
};

/**
 * Joins the chunks that an entry imports at once. esbuild makes many small ones for what later imports share with it,
 * and each module costs every start half a millisecond.
 * @param {string} directory
 * @param {import('esbuild').Metafile | undefined} metafile esbuild's, of one entry
 */
async function joinChunks(directory, metafile) {
  const outputs = metafile?.outputs ?? {};
  const importsOf = (/** @type {string} */ file, /** @type {import('esbuild').ImportKind} */ wanted) =>
    outputs[file]?.imports.filter(({ kind, external }) => kind === wanted && !external) ?? [];
  const [entry = ''] = Object.keys(outputs).filter((file) => outputs[file]?.entryPoint?.endsWith('/main.ts'));
  const atOnce = new Set(importsOf(entry, 'import-statement').map(({ path }) => path));
  for (const file of atOnce) {
    importsOf(file, 'import-statement').forEach(({ path }) => void atOnce.add(path));
  }
  const files = new Map(Object.keys(outputs).map((file) => [resolve(file), file]));
  const joined = await rollup({
    input: entry,
    treeshake: false,
    makeAbsoluteExternalsRelative: false,
    plugins: [
      {
        name: 'files',
        resolveId(path, importer) {
          const id = resolve(importer === undefined ? '.' : dirname(importer), path);
          return files.has(id) ? id : { id: path, external: true };
        },
      },
    ],
  });
  Object.keys(outputs).forEach((file) => void rmSync(file));
  await joined.write({
    dir: directory,
    entryFileNames: relative(directory, entry),
    chunkFileNames: '[name].js',
    manualChunks: (id) => (atOnce.has(files.get(id) ?? '') ? 'start' : undefined),
    hoistTransitiveImports: false,
  });
  chmodSync(entry, 0o755);
}

await runScript(async () => {
  const [platform = '', directory, list, ...entryPoints] = process.argv.slice(2);
  const options = platforms[platform];
  if (options === undefined || directory === undefined || list === undefined || entryPoints.length === 0) {
    throw new ToolError('usage: node build/bundle.mjs node|command|run|browser DIR LIST ENTRY ...');
  }
  const { metafile } = await build({
    entryPoints,
    outbase: 'ts',
    outdir: directory,
    bundle: true,
    format: 'esm',
    // A third of the size. Stacks keep their names, for which each function gets its name when it is made. So code that
    // runs for each file makes no functions with names.
    minify: true,
    keepNames: true,
    logLevel: 'warning',
    metafile: true,
    ...options,
    plugins: [
      ...(options.plugins ?? []),
      cyclonedxEsbuildPlugin({
        outputFile: resolve(list),
        outputReproducible: true,
        gatherLicenseTexts: true,
        mcType: 'library',
        logLevel: 'error',
      }),
    ],
  });
  if (platform === 'command') {
    await joinChunks(directory, metafile);
  }
  return 0;
});
