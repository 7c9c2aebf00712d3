import { expect, it } from 'vitest';
import { unlessAborted } from '../../ts/task/abort.js';

it('a promise that fails after the signal was aborted does not fail in the background', async () => {
  const error = new Error('late');
  // vitest fails if nobody handles this.
  const late = new Promise<void>((_, reject) => setImmediate(reject, error));
  await expect(unlessAborted(late, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
});
