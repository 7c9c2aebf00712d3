// Which names some file system treats as one, compared with JavaScript's own functions, for every code point.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copy } from 'mapcp';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { classOf, hasEnginesUnicode, siblingsOf, sortedByBytes } from '../helpers/names.js';

it.skipIf(!hasEnginesUnicode)('every code point equals those that have the same form', async () => {
  const classes = new Map<string, string[]>();
  for (let code = 0x21; code <= 0x10ffff; code++) {
    const isName = (code < 0x7f || code > 0x9f) && (code < 0xd800 || code > 0xdfff) && code !== 0x2f;
    if (isName && !'<>:"|?*\\'.includes(String.fromCodePoint(code))) {
      const name = `${String.fromCodePoint(code)}x`;
      const form = classOf(name);
      const members = classes.get(form);
      if (members === undefined) {
        classes.set(form, [name]);
      } else {
        members.push(name);
      }
    }
  }
  // Names that equal no other one matter only if the engine thinks otherwise. Letters with a case and marks do, and
  // some of the others.
  const alone = [...classes.values()].filter(({ length }) => length === 1).flat();
  const several = [...classes.values()].filter(({ length }) => length > 1);
  // A form is a name as well, and the name of one character may be equal to a longer one.
  const forms = [...classes.keys()].filter((form) => [...form].length > 2);
  for (const form of forms) {
    classes.get(form)?.push(form);
  }
  const names = new Set([
    ...several.flat(),
    ...forms,
    ...alone.filter((name, index) => index % 50 === 0 || /^[\p{Cased}\p{M}]/u.test(name)),
  ]);
  const expected = [...classes.values()].flatMap((members) => {
    const [first, ...others] = sortedByBytes([...new Set(members)].filter((name) => names.has(name)));
    return others.map((name) => [name, first] as const);
  });
  expect(await siblingsOf([...names])).toEqual(Object.fromEntries(expected));
});

describe.each<[string, (source: string, target: string, wait: () => Promise<void>) => Promise<unknown>]>([
  [
    'a stream',
    (_, target, wait) => {
      const chunks = (async function* () {
        yield Buffer.from('new');
        await wait();
      })();
      return copy(chunks, target, { names: 'portable' });
    },
  ],
  [
    'an atomic tree',
    (source, target, wait) => {
      const files = (async function* () {
        yield 'a';
        await wait();
      })();
      return copy(source, target, { names: 'portable', atomic: 'tree', files });
    },
  ],
])('%s whose name collides with one that appears during the copy', (_, run) => {
  it('is refused and leaves nothing', async ({ inMemory: directory }) => {
    const source = join(directory, 'source');
    const target = join(directory, 'target');
    mkdirSync(source);
    mkdirSync(target);
    writeFileSync(join(source, 'a'), 'new');
    const running = run(source, join(target, 'readme'), async () => {
      writeFileSync(join(target, 'README'), 'other');
    });
    await expect(running).rejects.toMatchObject({ code: 'ERR_MAPCP_NAME_NOT_PORTABLE', sibling: 'README' });
    expect(readdirSync(target)).toEqual(['README']);
  });
});

it('the error of a collision has the name of the sibling, and any other error has none', async () => {
  expect(await siblingsOf(['README', 'readme', 'con'])).toStrictEqual({ readme: 'README', con: undefined });
});
