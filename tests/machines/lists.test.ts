// Lists by fpart, copied by GNU parallel, as docs/several-machines.md says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';
import {
  commandsWith,
  environmentOf,
  expectWholeCopy,
  explainSkipped,
  killItsCopy,
  makeLists,
  prepare,
  runsIn,
  whyNot,
} from './place.js';

const why = whyNot('fpart', 'parallel');
explainSkipped('fpart with GNU parallel', why);

describe.skipIf(why !== undefined)('lists by fpart that GNU parallel copies', () => {
  it('are together equal to one copy, also if a run is killed and run again', () =>
    inMemoryDirectory(async (directory) => {
      prepare(directory);
      makeLists(directory);
      const [command = ''] = commandsWith('--files-from {}');
      const [program = '', ...args] = [...asOrdinaryUser, 'bash', '-c', command];
      const copying = spawn(program, args, { cwd: directory, env: environmentOf(directory) });
      const output = Promise.all([text(copying.stdout), text(copying.stderr)]);
      const closed = once(copying, 'close');

      await killItsCopy(directory);

      expect(await closed, (await output).join('')).toEqual([0, null]);
      const lists = runsIn(directory).map(({ args }) => /lists\/list\.\d+/.exec(args)?.[0]);
      expect(lists.length).toBe(new Set(lists).size + 1);
      expect(lists.length).toBeGreaterThan(5);
      expectWholeCopy(directory);
    }));
});
