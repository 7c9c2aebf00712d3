// The values of a stream, as a job gets them.

import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { contentOf } from '../../ts/task/input.js';

it('the error of a stream that fails while nobody waits for it is not taken for its end', async () => {
  const broken = new Error('the stream is broken');
  let fail = () => {};
  const failing = new Promise<never>((_, reject) => {
    fail = () => reject(broken);
  });
  const input = contentOf(
    (async function* () {
      yield Buffer.from('con');
      await failing;
    })(),
  );
  expect(await input.next()).toEqual(new Uint8Array(Buffer.from('con')));
  fail();
  await setImmediate();
  await expect(input.next()).rejects.toBe(broken);
});
