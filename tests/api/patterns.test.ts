import { join } from 'node:path';
import fc from 'fast-check';
import { copy } from 'mapcp';
import { describe, expect, it } from 'vitest';
import { instantiateComponent } from '../../ts/component.js';
import { toComponent } from '../../ts/options.js';
import { patternFault } from '../../ts/patterns.js';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { hostWith, walkers } from '../host/helpers.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];

describe('a pattern', () => {
  it.each([
    { given: '', says: 'An empty pattern matches nothing.' },
    { given: './sub', says: "for './sub', write 'sub' or '/sub'" },
    { given: '../sub', says: "have no '.', '..' or '//'" },
    { given: 'a//b', says: "have no '.', '..' or '//'" },
    { given: '/', says: "have no '.', '..' or '//'" },
    { given: '[', says: "write '\\['" },
    { given: '*.{a,b', says: "write '\\{'" },
    { given: '{a,{b,c}}', says: 'give a pattern for each' },
    { given: '{a,b}'.repeat(9), says: 'at most 256' },
    { given: 'é'.repeat(2048), says: 'at most 4095 bytes' },
    { given: 'a\0', says: 'NUL' },
    { given: '[z-a]', says: "for '[z-a]', write '[a-z]'" },
    { given: '[!b-é-a]x[c-b]', says: "for '[z-a]', write '[a-z]'" },
    { given: '[a/b]', says: "No name has a '/' in it" },
    { given: 'x\\', says: "write '\\\\'" },
    { given: 'x\\/', says: 'without a backslash' },
    { given: 'a/\\./b', says: "have no '.', '..' or '//'" },
    { given: '{./a,b}', says: "have no '.', '..' or '//'" },
    { given: '{a,b/}/c', says: "have no '.', '..' or '//'" },
  ])('$given, which can never match, is a TypeError with the reason', ({ given, says }) =>
    inTemporaryDirectory(async (directory) => {
      for (const option of ['include', 'exclude']) {
        const task = copy(join(directory, 'a'), join(directory, 'b'), { [option]: ['*.o', given] });
        await expect(task).rejects.toBeInstanceOf(TypeError);
        await expect(task).rejects.toThrow(`options.${option}[1]`);
        await expect(task).rejects.toThrow(says);
      }
    }),
  );

  it('is refused by the component if and only if it is a TypeError', () =>
    inTemporaryDirectory(async (directory) => {
      const preopens = { '/in': { path: directory, access: 'read' } } as const;
      const host = hostWith(walker, { preopens, clocks: true, random: true });
      const { copier } = await instantiateComponent(host.imports);
      const isRefused = (exclude: string) => {
        const job = new copier.CopyJob('/in/none', '/in/b', {
          ...toComponent({}, false),
          exclude: [exclude],
        });
        try {
          job.step(1n);
        } catch (error) {
          return (error as { payload: { operation: string } }).payload.operation === 'accept';
        } finally {
          (job as Partial<Disposable>)[Symbol.dispose]?.();
        }
        throw new Error('there is a file that should be missing');
      };
      const unit = fc.constantFrom(...'[[]]{{}}!^,,\\\\/.ab--é'.split(''));

      fc.assert(
        fc.property(fc.string({ unit, maxLength: 8 }), (pattern) => {
          expect([pattern, isRefused(pattern)]).toEqual([pattern, patternFault(pattern) !== undefined]);
        }),
        { numRuns: 3000 },
      );
      host.close();
    }));
});
