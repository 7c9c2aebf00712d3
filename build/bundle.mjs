// Bundles what people import and run: `node build/bundle.mjs node|command|browser DIR LIST ENTRY ...` makes a module in DIR of
// each entry of ts/, and lists the packages that are in them in LIST, in CycloneDX. Under Node, what they share is in
// modules beside them.
//
// Packages are bundled too, so that mapcp has no dependencies when it is installed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build } from 'esbuild';
import { runScript, ToolError } from './clang.mjs';

/**
 * What the code gets in place of some of Node's own modules, which are not loaded since that is a part of every start.
 * @type {Record<string, string>}
 */
const replacements = {
  // As a module it has all the standard streams opened, to list what it exports.
  process: 'module.exports = globalThis.process;',
  // commander starts programs for commands that are programs of their own, and mapcp has none.
  child_process: 'module.exports = {};',
};

/**
 * Lets packages that are CommonJS require Node's own modules, as an ES module has no `require`, and replaces some.
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
 * Has modules import the bindings by their place, as a browser finds them, and as Node finds them without the package's
 * manifest: reading that is a twentieth of a small copy's time.
 * @param {string} place the bindings' place from the modules'
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
      return { errors: wrong.map(([file]) => ({ text: `${file} does not have the bindings at ${place}` })) };
    });
  },
});

/**
 * Has no module import another one of the package for nothing but its order: none does anything when it is loaded, as
 * package.json says too, and bundlers warn of such imports.
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
 * How the bundles for a platform differ. In a browser all is small, since it is loaded by each page.
 * @type {Readonly<Record<string, import('esbuild').BuildOptions>>}
 */
const platforms = {
  node,
  // Nobody sees a stack of the command line.
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
    // A third of the size, with names that can still be told in a stack, and lines that an error can still be shown on.
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
