// What copies and programs have in common in a browser.

/** Maximum number of bytes in memory, unless the caller says otherwise. */
export const DEFAULT_MEMORY = 2 ** 30;

/** The advice of errors about a worker that cannot start. */
export const SEE_THE_WORKER = "see 'The worker' in mapcp's docs/browser.md";

/** Why a worker failed, if the browser does not say. */
export const NOT_LOADED = `it could not be loaded; ${SEE_THE_WORKER}`;
