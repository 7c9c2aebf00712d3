// The C toolchain for WASI, and what the build scripts share.
//
//   node build/clang.mjs ARGS                    runs clang
//   node build/clang.mjs ar LIBRARY OBJECT ...   makes a static library
//
// If WASI_SDK_PATH is set, wasi-sdk's tools run. Otherwise npm's @yowasp/clang runs: LLVM compiled to WebAssembly. It
// sees an in-memory tree only. So the files that a command names are read in, with the headers beside them, those below
// each -I directory and the libraries in each -L directory. What it makes is written out. Options that name a file in
// another way are refused.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// The build's tools are WebAssembly. They end before it pays to optimize their code, which would take half of the time.
setFlagsFromString('--liftoff-only');

/** @typedef {{ [name: string]: Tree | string | Uint8Array }} Tree */

/** The directory of the tree for files outside the working directory. */
const OUTSIDE = '.outside';

/** Maximum number of entries below an -I directory: all of its headers are read. */
const MOST_ENTRIES = 5000;

/** Options whose value is a directory: its headers are read, or its libraries. */
const DIRECTORY = /^(-I|-L|-isystem|-iquote|-idirafter)(.*)$/;

/** Options whose value is not a file. */
const VALUE = /^-(x|D|U|Xclang|Xlinker|Xpreprocessor|Xassembler|mllvm|target|l|u|z)$/;

/** Options for lists of dependencies, which build systems pass. npm's clang writes none. */
const DEPENDENCIES = /^-(MD|MMD|MP|M[TFQ].*)$/;

/** Options that npm's clang would take files for which are not in the tree. */
const REFUSED =
  /^(-$|@|-M|-include|-imacros|--sysroot|-isysroot|-B|-F|--config|-fmodule|-fprofile|-ivfs|-working-dir)/;

/** An error for the person who typed `make`: one sentence, without a stack. */
export class ToolError extends Error {}

/**
 * The place of a file in the in-memory tree. Paths outside the working directory get a directory of their own, because
 * the toolchain discards whatever is below `/tmp`.
 * @param {string} path
 * @returns {string}
 */
function inTree(path) {
  const inside = relative('.', path);
  return /^(\.\.|tmp)(\/|$)/.test(inside) ? join(OUTSIDE, resolve(path)) : inside || '.';
}

/**
 * Returns a directory of a tree, and creates it if it is missing.
 * @param {Tree} tree
 * @param {string} path
 * @returns {Tree}
 */
function directoryAt(tree, path) {
  let directory = tree;
  for (const name of path.split('/').filter((name) => name !== '' && name !== '.')) {
    directory[name] ??= {};
    directory = /** @type {Tree} */ (directory[name]);
  }
  return directory;
}

/**
 * Reads files of a directory into the tree.
 * @param {Tree} tree
 * @param {string} path
 * @param {(name: string) => boolean} isWanted
 */
function readInto(tree, path, isWanted) {
  const directory = directoryAt(tree, inTree(path));
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isFile() && isWanted(entry.name)) {
      directory[entry.name] ??= readFileSync(join(path, entry.name));
    }
  }
}

/**
 * Reads the headers below a directory into the tree.
 * @param {Tree} tree
 * @param {string} path
 */
function readHeaders(tree, path) {
  let left = MOST_ENTRIES;
  const queue = existsSync(path) ? [path] : [];
  for (const directory of queue) {
    readInto(tree, directory, isHeader);
    const entries = readdirSync(directory, { withFileTypes: true });
    left -= entries.length;
    if (left < 0) {
      throw new ToolError(
        `there are more than ${MOST_ENTRIES} entries below '${path}': name a smaller directory for headers`,
      );
    }
    queue.push(
      ...entries
        .filter((entry) => entry.isDirectory() && !/^(\..*|node_modules)$/.test(entry.name))
        .map(({ name }) => join(directory, name)),
    );
  }
}

/** @param {string} name */
const isHeader = (name) => /\.(h|hh|hpp|hxx|inc)$/.test(name);

/**
 * Writes the files that a tool made or changed.
 * @param {Tree} made
 * @param {Tree | undefined} before what it got
 * @param {string} place of the tree
 */
function writeOut(made, before, place) {
  for (const [name, content] of Object.entries(made)) {
    const old = before?.[name];
    // Paths outside the working directory are absolute.
    const path = place === '' && name === OUTSIDE ? '/' : join(place, name);
    if (typeof content === 'object' && !(content instanceof Uint8Array)) {
      writeOut(content, /** @type {Tree | undefined} */ (old), path);
    } else if (old === undefined || !Buffer.from(content).equals(Buffer.from(/** @type {string} */ (old)))) {
      try {
        writeFileSync(path, content);
      } catch (error) {
        throw new ToolError(`cannot write the output: ${/** @type {Error} */ (error).message}`);
      }
    }
  }
}

/** @param {NodeJS.WriteStream} stream */
const printTo = (stream) => (/** @type {Uint8Array | null} */ bytes) => void (bytes && stream.write(bytes));

/**
 * Runs one of npm's tools, and writes what it makes.
 * @param {'clang' | 'clang++' | 'ar'} tool
 * @param {string[]} args paths as {@link inTree} has them
 * @param {Tree} files
 * @returns {Promise<number>} the exit status
 */
