import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { look, putInto } from '../behaviour/tree.js';
import { it } from '../helpers/it.js';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';
import { runProgram } from '../helpers/program.js';

it.skipIf(process.platform === 'win32').for(['0777', '0077', '0'])(
  'a tree is copied with its permissions under any umask, such as %s',
  (umask, { directory }) => {
    mkdirSync(join(directory, 'a/d'), { recursive: true });
    writeFileSync(join(directory, 'a/d/f'), 'content');
    const put = putInto(directory);
    put.mode('a/d/f', 0o640);
    put.mode('a/d', 0o750);
    put.mode('a', 0o755);
    const [command = '', ...args] = [
      ...asOrdinaryUser,
      ...['sh', '-c', 'umask "$0" && exec "$@"', umask],
      ...[process.execPath, resolve('build/out/js/cli/main.js'), '-rT', 'a', 'b'],
    ];
    const { status, stderr } = runProgram(command, args, { cwd: directory });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(look(directory)).toMatchObject({
      b: { kind: 'directory', mode: 0o755 },
      'b/d': { kind: 'directory', mode: 0o750 },
      'b/d/f': { kind: 'file', content: 'content', mode: 0o640 },
    });
  },
);
