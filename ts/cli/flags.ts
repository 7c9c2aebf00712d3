import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CopyOptions, Shard } from '../index.js';
import { MOST_JOBS } from '../options.js';
import { patternFault } from '../patterns.js';

const symlinks = ['preserve', 'follow', 'skip'];
const overwrite = ['always', 'never', 'newer', 'error'];
const sparse = ['auto', 'always', 'never'];
const shells = ['bash', 'zsh', 'fish'] as const;

const PRINTING = 'What to print:';

/** A shell that there are completions for. */
export type Shell = (typeof shells)[number];

/** What the command line's options come to. */
export interface Flags {
  readonly recursive?: true;
  readonly symlinks?: CopyOptions['symlinks'];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly shard?: Shard;
  /** The directory to copy into; false if TARGET is the path of the copy itself. */
  readonly targetDirectory?: string | false;
  readonly makeParents?: true;
  readonly overwrite?: CopyOptions['overwrite'];
  readonly preserve?: true;
  readonly sparse?: CopyOptions['sparse'];
  readonly concurrency?: number;
  readonly verify?: true;
  readonly allowChanges?: true;
  readonly sync?: true;
  readonly windowSize?: number;
  readonly keepGoing?: true;
  readonly dryRun?: true;
  readonly clean?: true;
  readonly progress?: boolean;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true | undefined;
  readonly completion?: Shell;
}

/**
 * Gives a program its options. c-src/component/cli/grammar.c has the same ones.
 *
 * @returns what tells, once the arguments are parsed, what they come to; it reports contradictions as wrong usage
 */
export function addFlags(program: Command): () => Flags {
  program
    .optionsGroup('What to copy, and where to:')
    .option('-r, --recursive', 'copy directories with everything in them')
    .option('-a, --archive', 'the same as -r -P -p')
    .option('-P, --no-dereference', 'copy links as links (default with -r)')
    .option('-L, --dereference', 'copy what links lead to (default without -r)')
    .addOption(choice('--symlinks <HOW>', 'links: preserve (-P), follow (-L) or skip', symlinks))
    .option('--include <GLOB>', "copy only files and links that match, as '*.c'", collectPattern)
    .option('--exclude <GLOB>', "leave out what matches, such as '*.o'", collectPattern)
    .option('--shard <I/N>', 'copy only shard I of N, from 0/N to N-1/N', parseShard)
    .option('-t, --target-directory <DIR>', 'copy into DIR; every name is a SOURCE', takeOnce)
    .option('-T, --no-target-directory', 'treat TARGET as the path of the copy itself')
    .option('--make-parents', 'make missing directories on the way to TARGET')
    // cp has two letters for the same.
    .addOption(new Option('-R').hideHelp())
    .optionsGroup('How to copy:')
    .option('-n, --no-clobber', 'leave existing files alone')
    .option('-u, --update', 'replace files only by ones modified later')
    // What cp does with it, is done in any case.
    .addOption(new Option('-f, --force').hideHelp())
    .addOption(choice('--overwrite <WHEN>', 'replace files: always, never, newer, or error', overwrite))
    .option('-p, --preserve', 'keep the times; modes are kept in any case')
    .addOption(choice('--sparse <WHEN>', 'make holes of zeros: auto, always or never', sparse))
    .option('--verify', 'read each file back and compare it')
    .option('--allow-changes', 'copy what a growing log has at the start')
    .option('--sync', 'flush each file to the disk before renaming it')
    .option('--window-size <SIZE>', 'map at most SIZE bytes at a time (default 1M)', parseSize)
    .option('--concurrency <N>', 'divide a large tree among N jobs, in threads', parseConcurrency)
    .option('--keep-going', 'continue after an error, and fail at the end')
    .option('--dry-run', 'decide everything, touch nothing')
    .option('--clean', 'remove what killed runs left in each DIRECTORY')
    .optionsGroup(PRINTING)
    .option('--progress', 'show progress at once, also without a terminal')
    .option('--no-progress', 'show none')
    .option('--json', 'print one JSON object per line')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'report each entry')
    .addOption(choice('--completion <SHELL>', 'print completions for bash, zsh or fish', shells));
  addShorthand(program, 'R', { recursive: true });
  addShorthand(program, 'archive', { recursive: true, symlinks: 'preserve', preserve: true });
  addShorthand(program, 'no-dereference', { symlinks: 'preserve' });
  addShorthand(program, 'dereference', { symlinks: 'follow' });
  addShorthand(program, 'no-clobber', { overwrite: 'never' });
  addShorthand(program, 'update', { overwrite: 'newer' });
  const given = new Set<string>();
  for (const option of program.options) {
    program.on(`option:${option.name()}`, () =>
      given.add(option.name() === 'R' ? 'recursive' : option.name()),
    );
  }
  return () => {
    refuseContradictions(program, given);
    return settle(program.opts<Flags>());
  };
}

