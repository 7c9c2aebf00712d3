// Trees as plain data, as a page gives them to a sandbox and gets them back. The form is preview2-shim's.

/** A file of a tree. */
export interface FileEntry {
  /**
   * Its content: text, which becomes UTF-8, or bytes. A buffer or a view counts by its bytes, and they are copied. Of a
   * `Blob` or a `File` at most some megabytes are in memory at a time.
   */
  readonly source: Blob | ArrayBufferLike | ArrayBufferView | string;
  /**
   * When it was modified, in nanoseconds since 1970.
   *
   * @default the time of a `File`, otherwise the current time
   */
  readonly mtimeNs?: bigint | undefined;
}

/** A symbolic link of a tree. */
export interface LinkEntry {
  /** The path that it has as its text. */
  readonly symlink: string;
  /**
   * When it was made, in nanoseconds since 1970.
   *
   * @default the current time
   */
  readonly mtimeNs?: bigint | undefined;
}

/** A directory of a tree. */
export interface DirectoryEntry {
  /** Its entries by name. */
  readonly dir: Readonly<Record<string, Entry>>;
  /**
   * When it was modified, in nanoseconds since 1970.
   *
   * @default the current time
   */
  readonly mtimeNs?: bigint | undefined;
}

/** An entry of a tree. */
export type Entry = FileEntry | LinkEntry | DirectoryEntry;

/** A file as a sandbox returns it. */
export interface FoundFile extends FileEntry {
  readonly source: Blob;
  readonly mtimeNs: bigint;
}

/** A symbolic link as a sandbox returns it. */
export interface FoundLink extends LinkEntry {
  readonly mtimeNs: bigint;
}

/** A directory as a sandbox returns it. */
export interface FoundDirectory extends DirectoryEntry {
  readonly dir: Readonly<Record<string, FoundEntry>>;
  readonly mtimeNs: bigint;
}

/** An entry of a tree that a sandbox returns. */
export type FoundEntry = FoundFile | FoundLink | FoundDirectory;
