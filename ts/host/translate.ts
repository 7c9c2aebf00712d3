// Translating a component or a core module to JavaScript, with jco.
//
// jco works in a thread of its own, because it takes seconds for a large program and because its input can break it.
// After a Rust panic, which some components cause, no copy of jco's WebAssembly answers again in the same thread.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RefusedError } from './errors.js';

// A thread takes some hundred megabytes while it works.
const MOST_THREADS = 4;

/** What jco makes from a component. */
export interface Translation {
  /** The component: the input, or what jco made from a core module. */
  readonly component: Uint8Array;
  /** A JavaScript module that exports `instantiate`. */
  readonly code: string;
  /** The core modules, by the names that the code has for them. */
  readonly coreModules: ReadonlyMap<string, Uint8Array>;
  /** The interfaces and functions that it imports and uses, without versions. */
  readonly imports: readonly string[];
  /** What it exports, by the names that the code has for it. */
  readonly exports: readonly string[];
}

/** What the thread gets. */
interface Assignment {
  /** The URL of jco's module. */
  readonly jco: string;
  readonly bytes: Uint8Array;
  /** The preview 1 adapter for a core module; undefined for a component. */
  readonly adapter: 'Command' | 'Reactor' | undefined;
}

/** The answer of the thread: what it made, or the message of jco's error about its input. */
type Answer =
  | {
      readonly component: Uint8Array;
      readonly files: [string, Uint8Array][];
      readonly imports: string[];
      readonly exports: string[];
    }
  | { readonly refusal: string };

// A string, not a module beside this one: then a bundler that moves this module need not know of another.
const program = `
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';

const { jco, bytes, adapter } = workerData;
const { componentNew, transpile, ...paths } = await import(jco);

async function adapted() {
  const path = paths['preview1Adapter' + adapter + 'Path']();
  return componentNew(bytes, [['wasi_snapshot_preview1', await readFile(path)]]);
}

async function translated() {
  const component = adapter ? await adapted() : bytes;
  const { files, imports, exports } = await transpile(component, {
    name: 'component',
    instantiation: 'async',
    importBindings: 'hybrid',
    nodejsCompat: false,
    emitTypescriptDeclarations: false,
    // Every core module becomes a file, so that the names in it are checked.
    base64Cutoff: 0,
  });
  return { component, files: Object.entries(files), imports, exports: exports.map(([name]) => name) };
}

parentPort.postMessage(await translated().catch((error) => ({ refusal: String(error?.message ?? error) })));
`;

/**
 * Translates a component, or a core module for WASI preview 1.
 *
 * Rejects with a {@link RefusedError} if jco finds it invalid, and with an `Error` if jco is not installed.
 *
 * @param bytes the component or core module
 * @param adapter the adapter for a core module: `Command` if it exports `_start`, otherwise `Reactor`
 */
export async function translate(bytes: Uint8Array, adapter?: 'Command' | 'Reactor'): Promise<Translation> {
  const assignment = { jco: locateJco(), bytes, adapter };
  const answer = await inTurn(() => answerTo(assignment));
  if ('refusal' in answer) {
    const what = adapter
      ? 'the core module cannot be converted to a component'
      : 'the component cannot be used';
    throw new RefusedError(`${what}: ${inOneLine(answer.refusal)}`);
  }
  const { component, files, imports, exports } = answer;
  const code = files.find(([name]) => name === 'component.js')?.[1];
  if (code === undefined) {
    throw new Error('jco made no JavaScript: is it another version than mapcp/host knows?');
  }
  const coreModules = new Map(files.filter(([name]) => name.endsWith('.wasm')));
  // Without the option, a name that begins with a byte order mark becomes another name.
  const text = new TextDecoder()
    .decode(code)
    .replace('new TextDecoder()', "new TextDecoder('utf-8', { ignoreBOM: true })");
  return { component, code: text, coreModules, imports, exports };
}

/** Finds jco from this module, so that it is the copy that is installed beside mapcp. */
function locateJco(): string {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('@bytecodealliance/jco')).href;
  } catch (cause) {
    throw new Error(
      "jco, which translates components, is not installed here: run 'npm install @bytecodealliance/jco'",
      { cause },
    );
  }
}

let threads = 0;
const waiting: (() => void)[] = [];

/** Calls `act` once fewer than MOST_THREADS are at work, in the order of the calls. */
async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (threads < MOST_THREADS) {
    threads++;
  } else {
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next === undefined) {
      threads--;
    } else {
      next();
    }
  }
}

function answerTo(assignment: Assignment): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
      workerData: assignment,
      // Without this process's options, some of which are for its own program; and without what Rust prints when it
      // panics.
      execArgv: [],
      stderr: true,
    });
    thread
      .on('message', resolve)
      .on('error', (error) => {
        // WebAssembly's errors lose their class on the way from another thread.
        reject(new Error(`jco failed: ${error}`, { cause: error }));
      })
      .on('exit', () =>
        reject(new RefusedError('the component cannot be used: jco ended without an answer')),
      );
  });
}

/** Converts the message of jco's error, which has a list of causes, to one clause. */
function inOneLine(message: string): string {
  const [first = '', ...causes] = message
    .split('\n')
    .map((line) => line.replace(/^\s*(\d+:)?\s*/, '').replace(/^\$/, ''))
    .filter((line) => line !== '' && line !== 'Caused by:');
  return (causes.length === 0 ? [first] : causes).join(': ').replaceAll('`', "'");
}
