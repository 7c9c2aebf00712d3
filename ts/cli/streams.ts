import process from 'node:process';
import { isTerminal } from '../host/terminal.js';

let listener: (error: Error) => void = () => {};
const opened = new Set<NodeJS.WriteStream>();

/** Calls `listen` if output cannot be written. */
export function onPrintError(listen: (error: Error) => void): void {
  listener = listen;
}

/** Standard output. Node opens it at its first use, and that takes milliseconds, which a silent copy saves. */
export function standardOutput(): NodeJS.WriteStream {
  return watched(process.stdout);
}

/** Standard error, opened at its first use like {@link standardOutput}. */
export function standardError(): NodeJS.WriteStream {
  return watched(process.stderr);
}

/** Whether standard error is a terminal that accepts control sequences. */
export function canDraw(): boolean {
  return isTerminal(2) && process.env.TERM !== 'dumb';
}

function watched(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (!opened.has(stream)) {
    opened.add(stream);
    stream.on('error', (error) => listener(error));
  }
  return stream;
}
