// Runtimes other than Node that have Node's modules. Each difference that matters is handled in the file of its subject.

/** Whether this is Bun. */
export const isBun = process.versions.bun !== undefined;

/** Whether this is Deno. */
export const isDeno = process.versions.deno !== undefined;
