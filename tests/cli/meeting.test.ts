import { expect, it } from 'vitest';
import { mayMeet } from '../../ts/cli/meeting.js';

it.each([
  { sources: ['a', 'b'], meet: false },
  { sources: ['a'], meet: false },
  { sources: ['.'], meet: false },
  { sources: ['a/x', 'b/y', 'b/z'], meet: false },
  { sources: ['a/x', 'b/x'], meet: true },
  { sources: ['a/x/', 'b/x'], meet: true },
  { sources: ['a/X', 'b/x'], meet: true },
  { sources: ['caf\u00e9', 'cafe\u0301'], meet: true },
  { sources: ['Stra\u00dfe', 'STRASSE'], meet: true },
  { sources: ['a\u200d', 'a'], meet: true },
  { sources: ['a', 'b/.'], meet: true },
  { sources: ['a', '..'], meet: true },
  { sources: ['a', '/'], meet: true },
  { sources: ['longname', 'LONGNA~1'], meet: true },
  { sources: ['a.', 'b'], meet: true },
  { sources: ['\u6587\u4ef6', '\u6587\u4ef7'], meet: false },
])('whether copies of $sources may have the same path: $meet', ({ sources, meet }) => {
  expect(mayMeet(sources)).toBe(meet);
});
