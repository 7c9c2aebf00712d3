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

/**
 * Prints a line of --json. Escapes the characters that some readers treat as the end of a line, and those that control
 * terminals.
 *
 * @param line the object to print. Properties that are undefined are left out
 */
export function writeJson(line: object): void {
  const text = JSON.stringify(line).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  standardOutput().write(`${text}\n`);
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
