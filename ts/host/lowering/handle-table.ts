// jco's tables of handles. In jco 1.35.0, a table is an array with two elements for each handle: `[scope or next free,
// rep | OWN]`. The first pair is the head of the list of free handles. Next free ones and the head carry OWN, and a free
// handle keeps the rep that it had. `_createdReps` is the set of all reps that were ever added.

/** Marks a handle that is owned, and the head of the list of free ones. */
const OWN = 1 << 30;

/** A table of handles of jco. */
export interface HandleTable extends Array<number> {
  _createdReps: Set<number>;
}

/** Returns the number behind a handle; 0 if the handle is free. */
export function repOf(table: HandleTable | undefined, handle: number): number {
  const at = handle * 2;
  // A handle that was dropped still has its number, which may stand for something else by now.
  const isFree = ((table?.[at] ?? OWN) & OWN) !== 0;
  return isFree ? 0 : (table?.[at + 1] ?? 0) & ~OWN;
}

/** Makes a handle that owns `rep`. */
export function makeHandle(table: HandleTable, rep: number): number {
  const free = (table[0] ?? 0) & ~OWN;
  const handle = free || table.length >> 1;
  if (free) {
    table[0] = table[free << 1] ?? 0;
  }
  table[handle << 1] = 0;
  table[(handle << 1) + 1] = rep | OWN;
  table._createdReps.add(rep);
  return handle;
}

/** Makes a table of handles as empty as it is at instantiation: none of its handles is valid any more. */
export function emptyHandles(table: HandleTable): void {
  table.splice(0, table.length, OWN, 0);
  table._createdReps.clear();
}
