import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { it } from '../helpers/it.js';
import { mustRun } from '../helpers/program.js';

const command = join(process.cwd(), 'build/out/js/cli/main.js');

it.for([
  ['src/f', 'l/..'],
  ['src/f', 'l/../'],
  ['-t', 'l/..', 'src/f'],
])(
  "two dots behind a link in a target lead to the parent of the link's target: %s %s %s",
  ([...args], { directory }) => {
    mkdirSync(join(directory, 'real/deep'), { recursive: true });
    mkdirSync(join(directory, 'src'));
    symlinkSync('real/deep', join(directory, 'l'));
    writeFileSync(join(directory, 'src/f'), 'new');
    writeFileSync(join(directory, 'f'), 'precious');

    mustRun(process.execPath, [command, ...args.filter(Boolean)], { cwd: directory });

    expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('precious');
    expect(existsSync(join(directory, 'real/f'))).toBe(true);
  },
);
