// A real file system that folds case, through FUSE: what USB sticks have.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import { mountExfat, whyNoExfat } from '../helpers/exfat.js';
import { fronts, run } from './fronts.js';

const why = inMemoryDirectory((directory) => {
  mkdirSync(join(directory, 'out'));
  return whyNoExfat(join(directory, 'out'), join(directory, 'image'));
});
if (why !== undefined) {
  process.stderr.write(`no exFAT here, so its tests are skipped: ${why}\n`);
}

/** What else is said there: modes cannot be set. */
const permissions = /^mapcp: warning: .*permissions.*\n/gm;

describe.skipIf(why !== undefined).each(fronts)('mapcp in $name, on exFAT,', (front) => {
  /** Runs mapcp over an `in` and an `out` that is exFAT, which `check` sees afterwards. */
  function copy(
    prepare: (at: (path: string) => string) => void,
    args: readonly string[],
    check: (said: { status: number | null; stderr: string }, at: (path: string) => string) => void,
  ): void {
    inMemoryDirectory((directory) => {
      const at = (path: string) => join(directory, path);
      mkdirSync(at('in'));
      mkdirSync(at('out'));
      using _ = mountExfat(at('out'), at('image'));
      prepare(at);
      const { status, stderr } = run(front, args, directory);
      check({ status, stderr: stderr.replace(permissions, '') }, at);
    });
  }

  it.each(['always', 'never', 'error'])('copies one of two names that meet, under %s', (overwrite) => {
    copy(
      (at) => {
        for (const name of ['README', 'readme', 'É', 'é', 'other']) {
          mkdirSync(at('in/a/d'), { recursive: true });
          writeFileSync(at(`in/a/${name}`), name);
        }
        mkdirSync(at('in/a/D'));
      },
      ['-rT', '--keep-going', `--overwrite=${overwrite}`, 'in/a', 'out/b'],
      ({ status, stderr }, at) => {
        expect(status).toBe(1);
        expect(stderr.match(/the file system may take two names for one/g)).toHaveLength(3);
        const names = readdirSync(at('out/b'));
        expect(names.map((name) => name.toLowerCase()).sort()).toEqual(['d', 'other', 'readme', 'é']);
        for (const name of names.filter((each) => each.toLowerCase() !== 'd')) {
          expect(readFileSync(at(`out/b/${name}`), 'utf8')).toBe(name);
        }
      },
    );
  });

  it.each([
    ['out/File.txt', 'out/FILE.TXT'],
    ['out/Dir/f', 'out/dIR/f'],
  ])('does not copy %s onto %s, which it is', (source, target) => {
    copy(
      (at) => {
        mkdirSync(at('out/Dir'));
        writeFileSync(at(source), 'content');
      },
      ['-T', source, target],
      ({ status, stderr }, at) => {
        const problem = `cannot use '${target}': source and target are the same file`;
        expect({ status, stderr }).toEqual({
          status: 1,
          stderr: `mapcp: cannot copy '${source}' to '${target}': ${problem}\n`,
        });
        expect(readFileSync(at(source), 'utf8')).toBe('content');
        expect(readdirSync(at('out')).filter((name) => name === 'FILE.TXT')).toEqual([]);
      },
    );
  });

  it('copies a file over another one of the same name but for case', () => {
    copy(
      (at) => {
        writeFileSync(at('in/FILE'), 'new');
        writeFileSync(at('out/file'), 'old');
      },
      ['-T', 'in/FILE', 'out/FILE'],
      ({ status }, at) => {
        expect(status).toBe(0);
        expect(readdirSync(at('out'))).toHaveLength(1);
        expect(readFileSync(at('out/file'), 'utf8')).toBe('new');
      },
    );
  });

  it('does not copy a directory into itself by another spelling', () => {
    copy(
      (at) => {
        mkdirSync(at('out/Dir'));
        writeFileSync(at('out/Dir/f'), 'content');
      },
      ['-rT', '--make-parents', 'out/Dir', 'out/dir/x/y'],
      ({ status, stderr }, at) => {
        expect(status).toBe(1);
        expect(stderr).toContain("cannot use 'out/Dir/x/y': a directory cannot be copied into itself\n");
        expect(readdirSync(at('out/Dir'), { recursive: true }).length).toBeLessThan(6);
      },
    );
  });

  it('says that the file system does not take a name', () => {
    copy(
      (at) => {
        mkdirSync(at('in/a/d:e'), { recursive: true });
        writeFileSync(at('in/a/a:b'), 'content');
        writeFileSync(at('in/a/f'), 'content');
      },
      ['-rT', '--keep-going', 'in/a', 'out/b'],
      ({ status, stderr }, at) => {
        const why = "the target's file system does not take this name; rename the source";
        expect(status).toBe(1);
        expect(stderr).toContain(`cannot rename 'out/b/a:b': ${why}\n`);
        expect(stderr).toContain(`cannot create 'out/b/d:e': ${why}\n`);
        expect(readdirSync(at('out/b'))).toEqual(['f']);
      },
    );
  });
});
