// Errors of the command line if it cannot work at all, or cannot print.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { shell } from '../helpers/program.js';
import { canMount } from '../helpers/small-disk.js';
import { wasmtime } from '../helpers/wasmtime.js';

const main = resolve('build/out/js/cli/main.js');
const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

/** Runs a line of bash in a directory with a file `in/a` and a directory `out`. */
function run(line: string) {
  return inTemporaryDirectory((directory) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'in/a'), 'content');
    return shell(line, directory);
  });
}

describe('the command line reports in one sentence', () => {
  it.each([
    { args: '-v in/a out', end: ', but everything was copied' },
    { args: '--json in/a out', end: ', but everything was copied' },
    { args: '--clean out', end: '' },
    { args: '--help', end: '' },
    { args: '--completion bash', end: '' },
  ])('that it cannot print: $args', ({ args, end }) => {
    expect(run(`$mapcp ${args} >/dev/full`)).toEqual({
      status: 1,
      stdout: '',
      stderr: `mapcp: cannot print: no space left on device${end}\n`,
    });
  });

  it.skipIf(wasmtime === undefined).each([
    { args: '-v in/a out', end: '; what was finished stays' },
    { args: '--json in/a out', end: '; what was finished stays' },
    { args: '--help', end: '' },
  ])('if it cannot print in wasmtime: $args', ({ args, end }) => {
    const component = resolve('build/out/mapcp.wasm');
    expect(run(`${wasmtime} run --dir in --dir out ${component} ${args} >/dev/full`)).toEqual({
      status: 1,
      stdout: '',
      stderr: `mapcp: cannot print: standard output does not take it${end}\n`,
    });
  });

  it.skipIf(wasmtime === undefined)('if TARGET is empty, also in wasmtime with all of this directory', () => {
    expect(run(`${wasmtime} run --dir . ${resolve('build/out/mapcp.wasm')} in/a ''`)).toEqual({
      status: 1,
      stdout: '',
      stderr: "mapcp: cannot copy 'in/a' to '': cannot use '': the path is empty\n",
    });
  });

  it.skipIf(wasmtime === undefined).each([
    { preopens: '--dir in', args: 'in/a new', operation: 'create', path: 'new' },
    { preopens: '--dir in', args: '--make-parents in/a new/b', operation: 'create', path: 'new/b' },
    { preopens: '', args: 'in/a out/b', operation: 'inspect', path: 'in/a' },
    { preopens: '--dir in', args: '-t out in/a', operation: 'open', path: 'out' },
    { preopens: '--dir in', args: '--clean /x', operation: 'open', path: '/x' },
    { preopens: '--dir in::/in --dir out::/out', args: '/in/a /outt', operation: 'create', path: '/outt' },
    {
      preopens: '--dir in::/in --dir out::/out',
      args: '/in/a /outt/x',
      operation: 'create',
      path: '/outt/x',
    },
  ])(
    'that no --dir opens a path, and which ones are open, in wasmtime: $preopens $args',
    ({ preopens, args, operation, path }) => {
      const { status, stderr } = run(
        `${wasmtime} run ${preopens} ${resolve('build/out/mapcp.wasm')} ${args}`,
      );
      const names = preopens.match(/(?<!-)\/?\b\w+(?= --|$)/g)?.map((name) => `'${name}'`) ?? [];
      const opened =
        names.length > 0
          ? `it is in none of the directories that the host opened: ${names.join(', ')}`
          : 'the host opened no directory';
      const why = `${opened}; to open one, put --dir HOST::GUEST before mapcp.wasm`;
      expect(stderr.endsWith(`cannot ${operation} '${path}': ${why}\n`)).toBe(true);
      expect(status).toBe(1);
    },
  );

  it.each([
    { args: '$DIRECTORY/in/a x', operation: 'create', path: 'x' },
    { args: '$DIRECTORY/in/a ./x', operation: 'create', path: './x' },
    { args: '$DIRECTORY/in/a .', operation: 'create', path: './a' },
    { args: '-rT $DIRECTORY/in x', operation: 'create', path: 'x' },
    { args: 'x $DIRECTORY/out', operation: 'inspect', path: 'x' },
    { args: '--clean .', operation: 'open', path: '.' },
    { args: '--files-from x $DIRECTORY/in $DIRECTORY/out', operation: 'open', path: 'x' },
  ])('that the working directory was removed: $args', ({ args, operation, path }) => {
    const { status, stderr } = run(`DIRECTORY=$PWD; mkdir gone; cd gone; rmdir ../gone; $mapcp ${args}`);
    const why = 'the working directory was removed; change to another one, or use absolute paths';
    expect(stderr.endsWith(`: cannot ${operation} '${path}': ${why}\n`)).toBe(true);
    expect(status).toBe(1);
  });

  it('nothing if the working directory was removed, and both paths are absolute', () => {
    const copy = '$mapcp $DIRECTORY/in/a $DIRECTORY/out && cat $DIRECTORY/out/a';
    expect(run(`DIRECTORY=$PWD; mkdir gone; cd gone; rmdir ../gone; ${copy}`)).toEqual({
      status: 0,
      stdout: 'content',
      stderr: '',
    });
  });

  it('that there is no WebAssembly', () => {
    const { status, stderr } = run(`$node --jitless ${main} in/a out`);
    expect(stderr).toMatch(
      /^(Warning: .*\n)?mapcp: cannot go on: WebAssembly is not available, .*--jitless\n$/,
    );
    expect(status).toBe(1);
    const asJson = run(`$node --no-warnings --jitless ${main} --json in/a out`);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      type: 'error',
      reason: expect.stringMatching(/^WebAssembly is not available/),
    });
  });

  // From Node 24 on, V8 then does by itself what the advice says.
  it.runIf(NODE_MAJOR < 24)('that a limit leaves too little address space, with advice that helps', () => {
    const { status, stderr } = run('ulimit -v 3000000; $mapcp in/a out');
    const advice = 'NODE_OPTIONS=--disable-wasm-trap-handler';
    expect(stderr).toMatch(/^mapcp: cannot go on: there is too little address space /);
    expect(stderr.endsWith(`, or set ${advice}\n`)).toBe(true);
    expect(status).toBe(1);
    expect(run(`ulimit -v 3000000; ${advice} $mapcp in/a out`)).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it.runIf(NODE_MAJOR >= 24)('nothing if a limit leaves little address space', () => {
    expect(run('ulimit -v 3000000; $mapcp in/a out')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.skipIf(!canMount)('that there is neither procfs nor koffi', () => {
    const hidden = ['/proc', resolve('node_modules/koffi')].map((path) => `mount -t tmpfs none ${path}`);
    const { status, stderr } = run(`unshare --mount sh -c '${hidden.join(' && ')} && $mapcp in/a out'`);
    expect(stderr).toMatch(
      /^mapcp: cannot go on: no procfs is mounted at \/proc, [^\n]*: mount it, or run 'npm install koffi', or 'npm install --global koffi' for a global mapcp\n$/,
    );
    expect(status).toBe(1);
  });
});

it.skipIf(!canMount).each(['cli', 'run'])('without procfs, Node finds the command %s by its name', (name) => {
  const path = resolve(`build/out/js/${name}/main.js`);
  // As `#!/usr/bin/env node` starts it. Then Node does not know its own path.
  const command = `PATH=${dirname(process.execPath)}:$PATH node ${path} --version`;
  expect(run(`unshare --mount sh -c 'mount -t tmpfs none /proc && ${command}'`)).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^(mapcp-run )?[\d.]+\n$/),
    stderr: '',
  });
});

it.skipIf(!canMount)('with koffi, the command line needs no procfs', () => {
  expect(run("unshare --mount sh -c 'mount -t tmpfs none /proc && $mapcp in/a out'")).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});

it('an error in the bindings prints no long line of code', () => {
  // A line that is nothing but a core module throws nothing.
  const isModule = (line: string) => line.startsWith('"\\0asm');
  const lines = readFileSync('build/out/bindings/mapcp.js', 'utf8')
    .split('\n')
    .filter((line) => !isModule(line));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1000);
});

it('progress on a dumb terminal has no escape sequences', () => {
  const line = "TERM=dumb script --quiet --return --command '$mapcp --progress in/a out' /dev/null";
  const { status, stdout } = run(line);
  expect(stdout).toMatch(/^(█{12} 7 B of 7 B, [\d.]+ [KM]?i?B\/s, 0 s left in\/a\r\n)+$/);
  expect(status).toBe(0);
});
