import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { frontends, run } from './frontends.js';

// MAPCP_FILES=100000 creates as many.
const FILES = Number(process.env.MAPCP_FILES ?? 20_000);
const LEVELS = 2_000;

// Node alone needs some fifty megabytes.
const MEMORY = 150_000_000;

// Few, but enough for Node to start.
const DESCRIPTORS = 64;

/** A new directory with `in` and `out`, in memory if possible. */
function makeDirectory(): string {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mapcp-'));
  // Node's own removal is recursive, and overflows the stack in some versions.
  onTestFinished(() => void execFileSync('rm', ['-rf', directory]));
  mkdirSync(join(directory, 'in'));
  mkdirSync(join(directory, 'out'));
  return directory;
}

describe.each(frontends)(
  `mapcp in $name, with ${DESCRIPTORS} descriptors and less than 150 MB of memory,`,
  (frontend) => {
    /** Copies `in/a` to `out/a`, and returns the peak memory in bytes. */
    function copy(directory: string, options: string): number {
      const limited = ['sh', '-c', `ulimit -n ${DESCRIPTORS} && exec "$@"`, 'sh', 'time', '--format=%M'];
      const { status, stderr } = run(frontend, [options, 'in/a', 'out/a'], directory, limited);
      expect(stderr).toMatch(/^\d+\n$/);
      expect(status).toBe(0);
      return Number(stderr) * 1024;
    }

    it(`copies a directory of ${FILES} files`, () => {
      const directory = makeDirectory();
      mkdirSync(join(directory, 'in/a'));
      for (let index = 0; index < FILES; index++) {
        writeFileSync(join(directory, `in/a/${index}`), String(index));
      }

      const peak = copy(directory, '-r');

      const names = readdirSync(join(directory, 'out/a'));
      expect(names).toHaveLength(FILES);
      expect(names.every((name) => readFileSync(join(directory, 'out/a', name), 'utf8') === name)).toBe(true);
      expect(peak).toBeLessThan(MEMORY);
    });

    it(`copies a tree of ${LEVELS} levels`, () => {
      const directory = makeDirectory();
      const deepest = `a/${'d/'.repeat(LEVELS)}`;
      execFileSync('mkdir', ['-p', `in/${deepest}`], { cwd: directory });
      writeFileSync(join(directory, `in/${deepest}f`), 'content');

      const peak = copy(directory, '-rp');

      expect(readFileSync(join(directory, `out/${deepest}f`), 'utf8')).toBe('content');
      expect(peak).toBeLessThan(MEMORY);
    });
  },
);
