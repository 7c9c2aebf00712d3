// The functions of preview 1 that concern no file: arguments, environment, clocks, random numbers, waiting and the end.

import { fail, systemError } from '../error-code.js';
import { ExitError } from '../errors.js';
import { uncatchable } from '../trap.js';
import type { Descriptors } from './descriptors.js';
import { flagsIn, type Implementation, type Name } from './functions.js';
import type { Memory } from './memory.js';
import type { System } from './system.js';

/** The clocks that a program gets. Those of processor time fail. */
const REALTIME = 0;
const MONOTONIC = 1;

// The kinds of events.
const CLOCK = 0;
const FD_READ = 1;
const FD_WRITE = 2;

/** The flag of a clock's subscription whose time is not relative to now. */
const ABSOLUTE = 1;
/** The flag of an event: the end of the file is reached. */
const HANGUP = 1;

const SUBSCRIPTION_SIZE = 48;
const EVENT_SIZE = 32;

/** Makes a pair of functions, for the sizes of a list of texts and for the texts, each with a NUL at its end. */
function textFunctions(memory: Memory, texts: readonly string[]) {
  const encoded = texts.map((text) => new TextEncoder().encode(`${text}\0`));
  return [
    (count: number, size: number): void => {
      memory.putU32(count, encoded.length);
      memory.putU32(
        size,
        encoded.reduce((sum, { length }) => sum + length, 0),
      );
    },
    (pointers: number, buffer: number): void => {
      let at = buffer;
      for (const [index, text] of encoded.entries()) {
        memory.putU32(pointers + 4 * index, at);
        memory.bytesAt(at, text.length).set(text);
        at += text.length;
      }
    },
  ] as const;
}

/** Makes the functions that concern no file. */
export function processFunctions(
  memory: Memory,
  descriptors: Descriptors,
  { args, env, wallNow, monotonicNow, sleepUntil, fillRandom }: System,
): Implementation<Exclude<Name, `fd_${string}` | `path_${string}`>> {
  const [argsSizes, argsGet] = textFunctions(memory, args);
  const [environSizes, environGet] = textFunctions(
    memory,
    Object.entries(env).map(([name, value]) => `${name}=${value}`),
  );

  const wallNanoseconds = (): bigint => BigInt(wallNow()) * 1_000_000n;

  const now = (clock: number): bigint => {
    switch (clock) {
      case REALTIME:
        return wallNanoseconds();
      case MONOTONIC:
        return monotonicNow();
      default:
        return fail(clock > 3 ? 'invalid' : 'bad-descriptor');
    }
  };

  /** Returns the moment on the monotonic clock from which on a subscription is ready. A file is always ready. */
  const momentOf = (at: number, start: bigint, wallStart: bigint): bigint => {
    const { view } = memory;
    const kind = view.getUint8(at + 8);
    if (kind === CLOCK) {
      const clock = view.getUint32(at + 16, true);
      const timeout = view.getBigUint64(at + 24, true);
      const isAbsolute = flagsIn(view.getUint16(at + 40, true), ABSOLUTE) !== 0;
      if (clock !== REALTIME && clock !== MONOTONIC) {
        fail('invalid');
      }
      return isAbsolute ? (clock === MONOTONIC ? timeout : start + timeout - wallStart) : start + timeout;
    }
    const entry = descriptors.get(view.getUint32(at + 16, true));
    const isRight = kind === FD_READ ? entry.kind === 'input' : kind === FD_WRITE && entry.kind === 'output';
    return isRight || (kind <= FD_WRITE && entry.kind === 'file')
      ? 0n
      : fail(kind > FD_WRITE ? 'invalid' : 'bad-descriptor');
  };

  const putEvent = (from: number, to: number): void => {
    const { view, bytes } = memory;
    const userData = view.getBigUint64(from, true);
    const kind = view.getUint8(from + 8);
    const entry = kind === CLOCK ? undefined : descriptors.get(view.getUint32(from + 16, true));
    const hasEnded = kind === FD_READ && entry?.kind === 'file' && entry.file.stat().size <= entry.position;
    bytes.fill(0, to, to + EVENT_SIZE);
    view.setBigUint64(to, userData, true);
    view.setUint8(to + 10, kind);
    view.setBigUint64(to + 16, kind === CLOCK ? 0n : 1n, true);
    view.setUint16(to + 24, hasEnded ? HANGUP : 0, true);
  };

  const noSocket = (fd: number): never => {
    descriptors.get(fd);
    throw systemError('ENOTSOCK');
  };

  return {
    args_sizes_get: argsSizes,
    args_get: argsGet,
    environ_sizes_get: environSizes,
    environ_get: environGet,
    clock_res_get: (clock, result) => {
      now(clock);
      memory.putU64(result, clock === REALTIME ? 1_000_000n : 1n);
    },
    clock_time_get: (clock, _precision, result) => memory.putU64(result, now(clock)),
    poll_oneoff: (subscriptions, events, count, result) => {
      if (count === 0) {
        fail('invalid');
      }
      const from = memory.checkedPointer(subscriptions, count * SUBSCRIPTION_SIZE, 8);
      const to = memory.checkedPointer(events, count * EVENT_SIZE, 8);
      const [start, wallStart] = [monotonicNow(), wallNanoseconds()];
      const moment = (index: number): bigint => momentOf(from + index * SUBSCRIPTION_SIZE, start, wallStart);
      let first = moment(0);
      for (let index = 1; index < count; index++) {
        const each = moment(index);
        if (each < first) {
          first = each;
        }
      }
      sleepUntil(first);
      const end = monotonicNow();
      let ready = 0;
      for (let index = 0; index < count; index++) {
        if (moment(index) <= end) {
          putEvent(from + index * SUBSCRIPTION_SIZE, to + ready * EVENT_SIZE);
          ready += 1;
        }
      }
      memory.putU32(result, ready);
    },
    proc_exit: (status): never => {
      throw uncatchable(new ExitError(status));
    },
    proc_raise: () => fail('unsupported'),
    random_get: (pointer, length) => fillRandom(memory.bytesAt(pointer, length)),
    sched_yield: () => {},
    sock_accept: noSocket,
    sock_recv: noSocket,
    sock_send: noSocket,
    sock_shutdown: noSocket,
  };
}