async function runNpmTool(tool, args, files) {
  const { commands, runLLVM, Exit } = await import('@yowasp/clang').catch(() => {
    throw new ToolError(
      "npm's @yowasp/clang is not installed: run 'npm ci', or set WASI_SDK_PATH to a wasi-sdk",
    );
  });
  const streams = {
    stdout: printTo(process.stdout),
    stderr: printTo(process.stderr),
    fetchProgress: () => {},
  };
  try {
    // The commands would print their progress while they load the toolchain, and this does not.
    await runLLVM(undefined, {}, { fetchProgress: streams.fetchProgress });
    const made = /** @type {Tree} */ (
      tool === 'ar'
        ? await runLLVM(['ar', ...args], files, streams)
        : await commands[tool](args, files, streams)
    );
    writeOut(made, files, '');
    return 0;
  } catch (error) {
    if (error instanceof Exit) {
      return error.code || 1;
    }
    throw error;
  }
}

/**
 * Runs npm's clang on the files that its arguments name.
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
async function npmClang(args) {
  /** @type {Tree} */
  const files = {};
  /** @type {string[]} */
  const libraries = [];
  /** @type {string[]} */
  const argsInTree = [];
  const rest = args.values();
  for (const arg of rest) {
    const [, directoryOption, joined] = DIRECTORY.exec(arg) ?? [];
    if (directoryOption !== undefined) {
      const directory = joined || valueAfter(arg, rest);
      if (directoryOption === '-L') {
        libraries.push(directory);
      } else {
        readHeaders(files, directory);
      }
      argsInTree.push(directoryOption, inTree(directory));
    } else if (/^-o/.test(arg)) {
      const output = arg.slice(2) || valueAfter(arg, rest);
      if (!existsSync(dirname(output))) {
        throw new ToolError(`cannot write '${output}': there is no directory '${dirname(output)}'`);
      }
      directoryAt(files, dirname(inTree(output)));
      argsInTree.push('-o', inTree(output));
    } else if (DEPENDENCIES.test(arg)) {
      if (/^-M[TFQ]$/.test(arg)) {
        valueAfter(arg, rest);
      }
    } else if (REFUSED.test(arg)) {
      throw new ToolError(`npm's clang does not take '${arg}': set WASI_SDK_PATH to a wasi-sdk for that`);
    } else if (VALUE.test(arg)) {
      argsInTree.push(arg, valueAfter(arg, rest));
    } else if (!arg.startsWith('-') && existsSync(arg) && statSync(arg).isFile()) {
      readInto(files, dirname(arg), (name) => isHeader(name) || join(dirname(arg), name) === join(arg));
      argsInTree.push(inTree(arg));
    } else {
      argsInTree.push(arg);
    }
  }
  for (const directory of libraries.filter(existsSync)) {
    readInto(files, directory, (name) => name.endsWith('.a'));
  }
  return runNpmTool(driverFor(args), argsInTree, files);
}

/**
 * @param {string} option
 * @param {Iterator<string>} rest the arguments after it
 * @returns {string} its value
 */
function valueAfter(option, rest) {
  const { value } = rest.next();
  if (value === undefined) {
    throw new ToolError(`'${option}' needs a value`);
  }
  return value;
}

/**
 * @param {string[]} args
 * @returns {'clang' | 'clang++'}
 */
function driverFor(args) {
  return args.some((arg) => /\.(cpp|cc|cxx)$/.test(arg)) ? 'clang++' : 'clang';
}

/**
 * Runs wasi-sdk's clang.
 * @param {string} sdk the directory of wasi-sdk
 * @param {string[]} args
 * @returns {number} the exit status
 */
function sdkClang(sdk, args) {
  const program = join(sdk, 'bin', driverFor(args));
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
 * @param {string[]} args clang's own arguments
 * @returns {Promise<number>} clang's exit status
 */
export async function clang(args) {
  const command = ['--target=wasm32-wasip1', ...args];
  const sdk = process.env.WASI_SDK_PATH;
  return sdk ? sdkClang(sdk, command) : npmClang(command);
}

/**
 * Makes a static library, and replaces an existing one.
 * @param {string} library
 * @param {string[]} objects
 * @returns {Promise<number>} ar's exit status
 */
async function archive(library, objects) {
  mkdirSync(dirname(library), { recursive: true });
  // ar would add to an existing library.
  rmSync(library, { force: true });
  const sdk = process.env.WASI_SDK_PATH;
  if (!sdk) {
    /** @type {Tree} */
    const files = {};
    for (const object of objects) {
      readInto(files, dirname(object), (name) => join(dirname(object), name) === join(object));
    }
    directoryAt(files, dirname(inTree(library)));
    return runNpmTool('ar', ['rcs', ...[library, ...objects].map(inTree)], files);
  }
  // Only LLVM's ar can index WebAssembly, but the linker does not need the index.
  const program = ['llvm-ar', 'ar'].map((name) => join(sdk, 'bin', name)).find(existsSync) ?? 'ar';
  const { status, error } = spawnSync(program, ['rcs', library, ...objects], { stdio: 'inherit' });
  if (error) {
    throw new ToolError(
      `WASI_SDK_PATH is '${sdk}', which has no bin/llvm-ar that runs: unpack a wasi-sdk there`,
    );
  }
  return status ?? 1;
}

/**
 * @param {string} name an installed npm package
 * @returns {string} its version
 */
export function versionOf(name) {
  return JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')).version;
}

/**
 * Says which compiler {@link clang} runs.
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
 * Runs a build script's main function. If that throws a {@link ToolError}, prints its message and sets the exit status 1.
 * @param {() => Promise<number>} main returns the exit status
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
  const args = process.argv.slice(2);
  await runScript(() => (args[0] === 'ar' ? archive(args[1] ?? '', args.slice(2)) : clang(args)));
}
