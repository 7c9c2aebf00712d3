#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Shard } from '../index.js';
import { MOST_JOBS } from '../options.js';
import { cleanAll } from './clean.js';
import type { Flags } from './flags.js';
import { runCopies } from './run.js';

const STATUS_USAGE = 2;

const description = [
  'Copies files, links and directory trees, in a sandbox that reaches the directories of SOURCE and TARGET and nothing',
  "else. Each file appears under its target's name in one step: what is there is its old self or the whole copy. Where",
  'TARGET is a directory, the copies go into it.',
].join(' ');

const examples = `
Examples:
  mapcp photo.jpg backup             into the directory backup
  mapcp -r --exclude node_modules project backup
  mapcp -- -odd-name copy            a name that begins with a dash

Exit status: 0 copied, 1 failed, 2 wrongly used, 130 interrupted.`;

function version(): string {
  const manifest = new URL('../../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function shardOf(value: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(value)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index >= count || count >= 2 ** 32) {
    throw new InvalidArgumentError('It is I/N with I from 0 to N - 1.');
  }
  return { index, count };
}

function concurrencyOf(value: string): number {
  const count = Number(value);
  if (!/^\d+$/.test(value) || count < 1 || count > MOST_JOBS) {
    throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST_JOBS}.`);
  }
  return count;
}

const program = new Command('mapcp')
  .description(description)
  .usage('[options] SOURCE... TARGET\n       mapcp --clean DIRECTORY...')
  .argument('[names...]', 'SOURCE... and TARGET')
  .option('-r, --recursive', 'copy directories, with all that is in them')
  .option('-n, --no-clobber', 'leave existing files alone')
  .option('-u, --update', 'replace a file only by one that was modified later')
  .option('-p, --preserve', 'keep the times; modes are kept in any case')
  .option('-L, --dereference', 'copy what a link leads to')
  .option('-P, --no-dereference', 'copy a link as a link (the default)')
  .option('-T, --no-target-directory', 'take TARGET for the path of the copy itself')
  .option('--exclude <GLOB>', "leave out what matches, such as '*.o'", collect)
  .addOption(new Option('--sparse <WHEN>', 'make holes of zeros').choices(['auto', 'always', 'never']))
  .option('--shard <I/N>', 'copy only share I of N, from 0/N to N-1/N', shardOf)
  .option(
    '--concurrency <N>',
    'divide a tree among N jobs (by default two, where it is large)',
    concurrencyOf,
  )
  .option('--verify', 'read each file back and compare it')
  .option('--sync', 'have each file on the disk before it takes its name')
  .option('--keep-going', 'go on after a failure, and fail at the end')
  .option('--dry-run', 'decide everything, touch nothing')
  .option('--progress', 'show a bar (the default on a terminal, after half a second)')
  .option('--no-progress', 'show none')
  .option('--clean', 'remove the temporary files that killed runs have left below each DIRECTORY')
  .option('--json', 'print one JSON object per line: progress, warnings, errors, reports')
  .option('-q, --quiet', 'print nothing but errors')
  .option('-v, --verbose', 'say what was copied')
  .version(version(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this text')
  .addHelpText('after', examples)
  .configureHelp({ visibleArguments: () => [] })
  .configureOutput({ outputError: (text, write) => write(`mapcp: ${text.replace(/^error: /, '')}`) })
  .showHelpAfterError(
    "Usage: mapcp [options] SOURCE... TARGET\n       mapcp --clean DIRECTORY...\nTry 'mapcp --help'.",
  )
  .exitOverride()
  .action(async (names: string[], flags: Flags, command: Command) => {
    if (names.length === 0) {
      command.error(flags.clean ? 'there is no DIRECTORY' : 'there is no SOURCE and no TARGET');
    }
    if (flags.clean) {
      process.exitCode = await cleanAll(names, flags);
      return;
    }
    const [target = '', ...sources] = names.reverse();
    process.exitCode = await runCopies(sources.reverse(), target, flags, (why) => command.error(why));
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) {
    throw error;
  }
  process.exitCode = error.exitCode === 0 ? 0 : STATUS_USAGE;
}
