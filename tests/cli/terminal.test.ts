import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { outcomeOf, runProgram } from '../helpers/program.js';
import { mayRun } from '../helpers/tools.js';
import { type Frontend, frontends, run } from './frontends.js';

const document = readFileSync('docs/command-line.md', 'utf8');
const page = readFileSync('build/out/man/mapcp.1', 'utf8').replaceAll('\\-', '-');

function helpOf(frontend: Frontend): string {
  return inTemporaryDirectory((directory) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    return run(frontend, ['--help'], directory).stdout;
  });
}

/** The lines of --help about options, each with its option's long name. */
function optionsOf(help: string): readonly { readonly name: string; readonly line: string }[] {
  return help.split('\n').flatMap((line) => {
    const [, name] = /^ {2}(?:-\w,| {3}) (--[\w-]+)/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, line }];
  });
}

const [node] = frontends;
const help = node === undefined ? '' : helpOf(node);
const options = optionsOf(help);

/** How --help and the documentation name an option: its letter, its name and its value. */
function termOf(line: string): string {
  return line.trim().split(/ {2,}/)[0] ?? '';
}

describe('--help', () => {
  it.each(frontends)('in $name is the same, but for the options that need more than WASI', (frontend) => {
    const needs = ['--concurrency', '--completion'];
    const lines = (text: string) =>
      text.split('\n').filter((line) => !needs.some((name) => line.includes(` ${name} `)));

    expect(lines(helpOf(frontend))).toEqual(lines(help));
    expect(options.length).toBeGreaterThan(30);
  });
});

