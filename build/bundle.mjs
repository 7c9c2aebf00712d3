// Bundles the published modules: `node build/bundle.mjs node|command|run|browser DIR LIST ENTRY ...`.
//
// Each ENTRY, a file of ts/, becomes a module in DIR. For Node, shared code goes into further modules beside them. LIST
// gets the bundled packages in CycloneDX. npm packages are bundled, so mapcp installs without dependencies.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build } from 'esbuild';
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
    plugins: [
      builtins,
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

await runScript(async () => {
  const [platform = '', directory, list, ...entryPoints] = process.argv.slice(2);
  const options = platforms[platform];
  if (options === undefined || directory === undefined || list === undefined || entryPoints.length === 0) {
    throw new ToolError('usage: node build/bundle.mjs node|command|run|browser DIR LIST ENTRY ...');
  }
  await build({
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
  return 0;
});
