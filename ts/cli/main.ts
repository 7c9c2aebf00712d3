#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { quoted } from '../errors.js';
import { CopyError, copy } from '../index.js';

const STATUS_FAILED = 1;
const STATUS_USAGE = 2;

interface Flags {
  readonly verbose?: true;
}

const examples = `
Copies the file SOURCE to TARGET through memory mappings, in a sandbox that reaches
their two directories and nothing else. TARGET is its old self or the whole copy,
never a part of it. Where TARGET is a directory, the copy goes into it.

Examples:
  mapcp photo.jpg backup/photo.jpg
  mapcp photo.jpg backup
  mapcp -- -odd-name copy        a name that begins with a dash

Exit status: 0 copied, 1 failed, 2 wrongly used.`;

function version(): string {
  const manifest = new URL('../../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

/** The path that the copy gets: `target`, or the source's name in it where it is a directory. */
function targetFor(source: string, target: string): string {
  return isDirectory(target) ? join(target, basename(source)) : target;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // What is wrong with the path, the copy itself says better.
    return false;
  }
}

async function run(source: string, target: string, flags: Flags): Promise<void> {
  const place = targetFor(source, target);
  const report = await copy(source, place);
  if (flags.verbose) {
    process.stdout.write(`${quoted(source)} -> ${quoted(place)} (${report.bytes} bytes)\n`);
  }
}

const program = new Command('mapcp')
  .usage('[options] SOURCE TARGET')
  .argument('<SOURCE>', 'the file to copy')
  .argument('<TARGET>', 'the path that the copy gets, or a directory to put it into')
  .option('-v, --verbose', 'say what was copied')
  .version(version(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this text')
  .addHelpText('after', examples)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`mapcp: ${text.replace(/^error: /, '')}`) })
  .showHelpAfterError("Try 'mapcp --help'.")
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : STATUS_USAGE;
  } else if (error instanceof CopyError) {
    process.stderr.write(`mapcp: ${error.message}\n`);
    process.exitCode = STATUS_FAILED;
  } else {
    throw error;
  }
}
