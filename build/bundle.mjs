// Bundles the published modules: `node build/bundle.mjs node|command|browser DIR LIST ENTRY ...`.
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
  // commander starts other programs for subcommands, and mapcp has none.
  child_process: 'module.exports = {};',
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
 * Imports the bindings by a relative path. Browsers need it, and Node saves reading package.json, a twentieth of the time
 * of a small copy.
 * @param {string} place the path from the modules to the bindings
 * @returns {import('esbuild').Plugin}
 */
const bindingsAt = (place) => ({
  name: 'bindings',
  setup({ onResolve, onEnd }) {
    onResolve({ filter: /^#bindings$/ }, () => ({ path: place, external: true }));
    onEnd(({ metafile }) => {
      const importers = Object.entries(metafile?.outputs ?? {}).filter(([, { imports }]) =>
        imports.some(({ path }) => path === place),
      );
      const wrong = importers.filter(([file]) => !existsSync(resolve(dirname(file), place)));
      return { errors: wrong.map(([file]) => ({ text: `${file} finds no bindings at ${place}` })) };
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
  plugins: [builtins, bindingsAt('../bindings/mapcp.js'), namedImportsOnly],
};

/**
 * The options of each platform. The browser's code is small, because every page loads it.
 * @type {Readonly<Record<string, import('esbuild').BuildOptions>>}
 */
const platforms = {
  node,
  // The command line prints no stacks.
  command: { ...node, keepNames: false },
  browser: {
    platform: 'browser',
    target: 'es2022',
    keepNames: false,
    plugins: [bindingsAt('../../bindings/mapcp.js')],
  },
};

await runScript(async () => {
  const [platform = '', directory, list, ...entryPoints] = process.argv.slice(2);
  const options = platforms[platform];
  if (options === undefined || directory === undefined || list === undefined || entryPoints.length === 0) {
    throw new ToolError('usage: node build/bundle.mjs node|command|browser DIR LIST ENTRY ...');
  }
  await build({
    entryPoints,
    outbase: 'ts',
    outdir: directory,
    bundle: true,
    format: 'esm',
    // A third of the size. Stacks keep their names, and Node prints a short line for an uncaught error.
    minify: true,
    keepNames: true,
    lineLimit: 120,
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
