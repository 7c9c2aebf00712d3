import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from './helpers.js';

// In memory, where there are as many links to a file as one likes, and no disk to wait for.
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const LINKS_EACH = 50_000;
const ENTRIES = 300_000;

/** Lists a directory and prints how many entries it has, and the most memory that the process ever had, in KiB. */
const lister = `
  import { readFileSync } from 'node:fs';
  import { createHost } from 'mapcp/host';
  const [path] = process.argv.slice(1);
  const host = await createHost({ preopens: { '/': { path, access: 'read' } } });
  const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories();
  const listing = root.readDirectory();
  let entries = 0;
  for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
    root.metadataHashAt({}, entry.name);
    entries += 1;
  }
  const [, peak] = /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  console.log(JSON.stringify([entries, Number(peak)]));
`;

function list(directory: string): [entries: number, peak: number] {
  // Garbage is collected early, so that what is seen is what is held.
  const args = ['--max-semi-space-size=1', '--input-type=module', '--eval', lister, '--', directory];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it.runIf(process.platform === 'linux')(`${ENTRIES} entries are listed without being held at once`, () => {
  const top = temporaryDirectory(place);
  const [empty, full] = [join(top, 'empty'), join(top, 'full')];
  mkdirSync(empty);
  mkdirSync(full);
  let file = '';
  for (let index = 0; index < ENTRIES; index++) {
    const name = String(index).padStart(100, '0');
    if (index % LINKS_EACH === 0) {
      file = join(full, name);
      writeFileSync(file, '');
    } else {
      linkSync(file, join(full, name));
    }
  }

  const [, least] = list(empty);
  const [entries, peak] = list(full);

  expect(entries).toBe(ENTRIES);
  // Their names alone would be thirty.
  expect(peak - least).toBeLessThan(25_000);
});
