// The grammar of the command line, as the component exports it.

import { readFileSync } from 'node:fs';
import { createHost } from 'mapcp/host';
import { describe, expect, it } from 'vitest';
import type * as CommandLine from '#command-line/interfaces/mapcp-copy-command-line.js';
import { commandLineOptions } from '../helpers/options.js';
import { built } from '../helpers/runtimes.js';

/** The bindings of the whole component. */
interface Whole {
  instantiate(core: undefined, imports: object): Promise<{ commandLine: typeof CommandLine }>;
}

async function grammar(): Promise<typeof CommandLine> {
  const { instantiate }: Whole = await import(built('node', 'mapcp.js'));
  const host = await createHost({ clocks: true, random: true });
  return (await instantiate(undefined, host.imports)).commandLine;
}

/** Returns the options of a copy without arguments. A new option must not change this test. */
function plainOptions(parse: typeof CommandLine.parse) {
  const { val } = parse(['a', 'b']) as { val: CommandLine.CopyRequest };
  expect(val.options).toMatchObject({
    symlinks: 'follow',
    overwrite: 'always',
    recursive: false,
    makeParents: false,
    filterSource: true,
  });
  return val.options;
}

const quiet = { json: false, quiet: false, verbose: false };

describe('the component, without directories,', () => {
  it('exports the options that the command under Node has', async () => {
    expect((await grammar()).options()).toEqual(commandLineOptions);
  });

  it('accepts the options that need more than WASI, because its host may have that', async () => {
    const { parse } = await grammar();
    const plain = plainOptions(parse);

    expect(parse(['--concurrency', '2', '-T', 'a', 'b'])).toEqual({
      tag: 'copy',
      val: {
        sources: ['a'],
        target: 'b',
        targetIsPath: true,
        makesTarget: false,
        unlessDirectory: undefined,
        options: { ...plain, filterSource: false },
        concurrency: 2,
        output: quiet,
      },
    });
    expect(parse(['--completion=zsh'])).toEqual({ tag: 'complete', val: 'zsh' });
  });

  it('says what to print if the target is no directory', async () => {
    const { parse } = await grammar();
    const plain = plainOptions(parse);

    expect(parse(['-r', '--exclude', 'a/x', '--make-parents', '-t', 'dir', 'a'])).toEqual({
      tag: 'copy',
      val: {
        sources: ['a'],
        target: 'dir',
        targetIsPath: false,
        makesTarget: true,
        unlessDirectory: {
          text: expect.stringMatching(/^mapcp: -t needs a directory, but this is not one: 'dir'\nUsage: /),
          status: 2,
        },
        options: { ...plain, recursive: true, symlinks: 'preserve', makeParents: true, exclude: ['a/x'] },
        concurrency: 1,
        output: quiet,
      },
    });
  });

  it('says what to clean', async () => {
    const { parse } = await grammar();

    expect(parse(['--clean', '--dry-run', '--no-progress', '-v', 'd'])).toEqual({
      tag: 'clean',
      val: { directories: ['d'], dryRun: true, output: { ...quiet, progress: false, verbose: true } },
    });
  });

  it('has a text for each wrong usage, with the status 2', async () => {
    const { parse } = await grammar();

    for (const args of [
      [],
      ['a'],
      ['--nothing'],
      ['-t'],
      ['--shard=1'],
      ['-i', 'a', 'b'],
      ['--clean', '-n'],
    ]) {
      expect(parse(args)).toEqual({
        tag: 'print',
        val: { text: expect.stringMatching(/^mapcp: .*\nUsage: mapcp /), status: 2 },
      });
    }
  });

  it('has the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

    expect((await grammar()).parse(['-V'])).toEqual({
      tag: 'print',
      val: { text: `${version}\n`, status: 0 },
    });
  });
});
