// Copies of a sandbox that run at the same time share instances of the component.

import { expect, it } from 'vitest';
import { Components } from '../../ts/api/components.js';
import type { Component } from '../../ts/jobs/component.js';

const instance = () => ({}) as Component;

const takeAtOnce = (components: Components, count: number) =>
  Promise.all(Array.from({ length: count }, () => components.take(true)));

it('copies that begin at once share each instance that is made for them', async () => {
  const components = new Components(instance(), async () => instance(), 1);
  const uses = await takeAtOnce(components, 16);
  expect(new Set(uses.map(({ component }) => component)).size).toBe(8);
});

it('the room of an ended copy is free again', async () => {
  const first = instance();
  const components = new Components(first, async () => instance(), 1);
  const uses = await takeAtOnce(components, 3);
  expect(uses[2]?.component).not.toBe(first);
  uses[0]?.end();
  await expect(components.take(true)).resolves.toMatchObject({ component: first });
});

it('if no other instance can be made, copies get the first one', async () => {
  const first = instance();
  let canMake = false;
  const make = async () => (canMake ? instance() : Promise.reject(new Error('no room')));
  const components = new Components(first, make, 1);
  const uses = await takeAtOnce(components, 4);
  expect(new Set(uses.map(({ component }) => component))).toEqual(new Set([first]));
  canMake = true;
  expect((await components.take(true)).component).not.toBe(first);
});
