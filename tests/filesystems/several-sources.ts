// Several sources of one command on a file system that folds names and numbers each spelling of a name.

import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { run } from '../cli/frontends.js';
import { commandOf } from './commands.js';
import type { Context } from './file-system.js';

/** What the two sources are, and what is copied of them. */
interface Case {
  readonly what: string;
  readonly sources: readonly [string, string];
  readonly options?: readonly string[];
  /** The source that is not copied, and its target. */
  readonly refused: readonly [string, string];
  /** The contents of the files that are copied. */
  readonly contents: readonly string[];
}

const cases: readonly Case[] = [
  {
    what: 'files',
    sources: ['1/README', '2/readme'],
    refused: ['2/readme', 'readme'],
    contents: ['1'],
  },
  {
    what: 'files with a letter beyond ASCII',
    sources: ['1/\u00c9', '2/\u00e9'],
    refused: ['2/\u00e9', '\u00e9'],
    contents: ['1'],
  },
  {
    what: 'directories with a file of one name',
    sources: ['1/Photos', '2/photos'],
    options: ['-r'],
    refused: ['2/photos/x', 'photos/x'],
    contents: ['1', 'other'],
  },
  {
    what: 'the content of a directory, and a file',
    sources: ['1/Photos/.', '2/X'],
    options: ['-r'],
    refused: ['2/X', 'X'],
    contents: ['1'],
  },
];

/**
 * Tests the command line of the context's frontend, if it has one.
 *
 * @param isAscii whether the file system has only ASCII names
 */
export function testSeveralSources({ frontend, at, put }: Context, isAscii = false): void {
  const command = commandOf(frontend);

  it
    .skipIf(command === undefined)
    .each(isAscii ? cases.filter(({ sources: [name] }) => !name.includes('\u00c9')) : cases)(
    'no source replaces the copy of another one under another spelling: $what',
    ({ what, sources, options = [], refused: [source, target], contents }) => {
      const [from, to] = [`in/several ${what}`, `out/several ${what}`];
      put.directory(`${from}/1/Photos`, to);
      for (const name of ['README', '\u00c9', 'Photos/x']) {
        put.file(`${from}/1/${name}`, '1');
      }
      for (const name of ['readme', '\u00e9', 'X', 'photos/x']) {
        put.file(`${from}/2/${name}`, '2');
      }
      put.file(`${from}/2/photos/y`, 'other');
      const args = [...options, '--keep-going', ...sources.map((name) => `${from}/${name}`), to];
      const { status, stderr } = run(command ?? expect.fail(), args, at('.'));
      expect(stderr).toContain(
        `mapcp: cannot copy '${from}/${source}' to '${to}/${target}': cannot create '${to}/${target}': another source of the same command was just copied there\n`,
      );
      expect(status).toBe(1);
      const found = Object.values(look(at(to))).filter(({ kind }) => kind === 'file');
      expect(found.map(({ content }) => content).sort()).toEqual(contents);
    },
  );

  it.skipIf(command === undefined)('a source replaces a file under another spelling that was there', () => {
    const [from, to] = ['in/replacing', 'out/replacing'];
    put.directory(from, to);
    for (const name of ['A', 'B']) {
      put.file(`${from}/${name}`, 'new');
      put.file(`${to}/${name.toLowerCase()}`, 'old');
    }
    // The name with a tilde makes mapcp remember what it creates.
    put.file(`${from}/~`, 'new');
    const args = ['A', 'B', '~'].map((name) => `${from}/${name}`);
    const { status, stderr } = run(command ?? expect.fail(), [...args, to], at('.'));
    expect([status, stderr.replace(/^.*cannot set the permissions.*\n/gm, '')]).toEqual([0, '']);
    expect(Object.values(look(at(to))).map(({ content }) => content)).toEqual(['new', 'new', 'new']);
  });
}
