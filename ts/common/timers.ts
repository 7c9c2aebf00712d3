// Timers and the clock, taken when this module is loaded. Test runners replace the global ones by fake ones, and a copy
// that waited for those would never end.

const { setTimeout, clearTimeout } = globalThis;

/** The time in milliseconds, as `performance.now`. */
export const now: () => number = performance.now.bind(performance);

export { clearTimeout, setTimeout };
