import { readFileSync } from 'node:fs';
import { escapeBytes } from '../host/names.js';

/** What Node gives in the place of bytes that are not UTF-8. An argument may have it of its own. */
const REPLACEMENT = '\ufffd';

/**
 * The first argument that is not UTF-8, with escapes; undefined if there is none, or if the system does not say.
 *
 * Node changes such an argument into another one, which may be the name of another file.
 *
 * @param args the last arguments of this process, as Node has them
 */
export function invalidArgument(args: readonly string[]): string | undefined {
  if (!args.some((arg) => arg.includes(REPLACEMENT))) {
    return undefined;
  }
  const given = givenArguments().slice(-args.length);
  const invalid = given.find((bytes, index) => !bytes.equals(Buffer.from(args[index] ?? '')));
  return invalid && escapeBytes(invalid);
}

/** All arguments of this process as they were given; none where the system does not say. */
function givenArguments(): readonly Buffer[] {
  try {
    // In it, a NUL ends each argument.
    const line = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    return line.map((arg) => Buffer.from(arg, 'latin1'));
  } catch {
    return [];
  }
}
