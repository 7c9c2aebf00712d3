// What Windows lacks of the table of behaviours.

import { canLink } from '../helpers/directory.js';
import type { Behaviour } from './behaviour.js';
import { type Put, reasonsOf } from './tree.js';

const lacking: Readonly<Partial<Record<keyof Put, string>>> = {
  fifo: 'Windows has no FIFOs',
  device: 'Windows has no files for devices',
  socket: 'Windows has no files for sockets',
  mode: 'Windows has no permissions of that kind',
};

const STRANGE = /[\\:*?"<>|\p{Cc}]|[. ]$|^(con|prn|aux|nul|(com|lpt)\d)(\.|$)/iu;

/** Whether Windows cannot have an entry with this name. */
const isStrange = (name: string) => name !== '.' && name !== '..' && STRANGE.test(name);

function whyNoTime(seconds: string): string | undefined {
  const [whole = '', fraction = ''] = seconds.split('.');
  if (whole.startsWith('-') || Number(whole) >= 2 ** 32) {
    return 'Node on Windows reports times from 1970 to 2106';
  }
  return fraction.length > 7 ? 'Windows keeps times to 100 nanoseconds' : undefined;
}

function whyNoCall(method: keyof Put, args: readonly unknown[]): string | undefined {
  if (method === 'symlink' || method === 'absoluteLink') {
    return canLink() ? undefined : 'this process can create no symbolic links';
  }
  if (method === 'time') {
    return whyNoTime(String(args[1]));
  }
  const paths = method === 'file' || method === 'hardLink' ? [args[0]] : args;
  const isMissing = paths.some((path) => typeof path === 'string' && path.split('/').some(isStrange));
  return lacking[method] ?? (isMissing ? 'Windows has no such names' : undefined);
}

/** The reason if a behaviour cannot be tried on Windows. */
export function whyNotOnWindows(behaviour: Behaviour): string | undefined {
  const { disk, mounts, isOrdinaryUser, source = '', target = '', onWindows } = behaviour;
  if (disk !== undefined || mounts !== undefined) {
    return 'Windows cannot mount a small disk or a file';
  }
  if (isOrdinaryUser) {
    return 'Windows has no permissions of that kind';
  }
  const isMissing = [...source.split('/'), ...target.split('/')].some(isStrange);
  return (
    onWindows ?? (isMissing ? 'Windows has no such names' : undefined) ?? reasonsOf(behaviour, whyNoCall)[0]
  );
}
