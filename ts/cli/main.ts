#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import type { Message } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { escaped } from '../common/errors.js';
import { readArguments } from './arguments.js';
import { Interruption } from './interruption.js';
import { hasOpened, printOnly, standardError, writeJson } from './streams.js';

const STATUS_DONE = 0;
const STATUS_FAILED = 1;

const interruption = new Interruption();

/** Does what the arguments ask for, and returns the exit status. Loads only the modules that it needs. */
async function run(args: readonly string[]): Promise<number> {
  const invocation = await readArguments(args);
  switch (invocation.tag) {
    case 'print':
      return print(invocation.val);
    case 'complete':
      return print({ text: completionsFor(invocation.val), status: STATUS_DONE });
    case 'clean': {
      const { cleanDirectories } = await import('./clean.js');
      return cleanDirectories(invocation.val);
    }
    case 'copy': {
      const { runCopies } = await import('./run.js');
      return runCopies(invocation.val, interruption, print);
    }
  }
}

function print({ text, status }: Message): number {
  printOnly(status === STATUS_DONE ? 1 : 2, text);
  return status;
}

/** Returns the package's completion script for a shell. */
function completionsFor(shell: string): string {
  const extension = shell === 'powershell' ? 'ps1' : shell;
  const script = new URL(`../../completions/mapcp.${extension}`, import.meta.url);
  if (!existsSync(script)) {
    throw new Error("the package has no completions; if it is a checkout, run 'make' in it");
  }
  return readFileSync(script, 'utf8');
}

/** Returns why something failed. Unlike a message, a `reason` does not advise options that only the API has. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'reason' in error && typeof error.reason === 'string') {
    return error.reason;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Prints an error that nothing else has reported. Node would print the line of code that threw it. */
function explain(error: unknown): number {
  const why = reasonOf(error);
  if (process.argv.includes('--json')) {
    writeJson({ type: 'error', code: 'ERR_MAPCP_OTHER', reason: why, message: `cannot go on: ${why}` });
    return STATUS_FAILED;
  }
  standardError().write(`mapcp: cannot go on: ${why.split('\n').map(escaped).join('\n')}\n`);
  return STATUS_FAILED;
}

process.on('uncaughtException', (error) => process.exit(explain(error)));
interruption.conclude(await run(process.argv.slice(2)).catch(explain));
// Otherwise Node would first dismantle everything.
if (!hasOpened()) {
  process.exit();
}
