// The form of the functions of preview 1: each gets numbers, puts results into the program's memory, and returns an
// errno. A program declares the types of its imports itself, so nothing about the numbers is certain.

import { fail } from '../error-code.js';
import { endComponent } from '../trap.js';
import { errnoOf } from './errno.js';

/** Every function, with a letter for each parameter: `i` for 32 bits, `l` for 64. */
export const signatures = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'ili',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  fd_advise: 'illi',
  fd_allocate: 'ill',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'ill',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'il',
  fd_filestat_set_times: 'illi',
  fd_pread: 'iiili',
  fd_prestat_dir_name: 'iii',
  fd_prestat_get: 'ii',
  fd_pwrite: 'iiili',
  fd_read: 'iiii',
  fd_readdir: 'iiili',
  fd_renumber: 'ii',
  fd_seek: 'ilii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiilli',
  path_link: 'iiiiiii',
  path_open: 'iiiiillii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  random_get: 'ii',
  sched_yield: '',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
} as const;

/** The parameters of a signature: an unsigned number for each `i`, an unsigned bigint for each `l`. */
type Flat<S extends string> = S extends `i${infer Rest}`
  ? [number, ...Flat<Rest>]
  : S extends `l${infer Rest}`
    ? [bigint, ...Flat<Rest>]
    : [];

/** A name of one of the functions. */
export type Name = keyof typeof signatures;

/** What some of the functions do. The program gets an errno for what they throw. */
export type Implementation<N extends string = Name> = {
  readonly [K in Extract<Name, N>]: (...parameters: Flat<(typeof signatures)[K]>) => void;
};

/** The functions as a program calls them. */
export type Functions = Readonly<Record<string, (...flat: unknown[]) => number>>;

/** A function behind its checks. */
type Act = (...parameters: (number | bigint)[]) => void;

/** Makes the functions that a program can import. Their object inherits nothing. */
export function functionsFrom(implementation: Implementation): Functions {
  const canSkipStacks = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')?.writable === true;
  const functions = Object.entries(signatures).map(([name, signature]) => {
    const act = implementation[name as Name] as Act;
    return [name, checked(signature, canSkipStacks && name.startsWith('path_') ? withoutStacks(act) : act)];
  });
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(functions)));
}

/**
 * Calls `act` so that its errors have no stacks. Programs often try calls that fail, they get nothing but a number, and
 * the stack takes longer than the call. Not for functions that call the caller's own: their errors need stacks.
 */
function withoutStacks(act: Act): Act {
  return (...parameters) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      act(...parameters);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}

function checked(signature: string, act: Act) {
  return (...flat: unknown[]): number => {
    if (flat.length !== signature.length) {
      wrongTypes();
    }
    for (let at = 0; at < flat.length; at++) {
      flat[at] = signature[at] === 'l' ? u64(flat[at]) : u32(flat[at]);
    }
    try {
      act(...(flat as (number | bigint)[]));
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  };
}

/** Checks an integer of 32 bits. Ends the program if it passes something else. */
function u32(flat: unknown): number {
  return typeof flat === 'number' && (flat | 0) === flat ? flat >>> 0 : wrongTypes();
}

/** Checks an integer of 64 bits. Ends the program if it passes something else. */
function u64(flat: unknown): bigint {
  return typeof flat === 'bigint' ? BigInt.asUintN(64, flat) : wrongTypes();
}

function wrongTypes(): never {
  return endComponent("the program declares an import with other types than WASI's");
}

/** Returns flags. Fails with `invalid` if one is not among `known`. */
export function flagsIn(flags: number, known: number): number {
  return flags & ~known ? fail('invalid') : flags;
}
