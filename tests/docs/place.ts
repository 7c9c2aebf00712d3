import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { wasmtime } from '../helpers/wasmtime.js';
import { checkout } from './documents.js';

/** The files that the examples use, with their sizes. */
const files: Record<string, number> = {
  'photo.jpg': 180_224,
  'photos/beach.jpg': 311_296,
  'photos/2026/dune.jpg': 170_834,
  'photos/.cache/beach.thumb': 4096,
  'project/src/main.c': 61,
  'project/main.o': 2048,
  'project/node_modules/left-pad/index.js': 1024,
  'uploads/report.pdf': 65_536,
  'in/photos/beach.jpg': 311_296,
};
const directories = ['backup', 'data', 'out'];

/** Parts of a checkout that are linked into a reader's folder. Files whose paths matter to programs are copied. */
const linked = [
  'build/out',
  'c-src',
  'node_modules',
  'ts',
  'wit',
  'Makefile',
  'package.json',
  'package-lock.json',
];
const copied = ['README.md', 'LICENSE', 'build'];
const isSource = (path: string) => !path.includes('build/out');

/**
 * Fills an empty directory with what a reader has: some files, mapcp as an installed package, and the commands `mapcp`
 * and `wasmtime`. If `isCheckout`, a checkout instead.
 */
export function prepare(directory: string, isCheckout: boolean): void {
  if (isCheckout) {
    for (const name of copied) {
      // With their times, so make finds everything built.
      const how = { recursive: true, preserveTimestamps: true, filter: isSource };
      cpSync(join(checkout, name), join(directory, name), how);
    }
    for (const name of linked) {
      symlinkSync(join(checkout, name), join(directory, name));
    }
    return;
  }
  for (const name of directories) {
    mkdirSync(join(directory, name));
  }
  for (const [name, size] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), Buffer.alloc(size, `${name}\n`));
  }
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  symlinkSync(checkout, join(modules, 'mapcp'));
  for (const name of ['.bin', '@bytecodealliance', '@types', 'tar-stream', 'undici-types', 'yauzl']) {
    symlinkSync(join(checkout, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
}

/** Makes a directory the work tree of a git repository that tracks some files. */
export function prepareRepository(directory: string): void {
  const git = 'git init --quiet && git add photo.jpg project/src photos';
  const { status, output } = runScript(git, directory, '');
  if (status !== 0) {
    throw new Error(output);
  }
}

/** Creates a directory with the commands `mapcp`, `mapcp-run` and `wasmtime`. */
export function prepareCommands(directory: string): void {
  symlinkSync(join(checkout, 'build/out/js/cli/main.js'), join(directory, 'mapcp'));
  symlinkSync(join(checkout, 'build/out/js/run/main.js'), join(directory, 'mapcp-run'));
  if (wasmtime !== undefined) {
    symlinkSync(wasmtime, join(directory, 'wasmtime'));
  }
}

/** The output and the exit status of a program. */
export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a shell script, with the commands of a directory. */
export function runScript(script: string, cwd: string, commands: string): Outcome {
  const env = { ...process.env, PATH: `${commands}:${process.env.PATH}`, NO_COLOR: '1' };
  const shell = ['-c', `exec 2>&1\n${script}`];
  const { status, stdout, error } = spawnSync('bash', shell, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (error) {
    throw error;
  }
  return { status, output: stdout };
}
