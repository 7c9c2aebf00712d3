import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { runProgram } from '../helpers/program.js';
import { type Frontend, frontends, run } from './frontends.js';

/** Creates a tree with a file and a directory whose names are not UTF-8, and others. */
function prepare(directory: string): void {
  for (const path of ['in/a/d', 'out']) {
    mkdirSync(join(directory, path), { recursive: true });
  }
  for (const path of ['in/a/b', 'in/a/z', 'in/a/d/f']) {
    writeFileSync(join(directory, path), path);
  }
  const bytes = (path: string) => Buffer.from(join(directory, path), 'latin1');
  writeFileSync(bytes('in/a/caf\xe9'), 'content');
  mkdirSync(bytes('in/a/d/\xfe\xff'));
}

function refused(path: string): string {
  const why = 'the name is not valid UTF-8; rename it';
  return `mapcp: cannot copy 'in/${path}' to 'out/${path}': cannot inspect 'in/${path}': ${why}\n`;
}

const [node, ...others] = frontends as readonly [Frontend, ...Frontend[]];

describe('a name that is not UTF-8, in Node,', () => {
  it('is printed with escapes, and with --keep-going everything else is copied', ({ directory }) => {
    prepare(directory);
    const { status, stderr } = run(node, ['-r', '--keep-going', 'in/a', 'out'], directory);
    expect(stderr).toBe(refused('a/caf\\xe9') + refused('a/d/\\xfe\\xff'));
    expect(status).toBe(1);
    expect(readdirSync(join(directory, 'out'), { recursive: true }).sort()).toEqual([
      'a',
      'a/b',
      'a/d',
      'a/d/f',
      'a/z',
    ]);
  });

  it('ends a copy without --keep-going', ({ directory }) => {
    prepare(directory);
    const { status, stderr } = run(node, ['-r', 'in/a', 'out'], directory);
    expect(stderr).toBe(refused('a/caf\\xe9'));
    expect(status).toBe(1);
  });

  it('has its bytes in base64 under --json, and a name with a backslash has none', ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    const path = Buffer.from('in/caf\xe9', 'latin1');
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), path]), 'bytes');
    symlinkSync(Buffer.from('\xff', 'latin1'), join(directory, 'in/link\\xe9'));
    const { stdout } = run(node, ['-r', '--json', '--no-progress', '--keep-going', 'in', 'out'], directory);
    const errors = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; path: string; pathBase64?: string })
      .filter(({ type }) => type === 'error')
      .map(({ path, pathBase64 }) => ({ path, pathBase64 }));
    expect(errors).toHaveLength(2);
    expect(errors).toEqual(
      expect.arrayContaining([
        { path: 'in/caf\\xe9', pathBase64: path.toString('base64') },
        { path: 'in/link\\xe9', pathBase64: undefined },
      ]),
    );
  });

  it('can be excluded in its printed form', ({ directory }) => {
    prepare(directory);
    const args = ['-r', '--exclude=caf\\\\xe9', '--exclude=\\\\xfe*/', 'in/a', 'out'];
    const { status, stderr } = run(node, args, directory);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('can be excluded by a pattern with one character for each byte', ({ directory }) => {
    prepare(directory);
    const { status, stderr } = run(node, ['-r', '--exclude=caf?', '--exclude=??/', 'in/a', 'out'], directory);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('is refused if a pattern includes it with one character for each byte', ({ directory }) => {
    prepare(directory);
    const { status, stderr } = run(node, ['-r', '--include=ca?[!a-z]', 'in/a', 'out'], directory);
    expect(stderr).toBe(refused('a/caf\\xe9'));
    expect(status).toBe(1);
  });

  it.each([
    { line: `$mapcp 'b\\351' out`, says: `'b\\xe9'`, advice: 'only valid names can be copied; rename it' },
    {
      line: `$mapcp -v b 'out/\\377'`,
      says: `'out/\\xff'`,
      advice: 'only valid names can be copied; rename it',
    },
    { line: `$mapcp -r --exclude '\\377' in out`, says: `'\\xff'`, advice: 'write the pattern in UTF-8' },
    {
      line: `$mapcp -r '--include=\\377' in out`,
      says: `'--include=\\xff'`,
      advice: 'write the pattern in UTF-8',
    },
    {
      line: `$mapcp --files-from '\\377' in out`,
      says: `'\\xff'`,
      advice: "rename the list, or use '-' to read it from standard input",
    },
    { line: `$mapcp --clean 'd\\351'`, says: `'d\\xe9'`, advice: 'rename the directory to clean it' },
  ])('is refused as an argument, and no other file is copied: $line', ({ line, says, advice }) =>
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'out'));
      // The names that Node would make of it.
      for (const name of ['b', 'b\ufffd', 'out/\ufffd']) {
        writeFileSync(join(directory, name), 'other');
      }
      // JavaScript strings cannot hold these bytes, so the shell prints them.
      const script = line.replace(/'(.*)'/, `"$(printf -- '$1')"`).replace('$mapcp', node.command.join(' '));
      const { status, stdout, stderr } = runProgram('sh', ['-c', script], { cwd: directory });
      expect(stderr).toBe(`mapcp: ${says} is not valid UTF-8; ${advice}\n`);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(readdirSync(join(directory, 'out'))).toEqual(['\ufffd']);
    }),
  );

  it('is refused by the reason of the option if it is a number', () =>
    inTemporaryDirectory((directory) => {
      const script = `${node.command.join(' ')} --max-bytes "$(printf '\\351')" in out`;
      const { status, stderr } = runProgram('sh', ['-c', script], { cwd: directory });
      expect(stderr).toContain("option '--max-bytes <SIZE>' does not accept '\\xe9'. It must be a number");
      expect(status).toBe(2);
    }));

  it('in an old tree that cannot be removed is named by its own path', () =>
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'in'));
      mkdirSync(join(directory, 'out/d'), { recursive: true });
      writeFileSync(Buffer.from(join(directory, 'out/d/caf\xe9'), 'latin1'), 'content');
      const { status, stderr } = run(node, ['-rT', '--atomic', '--overwrite=always', 'in', 'out'], directory);
      const [left] = readdirSync(directory).filter((name) => name.endsWith('.tmp'));
      expect(stderr).toBe(
        "mapcp: warning: copied 'in' to 'out', but " +
          `cannot inspect '${left}/d/caf\\xe9': the name is not valid UTF-8; rename it; remove what is left: '${left}'\n`,
      );
      expect(status).toBe(0);
      expect(run(node, ['--clean', '.'], directory).stderr).toBe(
        `mapcp: cannot inspect './${left}/d/caf\\xe9': the name is not valid UTF-8; rename it\n`,
      );
    }));

  it('differs from a name with a replacement character, which is copied', () =>
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, 'out'));
      writeFileSync(join(directory, 'b\ufffd'), 'content');
      expect(run(node, ['b\ufffd', 'out'], directory).status).toBe(0);
      expect(readdirSync(join(directory, 'out'))).toEqual(['b\ufffd']);
    }));

  it('does not keep clean from removing temporary files elsewhere, and a directory with it is reported', ({
    directory,
  }) => {
    prepare(directory);
    writeFileSync(join(directory, 'in/a/.mapcp-0123456789abcdef.tmp'), '');
    expect(run(node, ['--clean', 'in'], directory)).toMatchObject({
      status: 1,
      stdout: "'in': 1 temporary file removed\n",
      stderr: "mapcp: cannot inspect 'in/a/d/\\xfe\\xff': the name is not valid UTF-8; " + 'rename it\n',
    });
  });
});

