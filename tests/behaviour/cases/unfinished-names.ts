import type { Behaviour, ExpectedError } from '../behaviour.js';
import { type Expected, link } from '../tree.js';

const temporary = '.mapcp-0123456789abcdef.tmp';
const aside = '.mapcp-0123456789abcdef.old.site';

const refused = (path: string, entry?: string): ExpectedError => ({
  code: 'EINVAL',
  says: `cannot use '${path}': only unfinished copies have such a name, and cleaning removes them`,
  ...(entry && { entry }),
});

const tree: Expected = {
  'in/a/f': 'content',
  [`in/a/d/${temporary}/g`]: 'content',
  [`in/a/${aside}/g`]: 'content',
  [`in/a/d/${temporary.replace('0', '1')}`]: link('f'),
  'in/a/.mapcp-0123456789abcdef.tmp.txt': 'content',
};

const left = [aside, `d/${temporary}`, `d/${temporary.replace('0', '1')}`];

/** Names that only unfinished copies have. A copy under such a name would be lost when its directory is cleaned. */
export const unfinishedNames: readonly Behaviour[] = [
  ...[`out/${temporary}`, `out/${aside}`, `out/d/${temporary}`, `out/${temporary}/b`].map(
    (target): Behaviour => ({
      name: `a target whose path has the name of an unfinished copy is refused: ${target}`,
      before: { 'in/a': 'content' },
      target,
      error: refused(target),
    }),
  ),
  {
    name: 'a file with the name of an unfinished copy can be copied under another name',
    before: { [`in/${temporary}`]: 'content' },
    source: `in/${temporary}`,
    out: { b: 'content' },
  },
  {
    name: 'a tree is copied without the entries that have names of unfinished copies, with a warning for each',
    before: tree,
    options: { recursive: true },
    out: { 'b/f': 'content', 'b/d': null, 'b/.mapcp-0123456789abcdef.tmp.txt': 'content' },
    warnings: left.map((entry) => refused(`in/a/${entry}`, entry)),
    counts: { files: 2, directories: 2 },
  },
  {
    name: 'of copies that divide a tree, one warns of each entry with the name of an unfinished copy',
    before: tree,
    options: { recursive: true },
    shards: 3,
    out: { 'b/f': 'content', 'b/d': null, 'b/.mapcp-0123456789abcdef.tmp.txt': 'content' },
    warnings: left.map((entry) => refused(`in/a/${entry}`, entry)),
  },
  {
    name: 'an excluded entry with the name of an unfinished copy causes no warning',
    before: tree,
    options: { recursive: true, exclude: ['.mapcp-*.tmp', '.mapcp-*.old.*'] },
    out: { 'b/f': 'content', 'b/d': null, 'b/.mapcp-0123456789abcdef.tmp.txt': 'content' },
    warnings: [],
  },
  {
    name: 'a listed path with the name of an unfinished copy is refused',
    before: tree,
    options: { files: [`d/${temporary}/g`] },
    out: { b: null },
    error: refused(`in/a/d/${temporary}/g`, `d/${temporary}/g`),
  },
];
