// Random names that some file system may treat as one, compared with JavaScript's own functions.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { classOf, hasEnginesUnicode, siblingsOf, sortedByBytes } from '../helpers/names.js';

/** Characters that are folded, composed, reordered or ignored, and their counterparts. */
const characters = [
  ...['a', 'A', 'e', 'E', 's', 'S', 'k', 'i', 'I'],
  ...['\u00df', '\u1e9e', '\u017f', '\u212a', '\u0130', '\u0131'],
  ...['\u00e9', '\u00c9', '\u0301', '\u0302', '\u0323', '\u0345', '\u0327', '\u1e0d', '\u0307', '\u1ed9'],
  ...['\u03b1', '\u0391', '\u03b9', '\u1fb4', '\u1fbc', '\u03c3', '\u03c2', '\u03a3', '\u0390', '\u1fd3'],
  ...['\ufb01', '\ufb03', '\u0149', '\u01f0', '\u01c5', '\u13a0', '\uab70', '\u10d0', '\u1c90', '\u00b5'],
  ...['\uac00', '\uac01', '\u1100', '\u1161', '\u11a8', '\u3164', '\u200d', '\u00ad', '\ufe0f', '\u034f'],
  ...['\u304c', '\u304b', '\u3099', '\u795e', '\ufa19', '\u{1f389}', '\u{10400}', '\u{10428}', '\u{1d15e}'],
];

const name = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...characters) }, fc.string({ unit: 'binary' })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => `${parts.join('').replace(/[\p{Cc}<>:"|?*\\/]/gu, '')}x`)
  .filter((each) => !/\p{Cs}/u.test(each) && Buffer.byteLength(each) < 250);

/** The sibling of each name that a copy with portable names refuses. */
function expectedSiblings(names: readonly string[]): Record<string, string> {
  const first = new Map<string, string>();
  const siblings: Record<string, string> = {};
  for (const each of sortedByBytes(names)) {
    const known = first.get(classOf(each));
    if (known === undefined) {
      first.set(classOf(each), each);
    } else {
      siblings[each] = known;
    }
  }
  return siblings;
}

it.skipIf(!hasEnginesUnicode)('of random names, exactly those with a smaller sibling are refused', () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 50, maxLength: 200 }), async (names) => {
      expect(await siblingsOf(names)).toEqual(expectedSiblings(names));
    }),
    { numRuns: 30 },
  ),
);
