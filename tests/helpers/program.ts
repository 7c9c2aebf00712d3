import { type SpawnSyncOptions, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';

/** The exit status and the output of a program. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Less than a test may take, because a test that waits for a program cannot end by itself. */
const MAX_MILLISECONDS = 300_000;

/** Runs a program to its end. One that does not end is killed, and its result has an error. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): SpawnSyncReturns<string> {
  return spawnSync(program, args, {
    maxBuffer: 1 << 26,
    timeout: MAX_MILLISECONDS,
    killSignal: 'SIGKILL',
    ...options,
    encoding: 'utf8',
  });
}

/**
 * Runs a program that must succeed.
 *
 * @returns its output, without the line feed at its end
 */
export function mustRun(program: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const { error, status, stdout, stderr } = runProgram(program, args, options);
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`${program} says: ${stderr.trim()}`);
  }
  return stdout.trim();
}

/** Runs a line of bash in a directory. In the line, `$mapcp` is the command line and `$node` is Node. */
export function shell(line: string, cwd: string): Outcome {
  const mapcp = `${process.execPath} ${resolve('build/out/js/cli/main.js')}`;
  const env = { ...process.env, node: process.execPath, mapcp };
  return outcomeOf(runProgram('bash', ['-c', line], { cwd, env }));
}

/** The outcome of a program. Throws if it could not be started, or was killed because it did not end. */
export function outcomeOf({ status, stdout, stderr, error }: SpawnSyncReturns<string>): Outcome {
  if (error !== undefined) {
    throw error;
  }
  return { status, stdout, stderr };
}
