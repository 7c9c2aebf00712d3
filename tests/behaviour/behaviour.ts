import process from 'node:process';
import type { CopyOptions } from 'mapcp';
import { commandLineOptionOf } from '../helpers/options.js';
import { type Before, type Expected, type Put, reasonsOf } from './tree.js';
import { whyNotOnWindows } from './windows.js';

/** The names of the frontends. */
export type FrontendName = 'API' | 'command line' | 'wasmtime' | 'native' | 'browser';

/** An error or a warning, with the words that every frontend uses. */
export interface ExpectedError {
  /** The API's code, which the command lines print with --json. */
  readonly code: string;
  /** The text after "cannot copy 'source' to 'target': ". */
  readonly says: string;
  /** Whether the entry was copied anyway. Then the text follows "copied 'source' to 'target', but ". */
  readonly isCopied?: true;
  /** The entry below the source and the target, unless it is the root. */
  readonly entry?: string;
}

/** The result of a copy. */
export interface Result {
  /**
   * Every entry of `out` afterwards, without temporary files and without directories that contain another entry of the
   * list. By default, `out` must be unchanged.
   */
  readonly out?: Expected;
  /** The error of the copy; by default it must succeed. */
  readonly error?: ExpectedError;
  /** Errors of single entries under `keepGoing`. */
  readonly errors?: readonly ExpectedError[];
  /** The warnings. */
  readonly warnings?: readonly ExpectedError[];
  /** Some counts of the report. */
  readonly counts?: Readonly<Partial<Record<'bytes' | 'files' | 'directories' | 'skipped', number>>>;
}

/** A copy in a directory with `in`, which it must not change, and `out`, and its result through every frontend. */
export interface Behaviour extends Result, Before {
  /** A sentence that says what happens. */
  readonly name: string;
  /** The source; `in/a` by default. */
  readonly source?: string;
  /** The content of a stream that is copied, in place of a source with a path. */
  readonly stream?: string;
  /** The target, which is the copy's own path; `out/b` by default. */
  readonly target?: string;
  /** The API's options, which the other frontends get as flags. `makeParents` is off, which is the flags' default. */
  readonly options?: CopyOptions;
  /** How many copies divide the work. They run one after the other, each with a shard, and their results are merged. */
  readonly shards?: number;
  /** Whether it runs without the superuser's right to ignore permissions. */
  readonly isOrdinaryUser?: boolean;
  /** The size in bytes of a file system for `out`. */
  readonly disk?: number;
  /** Files to mount over others: each path below the directory, with the file to show there. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** A change by another process, after the first progress. Only the API can say when that is. */
  readonly meanwhile?: (put: Put) => void;
  /** The reason if this does not hold on Windows. */
  readonly onWindows?: string;
  /** The reason if a frontend cannot run this. */
  readonly not?: Readonly<Partial<Record<FrontendName, string>>>;
  /** The result through a frontend that differs, and the reason. */
  readonly instead?: Readonly<Partial<Record<FrontendName, Result & { readonly because: string }>>>;
}

/** The flag of the command line for an option of the API with a value; undefined if there is none. */
function flagFor(name: string, value: unknown): string | undefined {
  const option = commandLineOptionOf(name);
  if (option === undefined) {
    return undefined;
  }
  if (name === 'atomic') {
    return value === 'tree' ? `--${option.name}` : undefined;
  }
  if (option.value === undefined) {
    return value === true ? `--${option.name}` : undefined;
  }
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return (isNumber && option.needs === undefined) || option.choices.includes(String(value))
    ? `--${option.name}=${value}`
    : undefined;
}

/** The command line's flags for the API's options; undefined if there are none for one of them. */
export function flagsFor({
  include = [],
  exclude = [],
  windowSize,
  shard,
  files,
  // It depends on -T, which frontends.ts passes.
  filterSource: _,
  ...others
}: CopyOptions): readonly string[] | undefined {
  const flags = [
    ...include.map((pattern) => `--include=${pattern}`),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
    ...(windowSize === undefined ? [] : [`--window-size=${windowSize}`]),
    // The list is standard input.
    ...(files === undefined ? [] : ['--files-from=-', '--null']),
    ...(shard === undefined ? [] : [`--shard=${shard.index}/${shard.count}`]),
  ];
  for (const [name, value] of Object.entries(others)) {
    const flag = flagFor(name, value);
    if (flag === undefined) {
      return undefined;
    }
    flags.push(flag);
  }
  return flags;
}

