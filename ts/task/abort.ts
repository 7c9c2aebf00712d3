/**
 * Throws the signal's reason if it is aborted.
 *
 * @param signal a signal, or undefined
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw reasonOf(signal);
  }
}

/**
 * Waits for a promise, but only until a signal is aborted.
 *
 * @param promise the promise
 * @param signal a signal, or undefined
 * @returns the promise's value; rejects as the promise does, or with the signal's reason if that is aborted first
 */
export function unlessAborted<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    if (signal?.aborted) {
      reject(reasonOf(signal));
    } else if (signal !== undefined) {
      stop = onAbort(signal, () => reject(reasonOf(signal)));
    }
    const settle = () => {
      stop();
      resolve(promise);
    };
    // In every case, because otherwise nobody would handle a rejection of the promise.
    promise.then(settle, settle);
  });
}

/** Functions to call when a signal is aborted. Each signal gets one listener, because Node warns of more than ten. */
const all = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `act` when a signal is aborted. Returns a function that cancels that. */
function onAbort(signal: AbortSignal, act: () => void): () => void {
  const acts = all.get(signal) ?? new Set();
  if (acts.size === 0) {
    all.set(signal, acts);
    signal.addEventListener('abort', callAll);
  }
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size === 0) {
      signal.removeEventListener('abort', callAll);
    }
  };
}

function callAll({ target }: Event): void {
  for (const act of all.get(target as AbortSignal) ?? []) {
    act();
  }
}

/** Polyfills of signals have no reason. */
function reasonOf({ reason }: AbortSignal): unknown {
  return reason ?? new DOMException('the copy was aborted', 'AbortError');
}
