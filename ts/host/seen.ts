/** As many names as one directory remembers: some more than a component lists at a time. */
const MOST_NAMES = 256;

/** How often something was moved, by any host of this process. */
let moves = 0;

/**
 * Paths below a directory at which a component has seen regular files, so that opening one needs no second look before.
 *
 * That look is not what keeps a component from reading a device or a FIFO: what has been opened is looked at in any
 * case. It keeps it from opening one at all, since that alone can do something. So what is remembered must not be for a
 * component to turn into something else: whatever could bring another thing to a path, which is moving or linking it
 * there, makes all directories forget. What somebody outside exchanges meanwhile, they could exchange as well between a
 * look and an opening that follows at once.
 */
export class Seen {
  readonly #paths = new Set<string>();
  #moves = moves;

  /** Remembers a regular file. */
  add(path: string): void {
    this.#refresh();
    if (this.#paths.size === MOST_NAMES) {
      this.#paths.clear();
    }
    this.#paths.add(path);
  }

  /**
   * For a listing that begins now: what remembers the regular files in it, as long as nothing is moved meanwhile. Parts
   * of a listing are read long before they are asked for.
   */
  rememberListed(): (path: string) => void {
    const begun = moves;
    return (path) => {
      if (moves === begun) {
        this.add(path);
      }
    };
  }

  /** Whether a regular file was seen there; forgets it. */
  take(path: string): boolean {
    this.#refresh();
    return this.#paths.delete(path);
  }

  /** Notes that anything at all may now be anywhere. */
  static forgetAll(): void {
    moves += 1;
  }

  #refresh(): void {
    if (this.#moves !== moves) {
      this.#moves = moves;
      this.#paths.clear();
    }
  }
}
