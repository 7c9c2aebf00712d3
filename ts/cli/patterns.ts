import { lstatSync } from 'node:fs';
import { quoted } from '../errors.js';
import { below } from '../host-path.js';

/**
 * Warnings of patterns that were written from outside of a source, as `src/sub` was for the source `src`: they are
 * matched against paths below it, and match nothing there.
 *
 * @param sources what is copied
 * @param patterns good patterns
 * @returns sentences without an end
 */
export function outsideWarnings(sources: readonly string[], patterns: readonly string[]): string[] {
  return sources.flatMap((source) =>
    patterns
      .map((pattern) => [pattern, restBelow(source, pattern)] as const)
      .filter(([, rest]) => rest !== undefined)
      .map(
        ([pattern, rest]) =>
          `the pattern ${quoted(pattern)} matches nothing in ${quoted(source)}: it is about paths below that, so write ` +
          quoted(rest ?? ''),
      ),
  );
}

/** What is left of a pattern that begins with the path of a source; undefined if it does not, or may match. */
function restBelow(source: string, pattern: string): string | undefined {
  const path = source.replace(/\/+$/, '').replace(/^(\.\/+)+/, '');
  const text = path.startsWith('/') ? pattern : pattern.replace(/^\//, '');
  const rest = text.slice(path.length);
  const isBelow = path !== '' && text.startsWith(path) && /^\/./.test(rest);
  const [first = ''] = pattern.replace(/^\//, '').split('/');
  return isBelow && !exists(below(source, first)) ? rest : undefined;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
