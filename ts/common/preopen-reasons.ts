import { quoted } from './errors.js';

/** The parts of a component's error that matter here. */
interface Failed {
  readonly code: { readonly tag: string };
  readonly path: string;
}

/** Whether a guest path is a directory or lies below it. A slash at the beginning makes no difference to WASI. */
function isBelow(path: string, directory: string): boolean {
  const [inner, outer] = [path, directory].map((each) => `${each}/`.replace(/^(\.?\/)+/, ''));
  return inner?.startsWith(outer ?? '') ?? false;
}

/**
 * Returns the reason of an error if the directories of the sandbox are the cause; otherwise undefined.
 *
 * @param error an error of a copy
 * @param preopens the directories by their guest paths, with their access
 * @param source the guest path of the copy's source
 * @param target the guest path of its target
 */
export function reasonOfPreopens(
  { code, path }: Failed,
  preopens: Readonly<Record<string, { readonly access: 'read' | 'read-write' }>>,
  source: string,
  target: string,
): string | undefined {
  const names = Object.keys(preopens);
  const place = names.filter((name) => isBelow(path, name)).sort((a, b) => b.length - a.length)[0];
  if (code.tag === 'not-found' && place === undefined && path !== '' && [source, target].includes(path)) {
    return `it is in no directory of the sandbox, which has ${names.map(quoted).join(' and ') || 'none'}`;
  }
  // The source is only read, so it is not to blame.
  const isRefused = code.tag === 'not-permitted' && isBelow(path, target);
  return isRefused && place !== undefined && preopens[place]?.access === 'read'
    ? `${quoted(place)} is open for reading only; open it with access: 'read-write'`
    : undefined;
}