describe('the documentation', () => {
  it('has the options of --help, in that order, and no others', () => {
    const terms = [...document.matchAll(/^- (?:(`-\w`), )?`(--[^`]+)`: /gm)].map(([, letter, name]) =>
      letter === undefined ? name : `${letter.slice(1, -1)}, ${name}`,
    );

    expect(terms).toEqual(options.map(({ line }) => termOf(line)));
  });

  it('shows the lines of --json as they are', () => {
    const [, block = ''] = /```json.*?\n(.*?)```/s.exec(document) ?? [];
    const keysOf = (lines: string) =>
      Object.fromEntries(
        lines
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { type: string })
          .map((line) => [line.type, Object.keys(line)]),
      );
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'in'));
      mkdirSync(join(directory, 'out'));
      writeFileSync(join(directory, 'in/a'), 'content');
      writeFileSync(join(directory, 'out/.mapcp-0123456789abcdef.tmp'), 'half');
      mkdirSync(join(directory, 'out/.mapcp-0123456789abcdef.old.site'));
      spawnSync('mkfifo', ['in/f'], { cwd: directory });
      for (const frontend of frontends) {
        const printed = [
          ['-r', '-v', 'in', 'in/b', 'out'],
          ['--clean', '--dry-run', 'out'],
        ].map((args) => run(frontend, ['--json', ...args], directory).stdout);

        expect(keysOf(printed.join(''))).toEqual(keysOf(block));
      }
    });
  });
});

describe('the manual page', () => {
  it.each(options)('has $name', ({ line }) => {
    expect(page).toContain(`\\fB${termOf(line).replace(', ', '\\fR, \\fB')}\\fR: `);
  });

  it.skipIf(!mayRun('man', ['-c', '']))(
    'leaves nothing out without UTF-8, and says where other pages are',
    () => {
      const { stdout, stderr } = runProgram('sh', [
        '-c',
        'MANWIDTH=500 LC_ALL=C man -l build/out/man/mapcp.1',
      ]);
      expect(stderr).toBe('');
      expect(stdout).toContain('named .mapcp-....tmp;');
      expect(stdout).toContain('Copying streams (docs/streams.md of the package)');
      expect(stdout).not.toMatch(/<[\w./-]+\.md/);
    },
  );

  it('has the sections of a manual page', () => {
    const sections = [...page.matchAll(/^\.SH "(.*)"$/gm)].map(([, section]) => section);

    expect(sections).toEqual(
      expect.arrayContaining(['NAME', 'SYNOPSIS', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES']),
    );
  });
});

function runShell(shell: string, ...args: readonly string[]) {
  return outcomeOf(runProgram(shell, args));
}

const printsNothing = { status: 0, stdout: '', stderr: '' };

describe.each(['bash', 'zsh', 'fish', 'powershell'])('the completions for %s', (shell) => {
  const path = resolve('build/out/completions', `mapcp.${shell === 'powershell' ? 'ps1' : shell}`);
  const script = readFileSync(path, 'utf8');

  it.each(options)('have $name', ({ name }) => {
    const letters = new RegExp(shell === 'fish' ? `-l ${name.slice(2)} ` : `${name}\\b`);
    expect(script).toMatch(letters);
  });

  it.skipIf(shell === 'powershell' || !mayRun(shell, ['-c', '']))('are accepted by it', () => {
    expect(runShell(shell, '-n', path)).toEqual(printsNothing);
  });

  it('are printed by --completion', () => {
    const command = node?.command ?? [];
    expect(runShell(command[0] ?? '', ...command.slice(1), '--completion', shell)).toEqual({
      ...printsNothing,
      stdout: script,
    });
  });
});

const bash = `
set -u
source build/out/completions/mapcp.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_mapcp
printf '%s\\n' "\${COMPREPLY[@]}"
`;

describe('bash', () => {
  it.each([
    { words: ['--over'], found: '--overwrite' },
    { words: ['--overwrite', 'ne'], found: 'never\nnewer' },
    { words: ['--overwrite', '=', 'al'], found: 'always' },
    { words: ['--overwrite', '='], found: 'always\nnever\nnewer\nerror' },
    { words: ['--exclude', '-'], found: '' },
    { words: ['READ'], found: '' },
  ])('completes $words', ({ words, found }) => {
    expect(runShell('bash', '-c', bash, 'bash', 'mapcp', ...words).stdout).toBe(`${found}\n`);
  });
});

describe.skipIf(!mayRun('zsh', ['-c', '']))('zsh', () => {
  it('completes the arguments of mapcp once the completions are sourced', () => {
    const script = `
autoload -Uz compinit
compinit -D -u
source build/out/completions/mapcp.zsh
print $_comps[mapcp]`;
    expect(runShell('zsh', '-f', '-c', script)).toEqual({ ...printsNothing, stdout: '_mapcp\n' });
  });
});

describe.skipIf(!mayRun('zsh', ['-c', '']))('zsh', () => {
  it.each([
    { option: '--files-from', action: '_files' },
    { option: '--target-directory', action: '_files' },
    { option: '--exclude', action: '' },
  ])('completes the value of $option by the action "$action"', ({ option, action }) => {
    // The functions of completion work only while zsh completes.
    const script = `
_arguments() { print -l -- "$@" }
compdef() { }
source build/out/completions/mapcp.zsh
_mapcp`;
    const { stdout } = runShell('zsh', '-f', '-c', script);
    const spec = stdout.split('\n').find((line) => line.startsWith(`*${option}=[`));
    expect(spec?.split(']:value:')[1]).toBe(action);
  });
});

describe.skipIf(!mayRun('fish', ['-c', '']))('fish', () => {
  it.each(['--files-from', '-t', '--target-directory'])('completes the names of files after %s', (option) => {
    const script = `source build/out/completions/mapcp.fish; complete -C 'mapcp ${option} READ'`;
    expect(runShell('fish', '--no-config', '-c', script).stdout).toBe('README.md\n');
  });

  it.each([
    { line: 'mapcp --over', found: '--overwrite' },
    { line: 'mapcp --overwrite ne', found: 'never\nnewer' },
  ])('completes $line', ({ line, found }) => {
    const script = `source build/out/completions/mapcp.fish; complete -C '${line}'`;
    // The description follows a tab.
    expect(runShell('fish', '--no-config', '-c', script).stdout.replace(/\t.*/g, '')).toBe(`${found}\n`);
  });
});
