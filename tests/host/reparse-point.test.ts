// The bytes of links on Windows, which Wine does not have.

import { expect, it } from 'vitest';
import { isLinkTag, isOtherName, linkBuffer, targetIn } from '../../ts/host/reparse-point.js';

const SYMBOLIC_LINK = [0x0c, 0x00, 0x00, 0xa0];
const JUNCTION = [0x03, 0x00, 0x00, 0xa0];

const utf16 = (text: string): number[] => [...Buffer.from(text, 'utf16le')];
const word = (value: number): number[] => [value & 0xff, value >> 8];

/** A reparse point, as Windows' documents describe it. */
function reparsePoint(tag: number[], target: string, printed: string, flags: number[]): Buffer {
  const [one, two] = [utf16(target), utf16(printed)];
  const fields = [...word(0), ...word(one.length), ...word(one.length), ...word(two.length), ...flags];
  const data = [...fields, ...one, ...two];
  return Buffer.from([...tag, ...word(data.length), 0, 0, ...data]);
}

it('a symbolic link is written as Windows writes it', () => {
  expect(linkBuffer('../a/b')).toEqual(reparsePoint(SYMBOLIC_LINK, '..\\a\\b', '..\\a\\b', [1, 0, 0, 0]));
  expect(linkBuffer('C:/a')).toEqual(reparsePoint(SYMBOLIC_LINK, '\\??\\C:\\a', 'C:\\a', [0, 0, 0, 0]));
  expect(linkBuffer('//server/share')).toEqual(
    reparsePoint(SYMBOLIC_LINK, '\\??\\UNC\\server\\share', '\\\\server\\share', [0, 0, 0, 0]),
  );
});

it.each(['a\\b', '\\a', '\\??\\C:\\a', '\\??\\UNC\\server\\share', '\\??\\Volume{1}\\'])(
  'a link that is read is written with the same target %s',
  (target) => {
    const flags = [target.startsWith('\\??') ? 0 : 1, 0, 0, 0];
    const shown = targetIn(reparsePoint(SYMBOLIC_LINK, target, 'printed', flags));
    expect(linkBuffer(shown.replaceAll('\\', '/'))).toEqual(
      reparsePoint(SYMBOLIC_LINK, target, shown, flags),
    );
  },
);

it.each([
  ['a\\b', 'a\\b'],
  ['\\??\\C:\\a', 'C:\\a'],
  ['\\??\\UNC\\server\\share', '\\\\server\\share'],
  ['\\??\\Volume{1}\\', '\\??\\Volume{1}\\'],
])('the target %s of a symbolic link is read as %s', (target, shown) => {
  expect(targetIn(reparsePoint(SYMBOLIC_LINK, target, 'printed', [0, 0, 0, 0]))).toBe(shown);
});

it('the target of a junction is read', () => {
  expect(targetIn(reparsePoint(JUNCTION, '\\??\\C:\\a', '', []))).toBe('C:\\a');
});

it('what is no link has no target', () => {
  const cloud = reparsePoint([0x1a, 0x00, 0x00, 0x90], 'target', 'target', []);
  expect(() => targetIn(cloud)).toThrow('EINVAL');
});

it.each([
  ['a symbolic link', 0xa000000c, true, true],
  ['a junction', 0xa0000003, true, true],
  ["a link of Linux's subsystem", 0xa000001d, false, true],
  ['a file in the cloud', 0x9000001a, false, false],
  ['an ordinary file', 0, false, false],
])('%s is recognised', (_, tag, isLink, isOther) => {
  expect([isLinkTag(tag), isOtherName(tag)]).toEqual([isLink, isOther]);
});
