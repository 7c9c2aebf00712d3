// clang for WASI: `node build/clang.mjs ARGS` takes clang's own command line and runs the toolchain there is.
//
// With WASI_SDK_PATH set that is wasi-sdk's clang. Otherwise it is npm's @yowasp/clang, which is clang compiled to
// WebAssembly: it sees an in-memory tree, so the files that a command names are read in, with the headers beside
// them and below each -I, and what it made is written out.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** @typedef {{ [name: string]: Tree | string | Uint8Array }} Tree */

/** A command that cannot be run, in a sentence for the person who typed `make`. */
export class ToolError extends Error {}

/**
 * The directory of an in-memory tree at `path`, made where it is missing.
 * @param {Tree} tree
 * @param {string} path
 * @returns {Tree}
 */
function directoryAt(tree, path) {
  let place = tree;
  for (const name of path.split('/').filter((name) => name !== '' && name !== '.')) {
    place[name] ??= {};
    place = /** @type {Tree} */ (place[name]);
  }
  return place;
}

/**
 * Reads the files of a directory into an in-memory tree.
 * @param {Tree} tree
 * @param {string} directory
 * @param {(name: string) => boolean} wanted
 */
function readInto(tree, directory, wanted) {
  const place = directoryAt(tree, directory);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isFile() && wanted(entry.name)) {
      place[entry.name] ??= readFileSync(join(directory, entry.name));
    }
  }
}

/** @param {Uint8Array | null} bytes */
const print = (bytes) => void (bytes && process.stderr.write(bytes));

/**
 * Runs npm's clang on the files that its arguments name, and writes its output.
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
async function npmClang(args) {
  const { commands, runLLVM, Exit } = await import('@yowasp/clang').catch(() => {
    throw new ToolError(
      "npm's @yowasp/clang is not installed: run 'npm ci', or set WASI_SDK_PATH to a wasi-sdk",
    );
  });
  const output = args[args.indexOf('-o') + 1];
  if (!args.includes('-o') || output === undefined) {
    throw new ToolError("name the output with '-o FILE'");
  }
  /** @type {Tree} */
  const files = {};
  const isHeader = (/** @type {string} */ name) => /\.(h|hpp)$/.test(name);
  for (const arg of args) {
    if (arg.startsWith('-I')) {
      readInto(files, arg.slice(2), isHeader);
    } else if (arg !== output && !arg.startsWith('-') && existsSync(arg) && statSync(arg).isFile()) {
      readInto(files, dirname(arg), (name) => isHeader(name) || join(dirname(arg), name) === join(arg));
    }
  }
  directoryAt(files, dirname(output));
  const driver = args.some((arg) => /\.cpp$/.test(arg)) ? 'clang++' : 'clang';
  try {
    // Loads the toolchain, without the lines of progress that a command's own loading would print.
    await runLLVM(undefined, {}, { fetchProgress: () => {} });
    const made = /** @type {Tree} */ (await commands[driver](args, files, { stdout: print, stderr: print }));
    const content = directoryAt(made, dirname(output))[output.split('/').at(-1) ?? output];
    writeFileSync(output, /** @type {string | Uint8Array} */ (content));
    return 0;
  } catch (error) {
    if (error instanceof Exit) {
      return error.code || 1;
    }
    throw error;
  }
}

/**
 * Runs wasi-sdk's clang.
 * @param {string} sdk where wasi-sdk was unpacked
 * @param {string[]} args
 * @returns {number} the exit status
 */
function sdkClang(sdk, args) {
  const driver = args.some((arg) => /\.cpp$/.test(arg)) ? 'clang++' : 'clang';
  const program = join(sdk, 'bin', driver);
  const sysroot = join(sdk, 'share', 'wasi-sysroot');
  if (!existsSync(program) || !existsSync(sysroot)) {
    throw new ToolError(
      `WASI_SDK_PATH is '${sdk}', which is no wasi-sdk: unpack one and point it there, or unset it`,
    );
  }
  const { status, error } = spawnSync(program, [`--sysroot=${sysroot}`, ...args], { stdio: 'inherit' });
  if (error) {
    throw new ToolError(`cannot run '${program}': ${error.message}`);
  }
  return status ?? 1;
}

/**
 * Runs clang for WASI.
 * @param {string[]} args clang's own arguments; the output is named with `-o`
 * @returns {Promise<number>} clang's exit status
 */
export async function clang(args) {
  const command = ['--target=wasm32-wasip1', ...args];
  const sdk = process.env.WASI_SDK_PATH;
  return sdk ? sdkClang(sdk, command) : npmClang(command);
}

/**
 * @param {string} name an npm package that is installed
 * @returns {string} its version
 */
export function versionOf(name) {
  return JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')).version;
}

/**
 * Which compiler {@link clang} runs.
 * @returns {{ name: string, version: string }}
 */
export function compiler() {
  const sdk = process.env.WASI_SDK_PATH;
  if (!sdk) {
    return { name: '@yowasp/clang', version: versionOf('@yowasp/clang') };
  }
  const { stdout } = spawnSync(join(sdk, 'bin', 'clang'), ['--version'], { encoding: 'utf8' });
  return { name: 'clang', version: /version (\S+)/.exec(stdout ?? '')?.[1] ?? 'unknown' };
}

/**
 * Runs a build script's main function; a tool that is missing ends it with one sentence and status 1.
 * @param {() => Promise<number>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof ToolError)) {
      throw error;
    }
    process.stderr.write(`mapcp: ${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runScript(() => clang(process.argv.slice(2)));
}