/** The reason if a frontend does not run a behaviour. */
export function whyNot(behaviour: Behaviour, frontend: FrontendName): string | undefined {
  const why =
    behaviour.not?.[frontend] ?? (process.platform === 'win32' ? whyNotOnWindows(behaviour) : undefined);
  if (why !== undefined || frontend === 'API') {
    return why;
  }
  if (frontend === 'browser') {
    return whyNotInMemory(behaviour);
  }
  if (behaviour.meanwhile !== undefined) {
    return 'it does not tell when to act';
  }
  if (flagsFor(behaviour.options ?? {}) === undefined) {
    return 'it has no flag for this';
  }
  return frontend === 'native' ? whyNotNatively(behaviour) : undefined;
}

/** What is different without a sandbox and without WASI. */
function whyNotNatively(behaviour: Behaviour): string | undefined {
  const { error, errors = [], warnings = [], isOrdinaryUser, not, instead } = behaviour;
  if ([error, ...errors].some((each) => each?.code === 'EPERM')) {
    return 'nothing confines it';
  }
  if (warnings.some(({ code, isCopied }) => code === 'ENOTSUP' && isCopied)) {
    return 'it sets every time';
  }
  return isOrdinaryUser ? (not?.wasmtime ?? instead?.wasmtime?.because) : undefined;
}

/** What the browser's trees in memory lack. */
const notInMemory: Readonly<Partial<Record<keyof Put, string>>> = {
  fifo: 'a tree has no FIFOs',
  absoluteLink: 'a tree has no path on the system',
  device: 'a tree has no devices',
  socket: 'a tree has no sockets',
  hardLink: 'a file that is given to a sandbox has one name',
};

function whyNotInMemory(behaviour: Behaviour): string | undefined {
  const { meanwhile, disk, mounts, isOrdinaryUser } = behaviour;
  if (meanwhile !== undefined) {
    return 'nobody else can change a tree in memory';
  }
  if (disk !== undefined) {
    return 'memory is no disk of a certain size';
  }
  if (mounts !== undefined) {
    return 'nothing can be mounted in memory';
  }
  if (isOrdinaryUser) {
    return 'it knows no permissions';
  }
  return reasonsOf(behaviour, (method) => notInMemory[method])[0];
}

/** Options that the API spells in another way: `atomic` is a flag of the command line, and `shard` is an object. */
const otherInApi: Readonly<Record<string, string>> = { atomic: "atomic: 'tree'", shard: 'shard' };

/** How a frontend spells an option, which `says` names as WIT does: `make-parents` or `symlinks=skip`. */
function spell(frontend: FrontendName, name: string, value: string | undefined): string {
  if (frontend !== 'API' && frontend !== 'browser') {
    return value === undefined ? `--${name}` : `--${name}=${value}`;
  }
  const other = otherInApi[name];
  if (other !== undefined) {
    return other;
  }
  const key = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return value === undefined ? `${key}: true` : `${key}: ${/^\d+$/.test(value) ? value : `'${value}'`}`;
}

/** A frontend's sentence for an error. */
export function sentenceOf(
  { stream, source = stream === undefined ? 'in/a' : '-', target = 'out/b' }: Behaviour,
  { says, entry, isCopied }: ExpectedError,
  frontend: FrontendName,
): string {
  const said = says.replace(/`([^`=]+)=?([^`]+)?`/g, (_, name: string, value?: string) =>
    spell(frontend, name, value),
  );
  const below = entry === undefined ? '' : `/${entry}`;
  const copy = `'${source}${below}' to '${target}${below}'`;
  return isCopied ? `copied ${copy}, but ${said}` : `cannot copy ${copy}: ${said}`;
}
