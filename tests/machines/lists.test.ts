// Lists by fpart, copied by GNU parallel, as docs/several-machines.md says.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { asOrdinaryUser } from '../helpers/ordinary-user.js';
import {
  commandsWith,
  describeUnless,
  environmentOf,
  expectWholeCopy,
  killItsCopy,
  runsIn,
  whyNot,
  withLists,
} from './place.js';

describeUnless(whyNot('fpart', 'parallel'), 'lists by fpart that GNU parallel copies', () => {
  it('are together equal to one copy, also if a run is killed and run again', () =>
    withLists(async (directory) => {
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
