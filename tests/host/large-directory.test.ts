import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/it.js';

// In memory if possible, which is faster than a disk.
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const ENTRIES = 200_000;
// Below the limit of links of every common file system.
const LINKS_EACH = 50_000;
const NAME = 200;

/** Lists a directory, and prints the number of entries and the peak memory in bytes. */
const lister = `
  import { createHost } from 'mapcp/host';
  const [path] = process.argv.slice(1);
  const host = await createHost({ preopens: { '/': { path, access: 'read' } } });
  const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories();
  const held = () => {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  const listing = root.readDirectory();
  let most = 0;
  let entries = 0;
  for (let entry = listing.readDirectoryEntry(); entry; entry = listing.readDirectoryEntry()) {
    root.metadataHashAt({}, entry.name);
    if (entries % 5000 === 0) {
      most = Math.max(most, held() - before);
    }
    entries += 1;
  }
  console.log(JSON.stringify([entries, most]));
`;

it(`${ENTRIES} entries are listed without holding all of them in memory`, () => {
  const directory = join(temporaryDirectory(place), 'directory');
  mkdirSync(directory);
  let file = '';
  for (let index = 0; index < ENTRIES; index++) {
    const path = join(directory, String(index).padStart(NAME, '0'));
    if (index % LINKS_EACH === 0) {
      file = path;
      writeFileSync(file, '');
    } else {
      linkSync(file, path);
    }
  }
  const args = ['--expose-gc', '--input-type=module', '--eval', lister, '--', directory];
  const checkout = join(import.meta.dirname, '../..');
  const printed = execFileSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' });
  const [entries, most]: number[] = JSON.parse(printed);
  expect(entries).toBe(ENTRIES);
  expect(most).toBeLessThan((ENTRIES * NAME) / 10);
});
