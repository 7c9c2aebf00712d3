import { writeSync } from 'node:fs';
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

/** Whether standard output or standard error was opened, and may still have something to print. */
export function hasOpened(): boolean {
  return opened.size > 0;
}

/**
 * Prints a text that is all that a command prints. It goes straight to the descriptor if possible, because opening the
 * stream takes longer than the rest of `--help`.
 *
 * @param fd 1 for standard output, 2 for standard error
 */
export function printOnly(fd: 1 | 2, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  try {
    // In Windows, only the stream knows the encoding of a terminal.
    while (rest.length > 0 && process.platform !== 'win32') {
      rest = rest.subarray(writeSync(fd, rest));
    }
  } catch {
    // The stream waits until it can write, or reports the error.
  }
  if (rest.length > 0) {
    (fd === 1 ? standardOutput() : standardError()).write(rest);
  }
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
