import type { CopyOptions } from 'mapcp';
import { commandLineOptionOf } from '../helpers/options.js';
import type { Expected, Put } from './tree.js';

/** The names of the ways to reach the engine. */
export type FrontName = 'API' | 'command line' | 'wasmtime' | 'browser';

/** A failure or a warning, as every front words it. */
export interface Problem {
  /** The code of the API's error; the command lines have it under --json. */
  readonly code: string;
  /** What follows "cannot copy 'source' to 'target': ". */
  readonly says: string;
  /** Whether the copy is there all the same; then what it says follows "copied 'source' to 'target', but ". */
  readonly isCopied?: true;
  /** The entry below the source and the target that it is about, where it is not the root. */
  readonly entry?: string;
}

/** What a copy comes to. */
export interface Result {
  /**
   * All that is in `out` afterwards, by its path below it; no temporary file above all. Where it is left out, `out` is
   * as it was.
   */
  readonly out?: Expected;
  /** What it fails with; it must succeed where this is left out. */
  readonly error?: Problem;
  /** What it goes on after, under `keepGoing`. */
  readonly failures?: readonly Problem[];
  /** What it leaves out with a warning. */
  readonly warnings?: readonly Problem[];
  /** Some of the report's counts. */
  readonly counts?: Readonly<Partial<Record<'bytes' | 'files' | 'directories' | 'skipped', number>>>;
}

/** One copy in a directory with an `in` and an `out`, and what every front must make of it. */
export interface Behaviour extends Result {
  /** A sentence that says what happens. */
  readonly name: string;
  /** Puts things in place before the copy. What is in `in` must be the same after it. */
  readonly prepare?: (put: Put) => void;
  /** The path that is copied; `in/a` by default. */
  readonly source?: string;
  /** The path that the copy gets; `out/b` by default. */
  readonly target?: string;
  /** The API's options, from which the flags of the others are derived. `makeParents` is off, as it is for them. */
  readonly options?: CopyOptions;
  /** How many copies divide the work, one after the other, each with a share; their outcomes are taken together. */
  readonly shards?: number;
  /** Whether it runs without the superuser's right to read and write everything. */
  readonly isOrdinaryUser?: boolean;
  /** The size of a file system of its own for `out`, in bytes. */
  readonly disk?: number;
  /** Files that are mounted in the place of others: the path of each below the directory, and what is there instead. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** What somebody else does as soon as the copy has made its first progress. Only the API tells when that is. */
  readonly meanwhile?: (put: Put) => void;
  /** Why a front cannot do this at all. */
  readonly not?: Readonly<Partial<Record<FrontName, string>>>;
  /** What a front does instead, and why. */
  readonly instead?: Readonly<Partial<Record<FrontName, Result & { readonly because: string }>>>;
}

/** The flag of the command line for an option of the API with a value; undefined if there is none. */
function flagFor(name: string, value: unknown): string | undefined {
  const option = commandLineOptionOf(name);
  if (option === undefined) {
    return undefined;
  }
  if (option.value === undefined) {
    return value === true ? `--${option.name}` : undefined;
  }
  return option.choices.includes(String(value)) ? `--${option.name}=${value}` : undefined;
}

/** The command line's flags for the API's options; undefined if there are none for one of them. */
export function flagsFor({
  include = [],
  exclude = [],
  windowSize,
  shard,
  // On a command line it depends on -T, which fronts.ts gives.
  filterSource: _,
  ...others
}: CopyOptions): readonly string[] | undefined {
  const flags = [
    ...include.map((pattern) => `--include=${pattern}`),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
    ...(windowSize === undefined ? [] : [`--window-size=${windowSize}`]),
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

/** Why a front does not run a behaviour; undefined where it does. */
export function whyNot(behaviour: Behaviour, front: FrontName): string | undefined {
  const why = behaviour.not?.[front];
  if (why !== undefined || front === 'API') {
    return why;
  }
  if (front === 'browser') {
    return whyNotInMemory(behaviour);
  }
  if (behaviour.meanwhile !== undefined) {
    return 'it does not tell when to act';
  }
  return flagsFor(behaviour.options ?? {}) === undefined ? 'it has no flag for this' : undefined;
}

/** What the trees in memory of a browser do not have. */
const notInMemory: Readonly<Partial<Record<keyof Put, string>>> = {
  fifo: 'a tree has no FIFOs',
  absoluteLink: 'a tree has no path on the system',
  device: 'a tree has no devices',
  socket: 'a tree has no sockets',
  hardLink: 'a file that is given to a sandbox has one name',
};

function whyNotInMemory({ prepare, meanwhile, disk, mounts, isOrdinaryUser }: Behaviour): string | undefined {
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
  const reasons: string[] = [];
  const note = (_: object, method: string | symbol) => () => {
    const reason = notInMemory[method as keyof Put];
    reasons.push(...(reason === undefined ? [] : [reason]));
  };
  // What it would put is found out by having it put nothing.
  prepare?.(new Proxy({}, { get: note }) as Put);
  return reasons[0];
}

/** The sentence that a front says of a problem. */
export function sentenceOf(
  { source = 'in/a', target = 'out/b' }: Behaviour,
  { says, entry, isCopied }: Problem,
): string {
  const below = entry === undefined ? '' : `/${entry}`;
  const copy = `'${source}${below}' to '${target}${below}'`;
  return isCopied ? `copied ${copy}, but ${says}` : `cannot copy ${copy}: ${says}`;
}
