/**
 * Returns the names on a guest path below a directory; undefined if it is neither the directory nor below it. A slash at
 * the beginning makes no difference to WASI.
 */
export function namesBelow(directory: string, path: string): string[] | undefined {
  const [outer, inner] = [directory, path].map((each) =>
    each.split('/').filter((name) => !['', '.'].includes(name)),
  );
  const isBelow = outer?.every((name, index) => name === inner?.[index]);
  return isBelow ? inner?.slice(outer?.length) : undefined;
}
