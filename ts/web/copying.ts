import {
  type CopyOptions,
  type CopyProgress,
  type CopyReport,
  openSandbox,
  type Sandbox,
} from 'mapcp/browser';

/** Opens the sandbox that the page copies in. */
export { openSandbox };

/** Copies all of /in to /out, and calls `show` with the progress. */
export async function copyAll(
  sandbox: Sandbox,
  options: CopyOptions,
  show: (progress: CopyProgress) => void,
): Promise<CopyReport> {
  const copying = sandbox.copy('/in', '/out', { ...options, recursive: true });
  for await (const progress of copying) {
    show(progress);
  }
  return copying;
}
