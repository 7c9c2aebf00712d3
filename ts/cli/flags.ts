import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CopyOptions, Shard } from '../index.js';
import { MOST_JOBS } from '../options.js';
import { patternFault } from '../patterns.js';

const symlinks = ['preserve', 'follow', 'skip'];
const overwrite = ['always', 'never', 'newer', 'error'];
const sparse = ['auto', 'always', 'never'];
const shells = ['bash', 'zsh', 'fish'] as const;

/** A shell that there are completions for. */
export type Shell = (typeof shells)[number];

/** What the command line's options come to. */
export interface Flags {
  readonly recursive?: true;
  readonly symlinks?: CopyOptions['symlinks'];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly shard?: Shard;
  readonly targetDirectory: boolean;
  readonly makeParents?: true;
  readonly overwrite?: CopyOptions['overwrite'];
  readonly preserve?: true;
  readonly sparse?: CopyOptions['sparse'];
  readonly concurrency?: number;
  readonly verify?: true;
  readonly sync?: true;
  readonly windowSize?: number;
  readonly keepGoing?: true;
  readonly dryRun?: true;
  readonly clean?: true;
  readonly progress?: boolean;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly completion?: Shell;
}

/** Gives a program its options. c-src/component/cli has the same ones, in its flags.c and help.c. */
export function addFlags(program: Command): void {
  program
    .optionsGroup('What to copy, and where to:')
    .option('-r, --recursive', 'copy directories, with all that is in them')
    .option('-P, --no-dereference', 'copy a link as a link (the default)')
    .option('-L, --dereference', 'copy what a link leads to')
    .addOption(choice('--symlinks <HOW>', 'links: preserve (-P), follow (-L) or skip', symlinks))
    .option('--include <GLOB>', "copy only files and links that match, as '*.c'", collectPattern)
    .option('--exclude <GLOB>', "leave out what matches, such as '*.o'", collectPattern)
    .option('--shard <I/N>', 'copy only share I of N, from 0/N to N-1/N', parseShard)
    .option('-T, --no-target-directory', 'take TARGET for the path of the copy itself')
    .option('--make-parents', 'make the directories missing on the way to TARGET')
    .optionsGroup('How to copy:')
    .option('-n, --no-clobber', 'leave existing files alone')
    .option('-u, --update', 'replace a file only by one that was modified later')
    .addOption(choice('--overwrite <WHEN>', 'replace files: always, never, newer, or error', overwrite))
    .option('-p, --preserve', 'keep the times; modes are kept in any case')
    .addOption(choice('--sparse <WHEN>', 'make holes of zeros: auto, always or never', sparse))
    .option('--verify', 'read each file back and compare it')
    .option('--sync', 'have each file on the disk before it takes its name')
    .option('--window-size <SIZE>', 'hold no more of a file in memory, such as 64K', parseSize)
    .option('--concurrency <N>', 'divide a large tree among N jobs, in threads', parseConcurrency)
    .option('--keep-going', 'go on after a failure, and fail at the end')
    .option('--dry-run', 'decide everything, touch nothing')
    .option('--clean', 'remove what killed runs have left in each DIRECTORY')
    .optionsGroup('What to print:')
    .option('--progress', 'show progress at once, and not only on a terminal')
    .option('--no-progress', 'show none')
    .option('--json', 'print one JSON object per line')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'tell of each entry')
    .addOption(choice('--completion <SHELL>', 'print completions for bash, zsh or fish', shells));
  addShorthand(program, 'no-dereference', 'symlinks', 'preserve');
  addShorthand(program, 'dereference', 'symlinks', 'follow');
  addShorthand(program, 'no-clobber', 'overwrite', 'never');
  addShorthand(program, 'update', 'overwrite', 'newer');
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

/** Has an option set the value of another one: of several, the last one counts. */
function addShorthand(program: Command, option: string, name: 'symlinks' | 'overwrite', value: string): void {
  program.on(`option:${option}`, () => {
    // Whoever asks for -n beside -u wants nothing replaced, in whichever order.
    const isSettled = option === 'update' && program.getOptionValue(name) === 'never';
    program.setOptionValue(name, isSettled ? 'never' : value);
  });
}
