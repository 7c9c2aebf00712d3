// What the options of a host grant: directories, devices, arguments, variables and standard streams. Hosts of both
// previews of WASI start with it.

import { variablesIn } from '../common/program-options.js';
import type { CliOptions } from './cli.js';
import { CloseErrors } from './close-errors.js';
import { DEVICES, DeviceDirectory } from './devices.js';
import type { Directory, OpenDirectory } from './directory.js';
import type { Preopens } from './grant.js';
import type { CheckedHostOptions } from './host-options.js';
import { ModeCarrier } from './modes.js';
import { holdPreopens, refuseOverlap } from './preopens.js';
import { SparseFiles } from './sparse-files.js';
import { inputOf, outputOf } from './standard-streams.js';
import { SetTimes } from './times.js';
import type { Walker } from './walker.js';

/** What a host grants. */
export interface Granted {
  /** The arguments, the environment and the standard streams. */
  readonly cli: CliOptions;
  /** The times that components set. */
  readonly times: SetTimes;
  /** Returns the directories, by the guest's name of each. They stay the host's. */
  directories(): Iterable<readonly [name: string, OpenDirectory]>;
  /** The open files that have holes. */
  readonly sparseFiles: SparseFiles;
  /** Returns the preopens by the directories that are held, for another host in this process. */
  preopens(): Preopens;
  /** Opens and holds more preopens. Throws the errors with which `createHost` rejects. */
  hold(preopens: Preopens): void;
  /** Closes the preopens, and reports errors of closing files that no component got. */
  close(): void;
}

/** Takes hold of what the options grant, and reaches directories through `walker`. Does not check the options. */
export function grantAll(walker: Walker, options: CheckedHostOptions): Granted {
  const { args = [], env } = options;
  const { stdin = '', stdout = () => {}, stderr = () => {} } = options;
  const cli = {
    args: [...args],
    env: variablesIn(env),
    stdin: inputOf(stdin),
    stdout: outputOf('stdout', stdout),
    stderr: outputOf('stderr', stderr),
  };
  const { absoluteLinks = false, escapeNames = false, listIdentities = true, devices = [] } = options;
  const { modes = new ModeCarrier(), durability = { syncDirectories: false } } = options;
  const closeErrors = new CloseErrors();
  const times = new SetTimes();
  const sparseFiles = new SparseFiles();
  const grant = {
    ...{ absoluteLinks, escapeNames, listIdentities },
    ...{ closeErrors, times, modes, sparseFiles, durability },
  };
  const roots = new Map<string, Directory>();
  const imitated: [string, DeviceDirectory][] =
    devices.length > 0 ? [[DEVICES, new DeviceDirectory(devices)]] : [];
  const hold = (preopens: Preopens): void => {
    if (!options.allowOverlap) {
      refuseOverlap(preopens);
    }
    for (const [name, root] of holdPreopens(walker, preopens, grant)) {
      roots.set(name, root);
    }
  };
  hold(options.preopens ?? {});
  return {
    cli,
    times,
    sparseFiles,
    directories: () => [...roots, ...imitated],
    preopens: () => Object.fromEntries([...roots].map(([name, root]) => [name, root.preopen])),
    hold,
    close() {
      for (const root of roots.values()) {
        root.end();
      }
      roots.clear();
      times.forget();
      closeErrors.close();
    },
  };
}
