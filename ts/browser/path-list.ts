/** The component refuses longer paths, in bytes (`MAPCP_LONGEST_LISTED`). */
const LONGEST = 65_535;

/** The paths of a list that comes in pieces of bytes. */
export class PathList {
  readonly #end: string;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The beginning of a path whose end has not come yet. */
  rest = '';

  /** @param end what ends a path: a line feed or a NUL */
  constructor(end: '\n' | '\0') {
    this.#end = end;
  }

  /** Takes a piece. Returns the paths that are complete now, without those that the component refuses. */
  add(bytes: Uint8Array): string[] {
    const paths = (this.rest + this.#decoder.decode(bytes, { stream: true })).split(this.#end);
    // Not all of a path that is too long, because each piece would make it longer.
    this.rest = (paths.pop() ?? '').slice(0, LONGEST + 1);
    return paths
      .filter(({ length }) => length <= LONGEST)
      .map((path) => (this.#end === '\n' ? path.replace(/\r$/, '') : path));
  }
}
