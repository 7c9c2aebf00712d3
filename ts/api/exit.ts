/** The functions to call when the process ends. */
const acts = new Set<() => void>();

/**
 * Calls a function when the process ends by itself, by `process.exit` or by an uncaught error; in a worker, when the
 * worker ends in such a way. It is not called if a signal without a listener or `worker.terminate` ends it.
 *
 * @param act must do its work synchronously
 * @returns a function that cancels the call
 */
export function atExit(act: () => void): () => void {
  if (acts.size === 0) {
    process.on('exit', callAll);
  }
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size === 0) {
      process.off('exit', callAll);
    }
  };
}

function callAll(): void {
  for (const act of acts) {
    try {
      act();
    } catch {
      // The other functions must still be called, and nothing can catch this error.
    }
  }
}
