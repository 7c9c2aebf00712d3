// The descriptors of a program for preview 1: numbers that stand for standard streams, files and directories.

import type { Descriptor } from '../descriptor.js';
import type { OpenDirectory } from '../directory.js';
import { fail, systemError } from '../error-code.js';
import type { OpenFile } from '../file.js';
import type { Sink } from '../streams.js';
import { Listing } from './listing.js';
import type { InputEnd, OutputEnd, System } from './system.js';

/** The flags of a descriptor that have an effect here. The others are those of the open file. */
export const APPEND = 1;
export const NONBLOCK = 4;

/** Standard input. */
export interface StandardInput extends InputEnd {
  readonly kind: 'input';
}

/** Standard output or standard error. */
export interface StandardOutput extends OutputEnd {
  readonly kind: 'output';
}

/** An open file with a position, as a program for POSIX knows it. */
export class OpenedFile {
  readonly kind = 'file';
  readonly file: OpenFile;
  /** The offset of the next read or write, in bytes. */
  position = 0n;
  /** `APPEND`, `NONBLOCK`, both or none. */
  flags: number;
  #appending: Sink | undefined;

  /** Takes over `file`. */
  constructor(file: OpenFile, flags: number) {
    this.file = file;
    this.flags = flags;
  }

  /** A sink that writes at the end of the file. */
  get appending(): Sink {
    this.#appending ??= this.file.appendingSink();
    return this.#appending;
  }

  close(): void {
    this.#appending?.close();
    this.#appending = undefined;
    this.file.close();
  }
}

/** An open directory. */
export class OpenedDirectory {
  readonly kind = 'directory';
  readonly directory: OpenDirectory;
  /** Its name, if it is a preopen. */
  readonly name: string | undefined;
  /** The entries that were read. */
  readonly listing: Listing;

  /** Takes over `directory`. */
  constructor(directory: OpenDirectory, name?: string) {
    this.directory = directory;
    this.name = name;
    this.listing = new Listing(directory);
  }

  close(): void {
    this.listing.close();
    this.directory.close();
  }
}

/** What a number stands for. */
type Entry = StandardInput | StandardOutput | OpenedFile | OpenedDirectory;

/** What a program has open at its start. */
type Streams = Pick<System, 'stdin' | 'stdout' | 'stderr' | 'directories' | 'mostDescriptors'>;

/** The table of a program's descriptors. A new descriptor gets the lowest free number, as in POSIX. */
export class Descriptors {
  readonly #entries: (Entry | undefined)[] = [];
  readonly #most: number;
  /** No number below this is free. */
  #lowest = 0;

  /** Begins with the standard streams and the preopens. */
  constructor({ stdin, stdout, stderr, directories, mostDescriptors }: Streams) {
    this.#most = mostDescriptors;
    this.#add({ kind: 'input', ...stdin });
    this.#add({ kind: 'output', ...stdout });
    this.#add({ kind: 'output', ...stderr });
    for (const [name, directory] of directories) {
      this.#add(new OpenedDirectory(directory.share(), name));
    }
  }

  /** Returns what a number stands for. Fails with `bad-descriptor` if it is free. */
  get(number: number): Entry {
    return this.#entries[number] ?? fail('bad-descriptor');
  }

  /** Returns an open file. Fails with `bad-descriptor` if the number stands for something else. */
  file(number: number): OpenedFile {
    const entry = this.get(number);
    return entry.kind === 'file' ? entry : fail('bad-descriptor');
  }

  /** Returns an open directory. Fails as `file` does. */
  directory(number: number): OpenedDirectory {
    const entry = this.get(number);
    return entry.kind === 'directory' ? entry : fail('bad-descriptor');
  }

  /** Returns an open file or directory. Fails as `file` does. */
  opened(number: number): OpenedFile | OpenedDirectory {
    const entry = this.get(number);
    return entry.kind === 'file' || entry.kind === 'directory' ? entry : fail('bad-descriptor');
  }

  /** Fails with the system's error for too many open files unless one more can be added. */
  expectRoom(): void {
    if (this.#lowest >= this.#most) {
      throw systemError('EMFILE');
    }
  }

  /**
   * Takes over what a call has opened, and returns its number.
   *
   * @param flags `APPEND` and `NONBLOCK`, for a file
   */
  add(opened: Descriptor, flags: number): number {
    return this.#add(
      opened.type === 'directory' ? new OpenedDirectory(opened) : new OpenedFile(opened, flags),
    );
  }

  /** Frees a number, and closes what it stands for. Fails with `bad-descriptor` if it is free. */
  close(number: number): void {
    // Closed first: if the stack has no room for that, it stays open and keeps its number.
    closeEntry(this.get(number));
    this.#free(number);
  }

  /** Gives an entry another number, and closes what that stands for. Fails as `close` does. */
  renumber(from: number, to: number): void {
    const entry = this.get(from);
    const replaced = this.get(to);
    if (from !== to) {
      closeEntry(replaced);
      this.#entries[to] = entry;
      this.#free(from);
    }
  }

  /** Closes everything. */
  closeAll(): void {
    for (const number of this.#entries.keys()) {
      if (this.#entries[number] !== undefined) {
        this.close(number);
      }
    }
  }

  #add(entry: Entry): number {
    const number = this.#lowest;
    this.#entries[number] = entry;
    while (this.#entries[this.#lowest] !== undefined) {
      this.#lowest += 1;
    }
    return number;
  }

  #free(number: number): void {
    this.#entries[number] = undefined;
    this.#lowest = Math.min(this.#lowest, number);
  }
}

function closeEntry(entry: Entry): void {
  if (entry.kind === 'file' || entry.kind === 'directory') {
    entry.close();
  }
}
