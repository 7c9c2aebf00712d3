// The arguments of `mapcp-run`, which are those of `wasmtime run` if it has them.

import { posix } from 'node:path';
import type { DeviceName, Preopen } from '../host/index.js';

/** How to run a program. */
export interface Program {
  /** The file with the component or core module. */
  readonly file: string;
  /** The arguments after its name. */
  readonly args: readonly string[];
  /** The directories that it gets, by the paths under which it sees them. */
  readonly preopens: Readonly<Record<string, Preopen>>;
  /** Whether a read-only directory may lie in one that the program may change. */
  readonly allowOverlap: boolean;
  /** The devices that it gets. */
  readonly devices: readonly DeviceName[];
  /** The environment variables that it gets. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An error in the arguments, for the person who typed them. */
export class UsageError extends Error {}

/** What `--help` prints. */
export const help = `Usage: mapcp-run [OPTION]... PROGRAM [ARGUMENT]...

Run a WebAssembly program that uses WASI in a sandbox. PROGRAM is a component for WASI 0.2 or a core module for
WASI preview 1. It gets the directories that you name, its arguments, the standard streams, the time and random
numbers, and nothing else.

  --dir HOST[::GUEST]        let it read and write the directory HOST, which it sees as GUEST (default HOST)
  --read-only HOST[::GUEST]  let it only read the directory
  --allow-overlap            let a read-only directory lie in one that it may change
  --device NAME              give it /dev/null or /dev/zero (NAME is null or zero)
  --env NAME[=VALUE]         set an environment variable (default: the value that it has here)
  --help                     print this text
  --version                  print the version

The exit status is the program's. It is 134 if the program traps, 1 if it is not run, and 2 for wrong usage.
`;

/**
 * Reads the arguments. Throws a {@link UsageError} if they are wrong.
 *
 * @param args without those of Node
 * @param env the environment, which has the values for `--env NAME`
 * @returns what to run, or which text to print
 */
export function readArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Program | 'help' | 'version' {
  const preopens: [guest: string, Preopen][] = [];
  const devices: DeviceName[] = [];
  let allowOverlap = false;
  const variables: [name: string, value: string | undefined][] = [];
  for (let at = 0; at < args.length; at++) {
    const endsOptions = args[at] === '--';
    at += endsOptions ? 1 : 0;
    const arg = args[at] ?? refuse('name a program');
    if (endsOptions || !arg.startsWith('-')) {
      if (devices.length > 0 && preopens.some(([name]) => name === '/dev')) {
        refuse("--device needs the name '/dev', which a directory has for the program");
      }
      return {
        file: arg,
        args: args.slice(at + 1),
        preopens: Object.fromEntries(preopens),
        allowOverlap,
        devices,
        env: Object.fromEntries(variables),
      };
    }
    const [option, joined] = splitAt(arg, '=');
    const takeValue = (): string => {
      at += joined === undefined ? 1 : 0;
      return joined ?? args[at] ?? refuse(`${option} needs a value`);
    };
    switch (option) {
      case '--dir':
      case '--read-only': {
        const [path, given = path] = splitAt(takeValue(), '::');
        if (path === '' || given === '') {
          refuse(`${option} takes HOST or HOST::GUEST, and neither may be empty`);
        }
        const guest = guestPathOf(given);
        if (/^\.\.(\/|$)/.test(guest)) {
          refuse(`the program cannot see a directory as '${guest}': give it a name, as in '${path}::/data'`);
        }
        if (preopens.some(([name]) => name === guest)) {
          refuse(`two directories have the name '${guest}' for the program`);
        }
        preopens.push([guest, { path, access: option === '--dir' ? 'read-write' : 'read' }]);
        break;
      }
      case '--allow-overlap':
        allowOverlap = true;
        break;
      case '--device': {
        const name = takeValue();
        if (name !== 'null' && name !== 'zero') {
          refuse(`there is no device '${name}', only null and zero`);
        }
        devices.push(name);
        break;
      }
      case '--env': {
        const [name, value = env[name]] = splitAt(takeValue(), '=');
        if (name === '') {
          refuse('--env takes NAME or NAME=VALUE');
        }
        variables.push([name, value]);
        break;
      }
      case '--help':
      case '-h':
        return 'help';
      case '--version':
      case '-V':
        return 'version';
      default:
        refuse(`there is no option ${option}`);
    }
  }
  return refuse('name a program');
}

/** Returns a path as WASI's programs compare it: without './' and a slash at its end. */
function guestPathOf(path: string): string {
  const plain = posix.normalize(path);
  return plain === '/' ? plain : plain.replace(/\/$/, '');
}

function splitAt(text: string, separator: string): [before: string, after?: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function refuse(why: string): never {
  throw new UsageError(`${why}; try --help`);
}
