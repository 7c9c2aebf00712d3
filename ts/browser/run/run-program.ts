import {
  arrayOf,
  boolean,
  type Check,
  type Checks,
  callback,
  isRecord,
  requireThat,
  signal,
  takeOptions,
  text,
  wholeNumber,
} from '../../common/check.js';
import { access, guestPath, preopenOf, preopensOf } from '../../common/preopens.js';
import { encodeInput, environment, programHints, variablesIn } from '../../common/program-options.js';
import { RefusedError, TrapError } from '../../host/errors.js';
import { throwIfAborted, unlessAborted } from '../../task/abort.js';
import { bytesIn, has } from '../bytes.js';
import { DEFAULT_MEMORY, NOT_LOADED } from '../defaults.js';
import type { DirectoryEntry, FoundDirectory } from '../entries.js';
import { type FlatTree, treeFrom } from '../flat-tree.js';
import { makeWorker } from '../make-worker.js';
import { tree } from '../tree-check.js';
import type { Message, Order } from './messages.js';

/** The bytes of a program, or a response that has them. */
export type ProgramSource = ArrayBuffer | ArrayBufferView | Response;

/** What a program gets, and how it runs. It does not get what is left out. */
export interface ProgramOptions {
  /**
   * The directories, by the program's name for each, such as `/in` or `.`. Each is a tree in memory. The program works
   * on a copy of it.
   *
   * @default none
   */
  readonly preopens?:
    | Readonly<Record<string, { readonly tree: DirectoryEntry; readonly access: 'read' | 'read-write' }>>
    | undefined;
  /**
   * The arguments; the first is the program's name.
   *
   * @default none
   */
  readonly args?: readonly string[] | undefined;
  /**
   * The environment variables. One that is undefined is left out.
   *
   * @default none
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Standard input: text or bytes.
   *
   * @default empty
   */
  readonly stdin?: string | ArrayBuffer | ArrayBufferView | undefined;
  /**
   * Gets each piece of standard output, soon after the program has written it. If it throws, the program is ended, and
   * `runProgram` rejects with that error.
   *
   * @default discarded
   */
  readonly stdout?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  /**
   * The same for standard error.
   *
   * @default discarded
   */
  readonly stderr?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  /**
   * Whether the program gets clocks, and can wait. One that imports them is refused otherwise.
   *
   * @default false
   */
  readonly clocks?: boolean | undefined;
  /**
   * Whether the program gets random numbers. One that imports them is refused otherwise.
   *
   * @default false
   */
  readonly random?: boolean | undefined;
  /**
   * Maximum number of descriptors that the program has at once. One more fails with EMFILE.
   *
   * @default 65536
   */
  readonly maxResources?: number | undefined;
  /**
   * Maximum number of bytes that all files have together which are in memory or which the program writes. A write
   * beyond fails with ENOSPC. The program's own memory does not count.
   *
   * @default 1073741824
   */
  readonly memory?: number | undefined;
  /** Ends the program when it is aborted. `runProgram` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Makes the worker of the program, a module worker that runs `mapcp/browser/run/worker.js`. It is ended with the
   * program. Needed in the cases in which `openSandbox` of `mapcp/browser` needs it.
   *
   * @default a worker from the file beside this module
   */
  readonly worker?: (() => Worker) | undefined;
}

/** How a program has ended. */
export interface ProgramResult {
  /** The exit status: 0 for success. */
  readonly status: number;
  /** The directories with the access `read-write` as the program has left them, by the program's names. */
  readonly trees: Readonly<Record<string, FoundDirectory>>;
}

const preopen: Check = (name, value) => {
  if (isRecord(value) && value.directory !== undefined) {
    throw new TypeError(
      `${name}.directory cannot be given to a program, whose calls are synchronous: pass { tree }, for instance what ` +
        '`tree` of a sandbox of mapcp/browser returns',
    );
  }
  return preopenOf<object>({ tree, access })(name, value);
};

const input: Check = (name, value) => {
  const bytes = typeof value === 'string' ? encodeInput(value) : bytesIn(value);
  requireThat(bytes !== undefined, name, 'text or bytes', value);
  return bytes;
};

const checks: Checks<ProgramOptions> = {
  preopens: preopensOf(preopen, guestPath),
  args: arrayOf(text),
  env: environment,
  stdin: input,
  stdout: callback,
  stderr: callback,
  clocks: boolean,
  random: boolean,
  maxResources: wholeNumber(1, 2 ** 30),
  memory: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  signal,
  worker: callback,
};

const hints = { ...programHints, network: 'nothing instead, because a program gets no network in a browser' };

