// Changes the trees `in/a` and `out/b` of a directory in every way that can harm a copy, until it is killed:
// `node vandal.mjs DIRECTORY`. Prints a line when it has begun. Not TypeScript, because it is run as it is.

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { contentOf, MOST } from './wrecked-files.mjs';

/** @param {number} most */
const below = (most) => Math.floor(Math.random() * most);

/** A size that no other file has, but by chance: sizes that come again could hide a change. */
const anySize = () => 1 + below(MOST);

/**
 * Throws unless a directory is one, and no link: what lies outside is not harmed by this process either.
 * @param {string} directory
 */
function requireDirectory(directory) {
  if (!lstatSync(directory).isDirectory()) {
    throw new Error(`${directory} is no directory`);
  }
}

/**
 * Opens a file, and no link, as above.
 * @param {string} file
 * @param {(descriptor: number, size: number) => void} act
 */
function onFile(file, act) {
  const descriptor = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    act(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What is done to a file. `aside` is a name for it that lies elsewhere.
 * @type {((file: string, aside: string) => void)[]}
 */
const harms = [
  // Grows.
  (file) =>
    onFile(file, (descriptor, size) =>
      writeSync(descriptor, contentOf(MOST), size, below(MOST - size), size),
    ),
  // Shrinks.
  (file) => onFile(file, (descriptor, size) => ftruncateSync(descriptor, below(size))),
  // Vanishes.
  (file) => rmSync(file),
  // Is replaced by another.
  (file, aside) => {
    writeFileSync(aside, contentOf(anySize()));
    renameSync(aside, file);
  },
  // Becomes a link that leads out.
  (file, aside) => {
    renameSync(file, aside);
    symlinkSync('../../../outside/secret', file);
  },
  // Becomes a directory.
  (file, aside) => {
    renameSync(file, aside);
    mkdirSync(file);
  },
  // Becomes a file again, whatever it is.
  (file) => {
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, contentOf(anySize()));
  },
];

/**
 * The same for a directory.
 * @type {((directory: string, aside: string) => void)[]}
 */
const directoryHarms = [
  // Goes away, and another comes.
  (directory, aside) => {
    renameSync(directory, aside);
    mkdirSync(directory);
  },
  // Becomes a link that leads out.
  (directory, aside) => {
    renameSync(directory, aside);
    symlinkSync('../../outside', directory);
  },
  // Becomes a file.
  (directory, aside) => {
    renameSync(directory, aside);
    writeFileSync(directory, contentOf(anySize()));
  },
  // Loses what is in it, unfinished files too.
  (directory) => {
    requireDirectory(directory);
    for (const name of readdirSync(directory)) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  },
  // Becomes a directory again, whatever it is; twice, since most of them are to be directories.
  restore,
  restore,
];

/** @param {string} directory */
function restore(directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
}

/** @param {string} directory */
function vandalise(directory) {
  for (let round = 0; ; round++) {
    const aside = join(directory, `aside-${round % 2}`);
    const root = join(directory, below(2) === 0 ? 'in/a' : 'out/b');
    const parent = join(root, String(below(3)));
    const path = below(4) === 0 ? parent : join(parent, String(below(6)));
    const choice = path === parent ? directoryHarms : harms;
    try {
      if (path !== parent) {
        requireDirectory(parent);
      }
      choice[below(choice.length)]?.(path, aside);
      rmSync(aside, { recursive: true, force: true });
    } catch {
      // What one harm has done is in the way of another, or the copy has put something there.
    }
    if (round === 100) {
      process.stdout.write('begun\n');
    }
  }
}

vandalise(process.argv[2] ?? '');
