// exFAT, which folds case, as on USB sticks.

import { readdirSync } from 'node:fs';
import type { CopyOptions } from 'mapcp';
import { expect, it } from 'vitest';
import { api } from '../behaviour/frontends.js';
import { look } from '../behaviour/tree.js';
import { testFileSystem } from './file-system.js';
import { exfat } from './mounts.js';
import { testSeveralSources } from './several-sources.js';

testFileSystem(
  {
    name: 'exFAT',
    make: exfat,
    grain: 1,
    withoutYears: [],
    links: 'refused',
    hasModes: false,
    folds: true,
    badName: "the target's file system does not allow this name; rename the source",
    size: 32 * 1024 * 1024,
  },
  (context) => {
    const { frontend, at, put, copy } = context;
    const messages = (told: readonly { message: string }[]) => told.map(({ message }) => message);

    it.each(['always', 'never', 'error'] as const)(
      'if two names fold to one, one is copied under %s',
      async (overwrite) => {
        const target = `out/meeting-${overwrite}`;
        put.directory('in/meeting/d', 'in/meeting/D');
        for (const name of ['README', 'readme', 'É', 'é', 'other']) {
          put.file(`in/meeting/${name}`, name);
        }
        const { errors } = await copy('in/meeting', target, {
          recursive: true,
          keepGoing: true,
          overwrite,
        });
        expect(messages(errors)).toEqual(
          Array(3).fill(expect.stringContaining('the file system may treat two names as one')),
        );
        const found = look(at(target));
        expect(
          Object.keys(found)
            .map((name) => name.toLowerCase())
            .sort(),
        ).toEqual(['d', 'other', 'readme', 'é']);
        for (const [name, { kind, content }] of Object.entries(found)) {
          expect(content).toBe(
            kind === 'directory'
              ? ''
              : name.normalize() === 'é' || name === 'É'
                ? Buffer.from(name).toString('latin1')
                : name,
          );
        }
      },
    );

    const shards = [0, 1, 2].map((index) => ({ shard: { index, count: 3 } }));
    it.each<{ how: string; isMerged?: boolean; runs: readonly CopyOptions[] }>([
      { how: 'in a directory that exists', isMerged: true, runs: [{}] },
      ...(frontend === api ? [{ how: 'of several jobs', runs: [{ concurrency: 3 }] }] : []),
      { how: 'of several shards', runs: shards },
    ])('no entry of a copy $how replaces another one', async ({ how, isMerged, runs }) => {
      const [source, target] = [`in/${how}`, `out/${how}`];
      const names = Array.from({ length: 12 }, (_, index) => [`name${index}`, `Name${index}`]).flat();
      put.directory(source);
      if (isMerged) {
        put.directory(target);
      }
      for (const each of names) {
        put.file(`${source}/${each}`, each);
      }
      put.file(`${source}/d/f`, 'd');
      put.file(`${source}/D/f`, 'D');
      const failed: string[] = [];
      for (const options of runs) {
        const { error, errors } = await copy(source, target, {
          recursive: true,
          keepGoing: true,
          ...options,
        });
        expect(error).toBe(undefined);
        failed.push(
          ...messages(errors).map((message) => /^cannot copy '([^']*)'/.exec(message)?.[1] ?? message),
        );
      }
      const found = new Set(Object.values(look(at(target))).map(({ content }) => content));
      const lost = names.filter((each) => !found.has(each) && !failed.includes(`${source}/${each}`));
      expect(lost).toEqual([]);
      expect(failed.length).toBeGreaterThanOrEqual(13);
    });

    it.each([
      ['out/same/File.txt', 'out/same/FILE.TXT'],
      ['out/same/Dir/f', 'out/same/dIR/f'],
    ])('%s is not copied onto %s, which is the same file', async (source, target) => {
      put.directory('out/same/Dir');
      put.file(source);
      const { error } = await copy(source, target);
      expect(error?.message).toBe(
        `cannot copy '${source}' to '${target}': cannot use '${target}': source and target are the same file`,
      );
      expect(look(at('out/same'))[source.slice('out/same/'.length)]).toMatchObject({ content: 'content' });
      expect(readdirSync(at('out/same')).filter((name) => name === 'FILE.TXT')).toEqual([]);
    });

    it('a file is copied over another one whose name differs in case', async () => {
      put.file('in/FILE', 'new');
      put.file('out/case/file', 'old');
      expect((await copy('in/FILE', 'out/case/FILE')).error).toBe(undefined);
      expect(Object.values(look(at('out/case')))).toMatchObject([{ content: 'new' }]);
    });

    it('a directory is not copied into itself under another spelling', async () => {
      put.file('out/Dir/f');
      const { error } = await copy('out/Dir', 'out/dir/x/y', { recursive: true, makeParents: true });
      expect(error?.message).toContain("cannot use 'out/Dir/x/y': a directory cannot be copied into itself");
      expect(readdirSync(at('out/Dir'), { recursive: true }).length).toBeLessThan(6);
    });

    testSeveralSources(context);

    it('a directory with an invalid name is an error', async () => {
      put.directory('in/strange/d:e');
      const { error } = await copy('in/strange', 'out/strange', { recursive: true });
      expect(error?.message).toMatch(
        /cannot create 'out\/strange\/d:e': the target's file system does not allow this name; rename the source$/,
      );
    });
  },
);
