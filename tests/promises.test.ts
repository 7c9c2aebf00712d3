import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('every file that PROMISES.md names exists', () => {
  const text = readFileSync('tests/PROMISES.md', 'utf8');
  const files = [...text.matchAll(/`(tests\/[^`]+)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