/** The options after the checks. */
type Taken = Omit<ProgramOptions, 'preopens' | 'env' | 'stdin'> & {
  readonly preopens?: Readonly<Record<string, { tree: FlatTree; access: 'read' | 'read-write' }>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: Uint8Array;
};

/**
 * Runs a program: a core module for WASI preview 1 that is a command, as compilers make for `wasm32-wasip1`. It runs in
 * a worker of its own, so the page stays free, and it gets only what the options name. Without options it has no files,
 * no arguments and no clock, and its output is discarded. It never gets a network.
 *
 * @param program its bytes, or the response of a `fetch` or a promise of that
 * @param options what the program gets
 * @returns its exit status, and the directories that it could change. Rejects with a {@link RefusedError} that says why
 * if the program is not run, with a {@link TrapError} if it ends abnormally, with the signal's reason if it is aborted,
 * with what `stdout` or `stderr` throws, and with a TypeError or RangeError if an argument is wrong.
 * @example
 * const { status, trees } = await runProgram(fetch('shout.wasm'), {
 *   args: ['shout', '/box/note.txt'],
 *   preopens: { '/box': { tree: { dir: { 'note.txt': { source: 'hello' } } }, access: 'read-write' } },
 *   stderr: (bytes) => console.error(new TextDecoder().decode(bytes)),
 * });
 * const note = trees['/box']?.dir['note.txt'];
 * if (note !== undefined && 'source' in note) {
 *   console.log(status, await note.source.text()); // 0 HELLO
 * }
 */
export async function runProgram(
  program: ProgramSource | PromiseLike<ProgramSource>,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const taken = takeOptions<Taken>('options', options, checks as unknown as Checks<Taken>, hints);
  throwIfAborted(taken.signal);
  const bytes = await unlessAborted(bytesOf(program), taken.signal);
  const directories = Object.entries(taken.preopens ?? {});
  return run(
    {
      program: bytes,
      directories: directories.map(([name, given]) => ({ name, ...given })),
      args: taken.args ?? [],
      env: variablesIn(taken.env),
      stdin: taken.stdin ?? new Uint8Array(0),
      listens: (['stdout', 'stderr'] as const).filter((name) => taken[name] !== undefined),
      clocks: taken.clocks ?? false,
      random: taken.random ?? false,
      maxResources: taken.maxResources,
      memory: taken.memory ?? DEFAULT_MEMORY,
    },
    taken,
  );
}

/** Returns a copy of a program's bytes. */
async function bytesOf(program: ProgramSource | PromiseLike<ProgramSource>): Promise<Uint8Array> {
  // At once, because the page may change them.
  const own = bytesIn(program);
  if (own !== undefined) {
    return own;
  }
  const given = await program;
  const bytes = bytesIn(given);
  if (bytes !== undefined) {
    return bytes;
  }
  requireThat(
    has(() => Response.prototype, 'ok', given),
    'program',
    'bytes, or a Response with them',
    given,
  );
  const { ok, status, url } = given as Response;
  if (!ok) {
    throw new Error(`the program cannot be loaded from ${url}: the server answered with status ${status}`);
  }
  return new Uint8Array(await (given as Response).arrayBuffer());
}

/** Runs one program in a worker, and ends the worker with it. */
async function run(
  order: Order,
  { signal: aborted, worker: given, ...streams }: Taken,
): Promise<ProgramResult> {
  const worker = makeWorker(given, ownWorker);
  try {
    const ended = new Promise<ProgramResult>((resolve, reject) => {
      const receive = (message: Message): void => {
        switch (message.tag) {
          case 'ready':
            worker.postMessage(order);
            break;
          case 'output':
            streams[message.name]?.(message.bytes);
            break;
          case 'ended': {
            const trees = message.trees.map(([name, rows]) => [name, treeFrom(rows)]);
            resolve({ status: message.status, trees: Object.fromEntries(trees) });
            break;
          }
          case 'refused':
            reject(new RefusedError(message.reason));
            break;
          case 'trapped':
            reject(new TrapError(message.reason, { cause: message.cause }));
            break;
          case 'failed':
            reject(message.cause);
        }
      };
      worker.addEventListener('message', ({ data }: MessageEvent<Message>) => {
        try {
          receive(data);
        } catch (error) {
          reject(error);
        }
      });
      const fail = (why: string) => reject(new Error(`the worker of the program has failed: ${why}`));
      worker.addEventListener('messageerror', () => fail('a message from it cannot be read'));
      worker.addEventListener('error', ({ message }) => fail(message || NOT_LOADED));
    });
    return await unlessAborted(ended, aborted);
  } finally {
    worker.terminate();
  }
}

// Bundlers look for this expression.
function ownWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'mapcp-run' });
}
