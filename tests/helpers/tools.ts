import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Whether tests that need a tool run: if it exists, and always in CI. */
export function mayTest(isThere: boolean): boolean {
  return isThere || process.env.CI !== undefined;
}

/** Whether tests that need a program run. `args` make the program end at once. */
export function mayRun(program: string, args: readonly string[] = ['--version']): boolean {
  return mayTest(spawnSync(program, args).error === undefined);
}
