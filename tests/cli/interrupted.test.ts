import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';

const command = [resolve('build/out/js/cli/main.js'), '--json', '-r', '-T', 'in/a', 'out/b'];

/** Sends the command line a signal as soon as it has told its first progress, and says how it ended. */
async function interrupt(directory: string, signal: NodeJS.Signals) {
  const copying = spawn(process.execPath, command, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  copying.stderr.on('data', (data: Buffer) => {
    stderr += data;
  });
  copying.stdout.once('data', () => copying.kill(signal));
  const [status] = (await once(copying, 'close')) as [number | null];
  return { status, stderr };
}

describe('mapcp, interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s, ends with status 130 and leaves no partial file',
    (signal) =>
      inTemporaryDirectory(async (directory) => {
        for (const path of ['in', 'out', 'in/a', 'out/b']) {
          mkdirSync(join(directory, path));
        }
        // More than can be copied before the signal arrives; a hole, since nobody is to wait for the disk.
        writeFileSync(join(directory, 'in/a/huge'), '');
        truncateSync(join(directory, 'in/a/huge'), 2 ** 40);
        writeFileSync(join(directory, 'out/b/huge'), 'old');

        const { status, stderr } = await interrupt(directory, signal);

        expect(stderr).toBe('mapcp: interrupted; what was finished stays\n');
        expect(status).toBe(130);
        expect(readdirSync(join(directory, 'out/b'))).toEqual(['huge']);
        expect(readFileSync(join(directory, 'out/b/huge'), 'utf8')).toBe('old');
      }),
  );
});
