import {
  type CopyOptions,
  type CopyProgress,
  type CopyReport,
  openSandbox,
  type Sandbox,
} from 'mapcp/browser';

/** Opens the sandbox that the page copies in. */
export { openSandbox };

/** Copies all of /in to /out, and reports its progress to `tell`. */
export async function copyAll(
  sandbox: Sandbox,
  options: CopyOptions,
  tell: (progress: CopyProgress) => void,
): Promise<CopyReport> {
  const copying = sandbox.copy('/in', '/out', { ...options, recursive: true });
  for await (const progress of copying) {
    tell(progress);
  }
  return copying;
}
