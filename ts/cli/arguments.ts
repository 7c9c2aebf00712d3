import { readFileSync } from 'node:fs';
import { instantiate } from '#command-line';
import type {
  Invocation,
  InvocationClean,
  InvocationCopy,
} from '#command-line/interfaces/mapcp-copy-command-line.js';
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
  const { commandLine } = await explainInstantiation(() =>
    instantiate(undefined, { 'mapcp:copy/copier@0.1.0': {} }),
  );
  const invalid = invalidArgument(args);
  if (invalid === undefined) {
    return commandLine.parse([...args]);
  }
  // The grammar knows what the argument is, and refuses it itself if it is not a name.
  const invocation = commandLine.parse(
    args.map((arg, index) => (index === invalid.index ? invalid.shown : arg)),
  );
  if (invocation.tag !== 'copy' && invocation.tag !== 'clean') {
    return invocation;
  }
  const text = `mapcp: ${quoted(invalid.shown)} is not valid UTF-8; ${adviceOn(invalid.shown, invocation)}\n`;
  return { tag: 'print', val: { text, status: STATUS_USAGE } };
}

/** Returns what to do about an argument that is not UTF-8, by what it is. */
function adviceOn(shown: string, invocation: InvocationCopy | InvocationClean): string {
  if (invocation.tag === 'clean') {
    return 'rename the directory to clean it';
  }
  const { options, filesFrom } = invocation.val;
  const isIn = (value: string) => /\\x[0-9a-f]{2}/.test(value) && shown.endsWith(value);
  if ([...options.include, ...options.exclude].some(isIn)) {
    return 'write the pattern in UTF-8';
  }
  return filesFrom !== undefined && isIn(filesFrom)
    ? "rename the list, or use '-' to read it from standard input"
    : 'only valid names can be copied; rename it';
}

/** An argument that is not UTF-8. */
interface InvalidArgument {
  readonly index: number;
  /** The argument with escapes. */
  readonly shown: string;
}

/**
 * Returns the first argument that is not UTF-8; undefined if there is none or the system has no procfs.
 *
 * Node replaces the invalid bytes, and the result may be the name of another file.
 */
function invalidArgument(args: readonly string[]): InvalidArgument | undefined {
  if (!args.some((arg) => arg.includes(REPLACEMENT))) {
    return undefined;
  }
  const given = givenArguments().slice(-args.length);
  const index = given.findIndex((bytes, at) => !bytes.equals(Buffer.from(args[at] ?? '')));
  const bytes = given[index];
  return bytes && { index, shown: escapeBytes(bytes) };
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
