// How copies share this thread with other tasks.

import timers from 'node:timers';
import { now } from '../common/timers.js';
import { GOAL } from './pace.js';

// Taken here, because a test runner can replace it later by a fake one, for which every copy would wait.
const { setImmediate } = timers;

/** The copies that rest, in order. Each function lets one go on. */
const resting: (() => void)[] = [];

/**
 * Lets the event loop run other tasks. It runs them between any two copies, so that many copies at once do not block it
 * for longer than one.
 */
export function rest(): Promise<void> {
  return new Promise((resolve) => {
    if (resting.push(resolve) === 1) {
      setImmediate(wake);
    }
  });
}

function wake(): void {
  resting.shift()?.();
  if (resting.length > 0) {
    setImmediate(wake);
  }
}

/** When the first copy began since the event loop ran other tasks. */
let busySince: number | undefined;

/**
 * Rests if copies have used the event loop for longer than a step takes. Small copies one after the other do not rest
 * between steps, because they have one each.
 */
export async function restIfDue(): Promise<void> {
  const moment = now();
  if (busySince === undefined) {
    busySince = moment;
    setImmediate(() => {
      busySince = undefined;
    });
  }
  if (moment - busySince > GOAL) {
    await rest();
  }
}
