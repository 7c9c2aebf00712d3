import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { copy } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';

describe('a pattern', () => {
  it.for([
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
    { given: '[[:alpha:]]*', says: "as in '[a-zA-Z]'" },
    { given: 'x[!_[:digit:]]', says: "as in '[a-zA-Z]'" },
    { given: '[a/b]', says: "No name has a '/' in it" },
    { given: 'x\\', says: "write '\\\\'" },
    { given: 'x\\/', says: 'without a backslash' },
    { given: 'a/\\./b', says: "have no '.', '..' or '//'" },
    { given: '{./a,b}', says: "have no '.', '..' or '//'" },
    { given: '{a,b/}/c', says: "have no '.', '..' or '//'" },
  ])(
    '$given, which can never match, is a TypeError with the reason',
    async ({ given, says }, { directory }) => {
      mkdirSync(join(directory, 'a'));
      for (const option of ['include', 'exclude']) {
        const task = copy(join(directory, 'a'), join(directory, 'b'), { [option]: ['*.o', given] });
        await expect(task).rejects.toBeInstanceOf(TypeError);
        await expect(task).rejects.toThrow(`options.${option}[1]`);
        await expect(task).rejects.toThrow(says);
        expect(readdirSync(directory)).toEqual(['a']);
      }
    },
  );
});
