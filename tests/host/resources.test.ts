// A component cannot use the numbers of resources to reach others.

import { expect, it } from 'vitest';
import type { FreeReps } from '../../ts/host/resources.js';
import { Resources, ResourceTable } from '../../ts/host/resources.js';
import { resource } from '../../ts/host/wit.js';

function gone(): never {
  throw new Error('gone');
}

const nothing = { close: () => {} };
const file = resource('test:files/files', 'file');
const stream = resource('test:files/files', 'stream');

it('a number stands for one resource of one kind', () => {
  const numbers = new ResourceTable();
  const files = new Resources(numbers, file, gone);
  const streams = new Resources(numbers, stream, gone);
  const ofFile = files.add(nothing);
  const ofStream = streams.add(nothing);
  expect(ofStream).not.toBe(ofFile);
  expect(files.get(ofFile)).toBe(nothing);
  expect(() => streams.get(ofFile)).toThrow('gone');
  streams.drop(ofFile);
  expect(files.get(ofFile)).toBe(nothing);
  streams.clear();
  expect(files.get(ofFile)).toBe(nothing);
  expect(() => streams.get(ofStream)).toThrow('gone');
});

it('a number that one instance has returned means nothing in another', () => {
  const files = new Resources(new ResourceTable(), file, gone);
  const [one, another]: [FreeReps, FreeReps] = [[], []];
  const first = files.add(nothing, one);
  const object = files.add(nothing);
  files.drop(first);
  files.drop(object);
  expect([first, object]).not.toContain(files.add(nothing, another));
  expect(files.add(nothing)).toBe(object);
  expect(files.add(nothing, one)).toBe(first);
});

it('one resource too many ends the component, and is closed', () => {
  const numbers = new ResourceTable(2);
  const files = new Resources(numbers, file, gone);
  const streams = new Resources(numbers, stream, gone);
  const first = files.add(nothing);
  streams.add(nothing);
  let closed = 0;
  const late = { close: () => void closed++ };
  expect(() => files.add(late)).toThrow('holds 2 resources, the maximum (maxResources)');
  expect(closed).toBe(1);
  files.drop(first);
  expect(files.get(files.add(late))).toBe(late);
});

it('a resource whose closing throws is still held, and closed later', () => {
  const files = new Resources(new ResourceTable(), file, gone);
  let tries = 0;
  const closing = {
    close() {
      tries++;
      if (tries === 1) {
        throw new RangeError('no stack left');
      }
    },
  };
  const rep = files.add(closing);
  expect(() => files.drop(rep)).toThrow('no stack left');
  expect(files.get(rep)).toBe(closing);
  files.clear();
  expect(tries).toBe(2);
  expect(() => files.get(rep)).toThrow('gone');
});
