// The trees that a page gives to a sandbox and gets back from it: preview2-shim's form of a file system, as plain data.

/** A file of a tree. */
export interface FileEntry {
  /** Its content. A `Blob` or a `File` is read piece by piece, as the component maps it, and never as a whole. */
  readonly source: Blob | Uint8Array<ArrayBuffer> | string;
  /** When it was last changed, in nanoseconds since 1970. By default the time that a `File` has, or now. */
  readonly mtimeNs?: bigint | undefined;
}

/** A symbolic link of a tree. */
export interface LinkEntry {
  /** Its text. */
  readonly symlink: string;
  /** When it was made, in nanoseconds since 1970. By default now. */
  readonly mtimeNs?: bigint | undefined;
}

/** A directory of a tree. */
export interface DirectoryEntry {
  /** What is in it, by name. */
  readonly dir: Readonly<Record<string, Entry>>;
  /** When it was last changed, in nanoseconds since 1970. By default now. */
  readonly mtimeNs?: bigint | undefined;
}

/** Anything in a tree. */
export type Entry = FileEntry | LinkEntry | DirectoryEntry;

/** A file as a sandbox gives it back. */
export interface FoundFile extends FileEntry {
  readonly source: Blob;
  readonly mtimeNs: bigint;
}

/** A symbolic link as a sandbox gives it back. */
export interface FoundLink extends LinkEntry {
  readonly mtimeNs: bigint;
}

/** A directory as a sandbox gives it back. */
export interface FoundDirectory extends DirectoryEntry {
  readonly dir: Readonly<Record<string, FoundEntry>>;
  readonly mtimeNs: bigint;
}

/** Anything in a tree that a sandbox gives back. */
export type FoundEntry = FoundFile | FoundLink | FoundDirectory;
