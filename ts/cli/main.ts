#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { escaped, quoted } from '../errors.js';
import { NoProcfsError } from '../host/create-host.js';
import { invalidArgument } from './arguments.js';
import { cleanDirectories } from './clean.js';
import { addFlags } from './flags.js';
import { Interruption } from './interruption.js';
import { runCopies } from './run.js';

const STATUS_DONE = 0;
const STATUS_FAILED = 1;
const STATUS_USAGE = 2;

const description = [
  'Copies files, links and directory trees, in a sandbox that reaches the directories of SOURCE and TARGET and nothing',
  'else. Each file appears in one step, whole. Where TARGET is a directory, the copies go into it.',
].join(' ');

const usage = '[options] SOURCE... TARGET\n       mapcp --clean DIRECTORY...';

const examples = `
Examples:
  mapcp photo.jpg backup             into the directory backup
  mapcp -r --exclude '*.o' --exclude node_modules project backup
A GLOB is matched against names; with a slash in it, against paths below SOURCE.
Exit status: 0 copied, 1 failed, 2 wrongly used, 130 interrupted. See man mapcp.`;

function version(): string {
  const manifest = new URL('../../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

const interruption = new Interruption();
let status = STATUS_DONE;

const program = new Command('mapcp');
const readFlags = addFlags(program);
program
  .version(version(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this text')
  .description(description)
  .usage(usage)
  .argument('[names...]', 'SOURCE... and TARGET')
  .addHelpText('after', `\n${examples}`)
  .configureHelp({
    visibleArguments: () => [],
    formatItemList: (heading, items) => (items.length > 0 ? [heading, ...items] : []),
    optionDescription: ({ description }) => description,
    optionTerm: ({ short, flags }) => (short === undefined ? `    ${flags}` : flags),
  })
  .configureOutput({
    outputError: (text, write) =>
      write(
        `mapcp: ${text
          .replace(/^error: /, '')
          .split('\n')
          .map(escaped)
          .join('\n')}`,
      ),
  })
  .showHelpAfterError(`Usage: mapcp ${usage}\nTry 'mapcp --help'.`)
  .exitOverride()
  .action(async (names: string[]) => {
    const flags = readFlags();
    if (flags.completion) {
      // Loaded only where it is wanted, as it seldom is.
      const { completionFor } = await import('./completion.js');
      process.stdout.write(completionFor(flags.completion, program));
      return;
    }
    if (names.length === 0) {
      const missing = typeof flags.targetDirectory === 'string' ? 'SOURCE' : 'SOURCE and no TARGET';
      program.error(`there is no ${flags.clean ? 'DIRECTORY' : missing}`);
    }
    if (flags.clean) {
      status = await cleanDirectories(names, flags);
      return;
    }
    status = await runCopies(names, flags, interruption, (why) => program.error(why));
  });

/** Says what nothing else has said, and tells the exit status. Node would print the line of code that it happened on. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? STATUS_DONE : STATUS_USAGE;
  }
  // The command has no option for what the API would accept instead.
  const said = error instanceof NoProcfsError ? error.reason : undefined;
  const why = said ?? (error instanceof Error ? error.message : String(error));
  process.stderr.write(`mapcp: cannot go on: ${why.split('\n').map(escaped).join('\n')}\n`);
  return STATUS_FAILED;
}

process.on('uncaughtException', (error) => process.exit(explain(error)));
try {
  const invalid = invalidArgument(process.argv.slice(2));
  if (invalid !== undefined) {
    program.error(`${quoted(invalid)} is not valid UTF-8, and only valid names can be copied; rename it`);
  }
  await program.parseAsync();
} catch (error) {
  status = explain(error);
}
interruption.conclude(status);
