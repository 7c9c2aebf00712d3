import { quoted } from './errors.js';
import { namesBelow } from './guest-path.js';

/** The parts of a component's error that matter here. */
interface Failed {
  readonly code: { readonly tag: string };
  readonly path: string;
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
  const isBelow = (directory: string) => namesBelow(directory, path) !== undefined;
  const place = names.filter(isBelow).sort((a, b) => b.length - a.length)[0];
  if (code.tag === 'not-found' && place === undefined && path !== '' && [source, target].includes(path)) {
    return `it is in no directory of the sandbox, which has ${names.map(quoted).join(' and ') || 'none'}`;
  }
  // The source is only read, so it is not to blame.
  const isRefused = code.tag === 'not-permitted' && isBelow(target);
  return isRefused && place !== undefined && preopens[place]?.access === 'read'
    ? `${quoted(place)} is open for reading only; open it with access: 'read-write'`
    : undefined;
}
