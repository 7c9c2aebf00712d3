// Changes the trees `in/a` and `out/b` of a directory in every way that can harm a copy, until it is killed: `node
// tree-mutator.mjs DIRECTORY`. Prints a line when it has begun. Before a version of a file exists, writes the version
// and its smallest and largest size to `versions`. Not TypeScript, because Node runs it directly.

import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
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
import { dirname, join } from 'node:path';
import process from 'node:process';
import { contentOf, LEAST, MOST, modeOf, VERSIONS, versionOf } from './versioned-files.mjs';

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
 * Puts a new file at a path in one step. Its size is most likely unique: a repeated size could hide a change.
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
 * Acts in a directory that is held open. By its path, a link that a copy puts there could lead this process outside.
 * @param {string} directory
 * @param {(held: string) => void} act
 */
function inDirectory(directory, act) {
  const descriptor = openSync(directory, constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    act(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens a file, and refuses anything else.
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
 * Changes to a file. `aside` is an unused name elsewhere. Changes that disturb a running copy are listed more often.
 * @type {((file: string, aside: string) => void)[]}
 */
const fileChanges = [
  grow,
  grow,
  shrink,
  shrink,
  // Remove.
  (file) => rmSync(file),
  // Replace by another file.
  putFile,
  // Replace by a link that leads outside.
  (file, aside) => {
    renameSync(file, aside);
    symlinkSync('../../../outside/secret', file);
  },
  // Replace by a directory.
  (file, aside) => {
    renameSync(file, aside);
    mkdirSync(file);
  },
  // Replace by a second name of a file beside it.
  (file, aside) => {
    renameSync(file, aside);
    linkSync(join(dirname(file), String(below(4))), file);
  },
  // Replace by a special file. Opening it could block forever.
  (file, aside) => {
    renameSync(file, aside);
    linkSync(join(root, below(2) === 0 ? 'fifo' : 'socket'), file);
  },
  // Make it a file again. Most entries should be files.
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

/**
 * @param {string} file
 * @param {string} aside
 */
function putAgain(file, aside) {
  removeIfThere(file, aside);
  putFile(file);
}

/**
 * Removes an entry of any kind. It is renamed first, so that no link can take its name in the middle.
 * @param {string} path
 * @param {string} aside
 */
function removeIfThere(path, aside) {
  try {
    renameSync(path, aside);
    rmSync(aside, { recursive: true });
  } catch {
    // There is none.
  }
}

/**
 * Changes to a directory.
 * @type {((directory: string, aside: string) => void)[]}
 */
const directoryChanges = [
  // Replace by an empty directory.
  (directory, aside) => {
    renameSync(directory, aside);
    mkdirSync(directory);
  },
  // Replace by a link that leads outside.
  (directory, aside) => {
    renameSync(directory, aside);
    symlinkSync('../../outside', directory);
  },
  // Replace by a file.
  (directory, aside) => {
    renameSync(directory, aside);
    putFile(directory);
  },
  // Remove all entries, also temporary files.
  (directory, aside) =>
    inDirectory(directory, (held) => {
      for (const name of readdirSync(held)) {
        removeIfThere(join(held, name), aside);
      }
    }),
  // Make it a directory again. Most should be directories.
  restore,
  restore,
];

/**
 * @param {string} directory
 * @param {string} aside
 */
function restore(directory, aside) {
  removeIfThere(directory, aside);
  mkdirSync(directory);
}

function mutate() {
  for (let round = 0; ; round++) {
    const aside = join(root, `aside-${round % 2}`);
    const parent = join(root, below(3) === 0 ? 'out/b' : 'in/a', String(below(2)));
    try {
      if (below(20) === 0) {
        directoryChanges[below(directoryChanges.length)]?.(parent, aside);
      } else {
        const name = String(below(4));
        inDirectory(parent, (held) => fileChanges[below(fileChanges.length)]?.(join(held, name), aside));
      }
      rmSync(aside, { recursive: true, force: true });
    } catch {
      // An earlier change or the copy is in the way.
    }
    if (round === 100) {
      process.stdout.write('begun\n');
    }
  }
}

mutate();
