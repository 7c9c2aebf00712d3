// What a component may do with the numbers of resources: nothing that reaches what it was not given.

import { expect, it } from 'vitest';
import type { FreeNumbers } from '../../ts/host/resources.js';
import { Numbers, Resources } from '../../ts/host/resources.js';

function gone(): never {
  throw new Error('gone');
}

const nothing = { close: () => {} };

it('a number stands for one resource of one kind, and is no number of another kind', () => {
  const numbers = new Numbers();
  const files = new Resources(numbers, gone);
  const streams = new Resources(numbers, gone);
  const file = files.add(nothing);
  const stream = streams.add(nothing);
  expect(stream).not.toBe(file);
  expect(files.get(file)).toBe(nothing);
  expect(() => streams.get(file)).toThrow('gone');
  streams.drop(file);
  expect(files.get(file)).toBe(nothing);
  streams.clear();
  expect(files.get(file)).toBe(nothing);
  expect(() => streams.get(stream)).toThrow('gone');
});

it('a number that one instance has given back stands for nothing of another', () => {
  const files = new Resources(new Numbers(), gone);
  const [one, another]: [FreeNumbers, FreeNumbers] = [[], []];
  const first = files.add(nothing, one);
  const object = files.add(nothing);
  files.drop(first);
  files.drop(object);
  expect([first, object]).not.toContain(files.add(nothing, another));
  expect(files.add(nothing)).toBe(object);
  expect(files.add(nothing, one)).toBe(first);
});
