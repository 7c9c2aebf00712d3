import { readFileSync } from 'node:fs';
import { instantiate } from '#command-line';
import type { Invocation } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { quoted } from '../common/errors.js';
import { escapeBytes } from '../host/names.js';
import { explainInstantiation } from '../jobs/instantiation.js';

const STATUS_USAGE = 2;

/** Node's replacement for bytes that are not UTF-8. A valid argument can contain this character. */
const REPLACEMENT = '\ufffd';

/**
 * Reads arguments by the component's grammar of the command line.
 *
 * @param args the last arguments of this process, as Node decodes them
 * @returns what to do; if an argument is not UTF-8, an error to print
 */
export async function readArguments(args: readonly string[]): Promise<Invocation> {
  const invalid = invalidArgument(args);
  if (invalid !== undefined) {
    const text = `mapcp: ${quoted(invalid)} is not valid UTF-8, and only valid names can be copied; rename it\n`;
    return { tag: 'print', val: { text, status: STATUS_USAGE } };
  }
  const { commandLine } = await explainInstantiation(() =>
    instantiate(undefined, { 'mapcp:copy/copier@0.1.0': {} }),
  );
  return commandLine.parse([...args]);
}

/**
 * Returns the first argument that is not UTF-8, with escapes; undefined if there is none or the system has no procfs.
 *
 * Node replaces the invalid bytes, and the result may be the name of another file.
 */
function invalidArgument(args: readonly string[]): string | undefined {
  if (!args.some((arg) => arg.includes(REPLACEMENT))) {
    return undefined;
  }
  const given = givenArguments().slice(-args.length);
  const invalid = given.find((bytes, index) => !bytes.equals(Buffer.from(args[index] ?? '')));
  return invalid && escapeBytes(invalid);
}

/** Returns the bytes of all arguments of this process; none if the system has no procfs. */
function givenArguments(): readonly Buffer[] {
  try {
    // Each argument ends with a NUL.
    const line = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    return line.map((arg) => Buffer.from(arg, 'latin1'));
  } catch {
    return [];
  }
}
