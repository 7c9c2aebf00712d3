import { describe } from './check.js';
import type { CopyOptions } from './options.js';

/**
 * Throws a TypeError that names the first pattern that can never match.
 *
 * @param options options of the right types
 * @param faultOf returns why a pattern can never match; the component knows
 */
export function requirePatterns(
  { include, exclude }: Pick<CopyOptions, 'include' | 'exclude'>,
  faultOf: (pattern: string) => string | undefined,
): void {
  for (const [name, patterns = []] of Object.entries({ include, exclude })) {
    for (const [index, pattern] of patterns.entries()) {
      const fault = faultOf(pattern);
      if (fault !== undefined) {
        throw new TypeError(`options.${name}[${index}] is not a pattern: ${describe(pattern)}. ${fault}`);
      }
    }
  }
}
