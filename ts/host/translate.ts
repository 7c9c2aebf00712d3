// From a component or a core module to JavaScript, by jco.
//
// jco works in a thread of its own. It takes seconds for a large program. And what it reads may be made to harm it: after a
// Rust panic, which some components cause, no copy of jco's WebAssembly answers again, and each thread has its own copy.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RefusedError } from './refused-error.js';

// A thread takes some hundred megabytes while it works.
const MOST_THREADS = 4;

/** What jco makes of a component. */
export interface Translation {
  /** The component: what was given, or what jco made of a core module. */
  readonly component: Uint8Array;
  /** A JavaScript module that exports `instantiate`. */
  readonly code: string;
  /** The core modules, by the names that the code has for them. */
  readonly coreModules: ReadonlyMap<string, Uint8Array>;
  /** The interfaces and functions that it imports and uses, without versions. */
  readonly imports: readonly string[];
}

/** What the thread is given. */
interface Assignment {
  /** The URL of jco's module. */
  readonly jco: string;
  readonly bytes: Uint8Array;
  /** The preview 1 adapter for a core module; none for a component. */
  readonly adapter: 'Command' | 'Reactor' | undefined;
}

/** What the thread answers: what it has made, or the message of jco's error about what it was given. */
type Answer =
  | { readonly component: Uint8Array; readonly files: [string, Uint8Array][]; readonly imports: string[] }
  | { readonly refusal: string };

// A string, and not a module beside this one: a bundler that moves this module need not know of another.
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
  const { files, imports } = await transpile(component, {
    name: 'component',
    instantiation: 'async',
    importBindings: 'hybrid',
    nodejsCompat: false,
    emitTypescriptDeclarations: false,
    // Every core module is a file, and so one whose names are checked.
    base64Cutoff: 0,
  });
  return { component, files: Object.entries(files), imports };
}

parentPort.postMessage(await translated().catch((error) => ({ refusal: String(error?.message ?? error) })));
`;

/**
 * Translates a component, or a core module for WASI preview 1.
 *
 * Rejects with a {@link RefusedError} if jco finds it invalid, and with an `Error` if jco is not installed.
 *
 * @param bytes the component or core module
 * @param adapter what to adapt a core module by: `Command` if it exports `_start`, else `Reactor`
 */
export async function translate(bytes: Uint8Array, adapter?: 'Command' | 'Reactor'): Promise<Translation> {
  const assignment = { jco: locateJco(), bytes, adapter };
  const answer = await inTurn(() => answerTo(assignment));
  if ('refusal' in answer) {
    const what = adapter ? 'the core module cannot be made a component' : 'the component cannot be used';
    throw new RefusedError(`${what}: ${inOneLine(answer.refusal)}`);
  }
  const { component, files, imports } = answer;
  const code = files.find(([name]) => name === 'component.js')?.[1];
  if (code === undefined) {
    throw new Error('jco made no JavaScript: is it another version than mapcp/host knows?');
  }
  const coreModules = new Map(files.filter(([name]) => name.endsWith('.wasm')));
  return { component, code: new TextDecoder().decode(code), coreModules, imports };
}

/** Where jco is, seen from this module, so that it is the copy which is installed beside mapcp. */
function locateJco(): string {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('@bytecodealliance/jco')).href;
  } catch (cause) {
    throw new Error(
      "a component is translated by jco, which is not installed here: run 'npm install @bytecodealliance/jco'",
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
      // None of this process's options, some of which are for its own program; and none of what Rust prints as it panics.
      execArgv: [],
      stderr: true,
    });
    thread
      .on('message', resolve)
      .on('error', (error) => {
        // WebAssembly's errors come from another thread, as what they are in name only.
        reject(new Error(`jco failed: ${error}`, { cause: error }));
      })
      .on('exit', () =>
        reject(new RefusedError('the component cannot be used: jco ended without an answer')),
      );
  });
}

/** The message of an error of jco's, which has a list of causes, as a clause. */
function inOneLine(message: string): string {
  const [first = '', ...causes] = message
    .split('\n')
    .map((line) => line.replace(/^\s*(\d+:)?\s*/, '').replace(/^\$/, ''))
    .filter((line) => line !== '' && line !== 'Caused by:');
  return (causes.length === 0 ? [first] : causes).join(': ').replaceAll('`', "'");
}
