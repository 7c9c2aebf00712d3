import process from 'node:process';
import { isatty } from 'node:tty';

let listener: (error: Error) => void = () => {};
const opened = new Set<NodeJS.WriteStream>();

/** Has `listen` called when something cannot be printed. */
export function onPrintError(listen: (error: Error) => void): void {
  listener = listen;
}

/** Standard output. Node opens it when it is first used, which takes milliseconds that a silent copy saves. */
export function standardOutput(): NodeJS.WriteStream {
  return watched(process.stdout);
}

/** Standard error, as {@link standardOutput}. */
export function standardError(): NodeJS.WriteStream {
  return watched(process.stderr);
}

/** Whether standard error is a terminal that can be drawn on, and not only be written to line by line. */
export function canDraw(): boolean {
  return isatty(2) && process.env.TERM !== 'dumb';
}

function watched(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (!opened.has(stream)) {
    opened.add(stream);
    stream.on('error', (error) => listener(error));
  }
  return stream;
}
