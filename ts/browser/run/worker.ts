// The worker of one program for WASI preview 1. The page ends it when the program has ended.

import { RefusedError, TrapError } from '../../host/errors.js';
import { isProgram, Program } from '../../host/preview1/program.js';
import type { OutputEnd } from '../../host/preview1/system.js';
import { MOST_RESOURCES } from '../../host/resources.js';
import { nothing, sourceOf } from '../../host/streams.js';
import { compile, isCoreModule } from '../../host/web-assembly.js';
import { BlobContent } from '../content.js';
import { directoryFrom, nodesIn, rowsOf } from '../nodes.js';
import { whyForbidden } from '../policy.js';
import { Volume } from '../volume.js';
import { BufferedContent } from './buffered-content.js';
import { monotonicNow, sleepUntil } from './clock.js';
import { MemoryDirectory } from './files.js';
import type { GivenDirectory, Message, Order, OutputName } from './messages.js';
import { Room } from './room.js';

/** Maximum number of bytes that Web Crypto returns at once. */
const MOST_RANDOM = 65_536;

function fillRandom(bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; start += MOST_RANDOM) {
    crypto.getRandomValues(bytes.subarray(start, start + MOST_RANDOM) as Uint8Array<ArrayBuffer>);
  }
}

function volumeOf({ name, access, tree }: GivenDirectory): Volume {
  const root = directoryFrom(tree);
  for (const node of nodesIn(root)) {
    if (node.type === 'regular-file' && node.content instanceof BlobContent) {
      node.content = new BufferedContent(node.content);
    }
  }
  return new Volume(name, root, access, true);
}

/** Compiles a program. Throws a RefusedError unless it is a command that needs nothing but preview 1. */
async function load(bytes: Uint8Array): Promise<Program> {
  if (!isCoreModule(bytes)) {
    throw new RefusedError(
      'the program is a component, and browsers run only core modules for WASI preview 1: compile it for wasm32-wasip1',
    );
  }
  const module = await compile(bytes).catch((error: unknown) => {
    const why = whyForbidden();
    throw why === undefined ? error : new RefusedError(`the program cannot be compiled: ${why}`);
  });
  if (!isProgram(module)) {
    throw new RefusedError(
      "the program is no command for WASI preview 1: it exports no function '_start', or imports something else",
    );
  }
  return new Program(module);
}

async function run(order: Order): Promise<Message> {
  const { args, env, stdin, listens, memory, maxResources = MOST_RESOURCES } = order;
  const program = await load(order.program);
  program.requireGranted(order);
  const volumes = order.directories.map(volumeOf);
  const room = new Room(memory, volumes);
  const outputTo = (name: OutputName): OutputEnd => ({
    sink: {
      isFile: false,
      write(bytes) {
        if (listens.includes(name) && bytes.length > 0) {
          // A copy, because these are in the program's own memory.
          send({ tag: 'output', name, bytes: new Uint8Array(bytes) });
        }
        return bytes.length;
      },
      close: nothing,
    },
    isTerminal: false,
  });
  const status = await program.run({
    args,
    env,
    stdin: {
      source: sourceOf(stdin),
      isTerminal: false,
    },
    stdout: outputTo('stdout'),
    stderr: outputTo('stderr'),
    directories: volumes.map((volume) => [volume.name, MemoryDirectory.root(volume, room)]),
    mostDescriptors: maxResources,
    timesOf: ({ atimeNs, mtimeNs }) => ({ accessed: atimeNs, modified: mtimeNs }),
    wallNow: Date.now,
    monotonicNow,
    sleepUntil,
    fillRandom,
  });
  const changed = volumes.filter(({ access }) => access === 'read-write');
  return { tag: 'ended', status, trees: changed.map(({ name, root }) => [name, rowsOf(root)]) };
}

function send(message: Message): void {
  postMessage(message);
}

function failure(error: unknown): Message {
  if (error instanceof RefusedError) {
    return { tag: 'refused', reason: error.message };
  }
  return error instanceof TrapError
    ? { tag: 'trapped', reason: error.message, cause: error.cause }
    : { tag: 'failed', cause: error };
}

addEventListener('message', async ({ data }: MessageEvent<Order>) => {
  const message = await run(data).catch(failure);
  try {
    send(message);
  } catch (error) {
    // A page that gets no answer waits for ever.
    send({ tag: 'failed', cause: new Error(`the result cannot be sent: ${error}`) });
  }
});

send({ tag: 'ready' });
