/** Called when the process ends. */
const acts = new Set<() => void>();

/**
 * Has a function called when the process ends by itself, by `process.exit` or by an error that nothing caught; in a worker,
 * when that does. A signal without a listener ends it without.
 *
 * @param act does its work at once: nothing asynchronous happens any more
 * @returns what ends that
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
      // The others must be called, and nobody is left to be told.
    }
  }
}
