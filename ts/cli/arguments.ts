import { readFileSync } from 'node:fs';
import { instantiate } from '#command-line';
import type { Invocation } from '#command-line/interfaces/mapcp-copy-command-line.js';
import { quoted } from '../errors.js';
import { escapeBytes } from '../host/names.js';
import { explainInstantiation } from '../instantiation.js';

const STATUS_USAGE = 2;

/** Node's replacement for bytes that are not UTF-8. An argument may also have it of its own. */
const REPLACEMENT = '\ufffd';

/**
 * Reads arguments by the component's grammar of the command line.
 *
 * @param args the last arguments of this process, as Node has them
 * @returns what they ask for; if one is not UTF-8, to print that
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
 * The first argument that is not UTF-8, with escapes; undefined if there is none, or if the system does not say.
 *
 * Node changes such an argument into another one, which may be the name of another file.
 */
function invalidArgument(args: readonly string[]): string | undefined {
  if (!args.some((arg) => arg.includes(REPLACEMENT))) {
    return undefined;
  }
  const given = givenArguments().slice(-args.length);
  const invalid = given.find((bytes, index) => !bytes.equals(Buffer.from(args[index] ?? '')));
  return invalid && escapeBytes(invalid);
}

/** All arguments of this process as they were given; none if the system does not say. */
function givenArguments(): readonly Buffer[] {
  try {
    // In it, a NUL ends each argument.
    const line = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    return line.map((arg) => Buffer.from(arg, 'latin1'));
  } catch {
    return [];
  }
}
