// The command `mapcp-run`, as a person uses it.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';

const main = resolve('build/out/js/run/main.js');
const program = built('wasm/guests/program.wasm');

let directory = '';
beforeEach(() => {
  directory = temporaryDirectory();
});

/** Runs the command in a directory of its own. */
function run(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    ...{ cwd: directory, input, encoding: 'utf8' },
    env: { ...process.env, GREETING: 'hello', NODE_OPTIONS: '' },
  });
  return { status, stdout, stderr };
}

const done = { status: 0, stdout: '', stderr: '' };

describe('mapcp-run', () => {
  it('gives a program its arguments, and returns its exit status', () => {
    expect(run([program, 'args', '--dir', 'two words'])).toEqual({
      ...done,
      stdout: 'program.wasm\nargs\n--dir\ntwo words\n',
    });
    expect(run([program, 'exit', '7'])).toEqual({ ...done, status: 7 });
  });

  it('connects its standard streams', () => {
    expect(run([program, 'cat'], 'some text')).toEqual({ ...done, stdout: 'some text' });
    expect(run([program, 'warn', 'careful'])).toEqual({ ...done, stderr: 'careful\n' });
  });

  it('gives it no variables except those that are named', () => {
    const { stdout } = run([
      '--env',
      'GREETING',
      '--env=A=b=c',
      program,
      'env',
      'GREETING',
      'env',
      'A',
      'env',
      'PATH',
    ]);
    expect(stdout).toBe('hello\nb=c\n(none)\n');
  });

  it('gives it no directories except those that are named', () => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    writeFileSync(join(directory, 'in/note'), 'a note');
    symlinkSync('../out/secret', join(directory, 'in/link'));
    writeFileSync(join(directory, 'out/secret'), 'a secret');
    const args = ['--read-only', 'in', '--dir', './out/::/data'];
    expect(run([...args, program, 'read', 'in/note'])).toEqual({ ...done, stdout: 'a note' });
    expect(run([...args, program, 'write', '/data/new', 'text'])).toEqual(done);
    expect(readFileSync(join(directory, 'out/new'), 'utf8')).toBe('text');
    for (const path of ['in/link', '/etc/passwd', 'in/../out/secret', 'out/secret']) {
      expect(run(['--read-only', 'in', program, 'read', path])).toMatchObject({ status: 1, stdout: '' });
    }
    expect(run([...args, program, 'write', 'in/new', 'text'])).toMatchObject({ status: 1 });
    expect(existsSync(join(directory, 'in/new'))).toBe(false);
  });

  it('gives it the devices that are named', () => {
    expect(run([program, 'read', '/dev/null'])).toMatchObject({ status: 1 });
    const args = ['--device', 'null', '--device=zero'];
    expect(run([...args, program, 'read', '/dev/null', 'write', '/dev/zero', 'text'])).toEqual(done);
  });

  it('refuses a read-only directory in a writable one, unless that is allowed', () => {
    mkdirSync(join(directory, 'in'));
    writeFileSync(join(directory, 'in/note'), 'a note');
    const args = ['--dir', '.', '--read-only', 'in::/note', program, 'read', '/note/note'];
    expect(run(args)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/; use --allow-overlap if that/),
    });
    expect(run(['--allow-overlap', ...args])).toEqual({ ...done, stdout: 'a note' });
  });

  it('takes what follows two dashes for the program', () => {
    expect(run(['--', '-program']).stderr).toMatch(/^mapcp-run: cannot read '-program'/);
    expect(run(['--', program, 'args', '--']).stdout).toBe('program.wasm\nargs\n--\n');
    expect(run(['--']).stderr).toBe('mapcp-run: name a program; try --help\n');
    expect(run(['--env', '--', '--version']).stdout).toMatch(/^mapcp-run /);
  });

  it('has the status of an aborted process if the program traps', () => {
    const { status, stderr } = run([program, 'abort']);
    expect([status, stderr]).toEqual([
      134,
      expect.stringMatching(/^mapcp-run: the program trapped: .*unreachable/),
    ]);
  });

  it.each([
    [255, 255],
    [256, 1],
    [257, 1],
    [512, 1],
    [-1, 255],
  ])('turns the status %i, which no process can have if it exceeds 255, into %i', (status, expected) => {
    expect(run([program, 'exit', String(status)])).toEqual({ ...done, status: expected });
  });

  // From Node 24 on, V8 needs less address space.
  it.runIf(Number(process.versions.node.split('.')[0]) < 24)(
    'does not run a program for whose memory there is no address space, and says what helps',
    () => {
      const limited = (options: string) =>
        spawnSync(
          'sh',
          ['-c', 'ulimit -v 3000000; exec "$@"', 'sh', process.execPath, main, program, 'exit', '7'],
          {
            ...{ cwd: directory, encoding: 'utf8' },
            env: { ...process.env, NODE_OPTIONS: options },
          },
        );
      const { status, stderr } = limited('');
      expect(stderr).toMatch(
        /^mapcp-run: '[^']*': there is too little address space for the program's memory: raise /,
      );
      expect(status).toBe(1);
      expect(limited('--disable-wasm-trap-handler')).toMatchObject({ status: 7, stderr: '' });
    },
  );

  it.each([
    [[], 'name a program; try --help'],
    [['--dir'], '--dir needs a value; try --help'],
    [['--dri', '.', program], 'there is no option --dri; try --help'],
    [['--dir', '::x', program], '--dir takes HOST or HOST::GUEST, and neither may be empty; try --help'],
    [
      ['--dir', 'a', '--dir', 'b::a', program],
      "two directories have the name 'a' for the program; try --help",
    ],
    [
      ['--dir', '..', program],
      "the program cannot see a directory as '..': give it a name, as in '..::/data'; try --help",
    ],
    [['--device', 'full', program], "there is no device 'full', only null and zero; try --help"],
    [
      ['--device', 'null', '--dir', 'a::/dev/', program],
      "--device needs the name '/dev', which a directory has for the program; try --help",
    ],
    [['--env', '=x', program], '--env takes NAME or NAME=VALUE; try --help'],
  ])('explains wrong usage: %j', (args, why) => {
    expect(run(args)).toEqual({ status: 2, stdout: '', stderr: `mapcp-run: ${why}\n` });
  });

  it.skipIf(process.platform === 'win32')(
    'is ended by SIGUSR1, and opens no port for a debugger',
    async () => {
      const child = spawn(process.execPath, [main, program, 'warn', 'ready', 'cat'], { cwd: directory });
      try {
        let stderr = '';
        child.stderr.on('data', (data) => {
          stderr += data;
        });
        await once(child.stderr, 'data');
        // The program waits for its standard input now.
        child.kill('SIGUSR1');
        expect([await once(child, 'close'), stderr]).toEqual([[null, 'SIGUSR1'], 'ready\n']);
      } finally {
        child.kill('SIGKILL');
      }
    },
  );

  it('says why it does not run a program', () => {
    writeFileSync(join(directory, 'text.wasm'), 'text');
    expect(run(['missing.wasm'])).toEqual({
      ...{ status: 1, stdout: '' },
      stderr:
        "mapcp-run: cannot read 'missing.wasm': ENOENT: no such file or directory, open 'missing.wasm'\n",
    });
    expect(run(['text.wasm'])).toEqual({
      ...{ status: 1, stdout: '' },
      stderr:
        "mapcp-run: 'text.wasm': this is not WebAssembly: it begins neither as a component nor as a core module\n",
    });
    expect(run(['.']).stderr).toMatch(/^mapcp-run: cannot read '\.': EISDIR/);
    expect(run(['--dir', 'missing', program]).stderr).toContain("'missing'");
    // A function of a type that no release of Node knows yet.
    const unknown = Buffer.from('0061736d01000000010401077f00', 'hex');
    writeFileSync(join(directory, 'unknown.wasm'), unknown);
    expect(run(['unknown.wasm']).stderr).toContain(
      `(this is Node ${process.version}; later releases know more`,
    );
  });

  it('prints its help and its version', () => {
    expect(run(['--help'])).toMatchObject({
      ...done,
      stdout: expect.stringContaining('--read-only HOST[::GUEST]'),
    });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(run(['--version'])).toEqual({ ...done, stdout: `mapcp-run ${version}\n` });
  });
});
