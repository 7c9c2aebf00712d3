// Changes the trees `in/a` and `out/b` of a directory in every way that can harm a copy, until it is killed:
// `node vandal.mjs DIRECTORY`. Prints a line when it has begun, and writes each version of a file to `versions` before that
// is there: the version, and from which size to which it has it. Not TypeScript, because it is run as it is.

import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { contentOf, LEAST, MOST, modeOf, VERSIONS, versionOf } from './wrecked-files.mjs';

/** @param {number} most */
const below = (most) => Math.floor(Math.random() * most);

const root = process.argv[2] ?? '';
const versions = openSync(join(root, 'versions'), 'a');

/**
 * @param {number} version
 * @param {number} from
 * @param {number} to
 */
const announce = (version, from, to) => writeSync(versions, `${version} ${from} ${to}\n`);

/**
 * Has a new file take a name in one step. Its size is one that no other file has, but by chance: sizes that come again
 * could hide a change.
 * @param {string} file
 */
function putFile(file) {
  const [version, size] = [below(VERSIONS), LEAST + below(MOST - LEAST)];
  const unfinished = join(root, 'unfinished');
  announce(version, size, size);
  writeFileSync(unfinished, contentOf(version, size));
  chmodSync(unfinished, modeOf(version));
  renameSync(unfinished, file);
}

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
 * Opens a file, and nothing else, as above.
 * @param {string} file
 * @param {(descriptor: number, version: number, size: number) => void} act
 */
function onFile(file, act) {
  const descriptor = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) {
      throw new Error(`${file} is no file`);
    }
    const start = Buffer.alloc(LEAST);
    readSync(descriptor, start, 0, LEAST, 0);
    act(descriptor, versionOf(start), status.size);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What is done to a file. `aside` is a name for it that lies elsewhere. What harms a copy that is under way comes more often.
 * @type {((file: string, aside: string) => void)[]}
 */
const harms = [
  grow,
  grow,
  shrink,
  shrink,
  // Vanishes.
  (file) => rmSync(file),
  // Is replaced by another.
  putFile,
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
  // Becomes what nobody is to open: who does that may wait for ever.
  (file, aside) => {
    renameSync(file, aside);
    linkSync(join(root, below(2) === 0 ? 'fifo' : 'socket'), file);
  },
  // Becomes a file again, whatever it is, since most of them are to be files.
  putAgain,
  putAgain,
  putAgain,
];

/** @param {string} file */
function grow(file) {
  onFile(file, (descriptor, version, size) => {
    const larger = size + below(MOST - size);
    announce(version, size, larger);
    writeSync(descriptor, contentOf(version, larger), size, larger - size, size);
  });
}

/** @param {string} file */
function shrink(file) {
  onFile(file, (descriptor, version, size) => {
    const smaller = LEAST + below(size - LEAST);
    announce(version, smaller, smaller);
    ftruncateSync(descriptor, smaller);
  });
}

/** @param {string} file */
function putAgain(file) {
  rmSync(file, { recursive: true, force: true });
  putFile(file);
}

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
    putFile(directory);
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

function vandalise() {
  for (let round = 0; ; round++) {
    const aside = join(root, `aside-${round % 2}`);
    const parent = join(root, below(3) === 0 ? 'out/b' : 'in/a', String(below(2)));
    const path = below(20) === 0 ? parent : join(parent, String(below(4)));
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

vandalise();
