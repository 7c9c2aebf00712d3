// The programs of docs/streams.md that unpack an archive must close it if they refuse an entry.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { blocksOf } from './documents.js';
import { prepare, runScript } from './place.js';

const blocks = blocksOf('docs/streams.md');

/** Loaded before a program: prints why it fails, and what is still open below its directory when nothing runs. */
const watch = `
import { readdirSync, readlinkSync } from 'node:fs';
process.on('uncaughtException', ({ code }) => console.log('a.zip is refused:', code));
process.once('beforeExit', () => {
  const targetOf = (descriptor) => {
    try {
      return readlinkSync('/proc/self/fd/' + descriptor);
    } catch {
      return ''; // It was open for the listing.
    }
  };
  const open = readdirSync('/proc/self/fd').map(targetOf).filter((path) => path.startsWith(process.cwd()));
  console.log('open:', open);
});
`;

function run(program: string, directory: string): string {
  prepare(directory, false);
  for (const { marks, code } of blocks) {
    if (marks.file !== undefined) {
      writeFileSync(join(directory, marks.file), code);
    }
  }
  writeFileSync(join(directory, 'watch.js'), watch);
  writeFileSync(join(directory, 'program.js'), program);
  const preload = pathToFileURL(join(directory, 'watch.js')).href;
  return runScript(`"${process.execPath}" --import ${preload} program.js 2>&-`, directory, '').output;
}

/** The program in the document that has this text. */
function programWith(text: string): string {
  const [program, ...others] = blocks.filter(({ code }) => code.includes(text));
  expect(others).toEqual([]);
  return program?.code ?? '';
}

describe.runIf(process.platform === 'linux')(
  'a program that unpacks an archive with an entry to refuse',
  () => {
    const left = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('staging'));

    it('closes a tar archive, and leaves nothing of it', ({ directory }) => {
      expect(run(programWith("from 'tar-stream'"), directory)).toBe(
        'good.tar has 4 files\nbad.tar is refused: EPERM\nopen: []\n',
      );
      expect([readdirSync(join(directory, 'data')), left(directory)]).toEqual([['good.tar'], []]);
    });

    it('closes a zip archive, and leaves nothing of it', ({ directory }) => {
      // The archive has one name twice.
      const program = programWith("from 'yauzl'").replace(
        "a.write('photos/beach.jpg')",
        "a.write('photo.jpg')",
      );
      expect(run(program, directory)).toBe('a.zip is refused: EEXIST\nopen: []\n');
      expect([readdirSync(join(directory, 'data')), left(directory)]).toEqual([[], []]);
    });
  },
);
