import process from 'node:process';

/** Whether standard error is a terminal that can be drawn on, and not only be written to line by line. */
export function canDraw(): boolean {
  return process.stderr.isTTY && process.env.TERM !== 'dumb';
}
