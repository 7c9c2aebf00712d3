// Sandboxes for a single copy, in instances that earlier copies have left.

import { createReusableHost } from '../host/create-host.js';
import type { Preopens } from '../host/grant.js';
import type { ReusableHost } from '../host/host.js';
import { hasPermissionModel } from '../host/permission.js';
import { type Instance, makeInstance } from '../jobs/instance.js';
import {
  type Aids,
  hostOptions,
  newAids,
  openSandbox,
  Sandbox,
  type SandboxOptions,
  sharingOf,
} from './sandbox.js';

/** A sandbox for one copy. */
export interface LentSandbox {
  readonly sandbox: Sandbox;
  /**
   * Closes the sandbox.
   *
   * @param succeeded whether the copy succeeded. After an error the component is not used again
   */
  giveBack(succeeded: boolean): void;
}

/** The confinement of directories that the process's own user names: the best of the system, without a warning. */
export const confinementOfUser: Pick<SandboxOptions, 'confinement'> =
  process.platform === 'linux' ? {} : { confinement: 'best-effort' };

/** What an ended copy leaves for the next one. */
interface Idle {
  readonly host: ReusableHost;
  readonly instance: Instance;
  readonly aids: Aids;
}

/** Maximum number of idle instances. Each takes some megabytes, and copies take turns, so a few are enough. */
const MOST_IDLE = 4;

/** The idle instances, by `confinement`. */
const idle = new Map<SandboxOptions['confinement'], Idle[]>();

/**
 * Opens a sandbox for one copy, in an instance that an earlier copy left if there is one; see ts/jobs/instance.ts.
 * Directories may overlap.
 */
export async function lendSandbox(preopens: Preopens, given: SandboxOptions): Promise<LentSandbox> {
  const options = { ...given, allowOverlap: true };
  // Node's permissions can depend on the directories.
  if (options.host !== undefined || hasPermissionModel()) {
    const sandbox = await openSandbox(preopens, options);
    return { sandbox, giveBack: () => sandbox.close() };
  }
  const left = idle.get(options.confinement) ?? [];
  idle.set(options.confinement, left);
  const taken = left.pop();
  try {
    taken?.host.reopen(preopens);
  } catch (error) {
    taken?.host.close();
    throw error;
  }
  const { host, instance, aids } = taken ?? (await makeIdle(preopens, options));
  let succeeded = false;
  const close = () => {
    // The host goes first, so that the instance has nothing open when its memory is reset.
    if (succeeded && host.release() && instance.reset() && left.length < MOST_IDLE) {
      left.push({ host, instance, aids });
    } else {
      host.close();
    }
  };
  const sandbox = new Sandbox(
    preopens,
    { imports: host.imports, dataRanges: host.dataRanges, close },
    instance.component,
    aids,
    sharingOf(host, options),
  );
  return {
    sandbox,
    giveBack(hasSucceeded) {
      succeeded = hasSucceeded;
      sandbox.close();
    },
  };
}

async function makeIdle(preopens: Preopens, options: SandboxOptions): Promise<Idle> {
  const aids = newAids();
  const host = await createReusableHost(hostOptions(preopens, options, aids));
  try {
    return { host, instance: await makeInstance(host.imports), aids };
  } catch (error) {
    host.close();
    throw error;
  }
}
