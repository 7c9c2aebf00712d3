import { requireThat } from '../common/check.js';
import { SEE_THE_WORKER } from './defaults.js';

const METHODS = ['addEventListener', 'postMessage', 'terminate'];

/**
 * Makes the worker of a sandbox or a program.
 *
 * @param given the option `worker` of the page
 * @param own makes our own worker, if the page makes none
 * @throws a TypeError if the option returns something else; an Error if no worker can be started here
 */
export function makeWorker(given: (() => Worker) | undefined, own: () => Worker): Worker {
  if (given === undefined) {
    if (!('Worker' in globalThis)) {
      throw new Error(`no worker can be started here, for instance in a service worker; ${SEE_THE_WORKER}`);
    }
    return own();
  }
  const worker: unknown = given();
  const isWorker =
    typeof worker === 'object' &&
    worker !== null &&
    METHODS.every((name) => typeof Reflect.get(worker, name) === 'function');
  requireThat(isWorker, 'the result of options.worker', 'a Worker', worker);
  return worker as Worker;
}