/** Refuses options that contradict each other. docs/command-line.md says what the others come to together. */
function refuseContradictions(program: Command, given: ReadonlySet<string>): void {
  const refuse = (one: string, other: string) =>
    program.error(`option '--${one}' cannot be used with option '--${other}'`);
  if (given.has('target-directory') && given.has('no-target-directory')) {
    refuse('target-directory', 'no-target-directory');
  }
  const copying = program.options.find((option) => given.has(option.name()) && isAboutCopying(option));
  if (given.has('clean') && copying !== undefined) {
    refuse('clean', copying.name());
  }
}

/** Whether an option means nothing for --clean. */
function isAboutCopying(option: Option): boolean {
  const others = ['keep-going', 'dry-run', 'clean'];
  return option.helpGroupHeading !== PRINTING && !others.includes(option.name());
}

/** Settles what depends on several options. */
function settle(flags: Flags): Flags {
  return {
    ...flags,
    // As in cp: a link that is named is followed, unless it may be one of a tree's.
    symlinks: flags.symlinks ?? (flags.recursive ? 'preserve' : 'follow'),
    ...(flags.quiet && { verbose: undefined, progress: false }),
  };
}

function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values);
}

/** One more pattern. */
function collectPattern(value: string, previous: readonly string[] = []): readonly string[] {
  const fault = patternFault(value);
  if (fault !== undefined) {
    throw new InvalidArgumentError(fault);
  }
  return [...previous, value];
}

const LARGEST_SIZE = 2 ** 30;

/** A number of bytes, such as "65536", "64K" or "1M". */
function parseSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  const size = Number(digits) * 1024 ** ' KMG'.indexOf(unit.toUpperCase() || ' ');
  if (!(size > 0 && size <= LARGEST_SIZE)) {
    throw new InvalidArgumentError('A size is from 1 to 1G bytes, such as 65536, 64K or 4M.');
  }
  return size;
}

/** A share of the files, such as "0/4". */
function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index >= count || count >= 2 ** 32) {
    throw new InvalidArgumentError('It is I/N with I from 0 to N - 1.');
  }
  return { index, count };
}

/** A number of jobs, such as "2". */
function parseConcurrency(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MOST_JOBS) {
    throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST_JOBS}.`);
  }
  return count;
}

/** A value that can be given once. */
function takeOnce(value: string, previous: string | false | undefined): string {
  if (typeof previous === 'string') {
    throw new InvalidArgumentError('There can be only one.');
  }
  return value;
}

/** Has an option set the values of others: of several, the last one counts. */
function addShorthand(program: Command, option: string, values: Partial<Flags>): void {
  program.on(`option:${option}`, () => {
    for (const [name, value] of Object.entries(values)) {
      // Whoever asks for -n beside -u wants nothing replaced, in whichever order.
      const isSettled = option === 'update' && program.getOptionValue(name) === 'never';
      program.setOptionValue(name, isSettled ? 'never' : value);
    }
  });
}