describe.each(frontends)('a listed path that is not UTF-8, in $name,', (frontend) => {
  it('has its bytes in base64 under --json', ({ directory }) => {
    mkdirSync(join(directory, 'in'));
    mkdirSync(join(directory, 'out'));
    // Directories and files, missing ones, repeated ones, and names with a real backslash.
    mkdirSync(Buffer.from(join(directory, 'in/d\xe9'), 'latin1'));
    const paths = ['d\xe9/', 'd\xe9', 'd\xe9//', 'd\xe9/in', 'm\\xe9\xe9', '\xff'];
    const list = paths.flatMap((path) => [path, path, 'd\xc3\xa9']);
    writeFileSync(join(directory, 'in/list'), Buffer.from(list.join('\0'), 'latin1'));
    const options = ['--json', '--no-progress', '--keep-going', '--null', '--files-from', 'in/list'];
    const { stdout } = run(frontend, [...options, 'in', 'out'], directory);
    const errors = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string; path: string; pathBase64?: string })
      .filter(({ code }) => code === 'EILSEQ' || code === 'ENOENT');
    const bytesOf = ({ pathBase64 = '' }) => Buffer.from(pathBase64, 'base64').toString('latin1');
    const invalid = errors.filter(({ code }) => code === 'EILSEQ');
    expect(invalid.map(bytesOf)).toEqual(paths.map((path) => `in/${path}`));
    expect(invalid[0]?.path).toBe('in/d\\xe9/');
    expect(errors.filter(({ code }) => code === 'ENOENT')).toHaveLength(paths.length);
    expect(errors.find(({ code }) => code === 'ENOENT')).toMatchObject({ path: 'in/dé' });
  });
});

describe.each(others)('a name that is not UTF-8, in $name,', (frontend) => {
  it('is reported with its directory', ({ directory }) => {
    prepare(directory);
    const { status, stderr } = run(frontend, ['-r', '--keep-going', 'in/a', 'out'], directory);
    expect(stderr).toBe(
      "mapcp: cannot copy 'in/a' to 'out/a': cannot list 'in/a': the name of an entry in it is not valid UTF-8; rename that entry\n",
    );
    expect(status).toBe(1);
  });
});

describe.each(frontends)('a link to a name that is not UTF-8, in $name,', (frontend) => {
  const cases = [
    { options: '-r', source: 'in' },
    { options: '-P', source: 'in/l' },
  ];

  it.for(cases)(
    'is not copied with $options $source, and the error says what helps',
    ({ options, source }, { directory }) => {
      mkdirSync(join(directory, 'in'));
      mkdirSync(join(directory, 'out'));
      symlinkSync(Buffer.from('caf\xe9', 'latin1'), join(directory, 'in/l'));
      const { status, stderr } = run(frontend, [options, source, 'out'], directory);
      expect(stderr).toBe(
        `mapcp: cannot copy 'in/l' to 'out/${source === 'in' ? 'in/l' : 'l'}': cannot inspect 'in/l': the link's text is ` +
          'not valid UTF-8; recreate the link, or leave it out, with --symlinks=skip\n',
      );
      expect(status).toBe(1);

      const skipping = run(frontend, [options, '--symlinks=skip', source, 'out'], directory);
      expect(skipping).toMatchObject({ status: 0, stderr: '' });
    },
  );
});
