import type { Behaviour, ExpectedError } from '../behaviour.js';
import type { Put } from '../tree.js';

const temporary = '.mapcp-0123456789abcdef.tmp';
const aside = '.mapcp-0123456789abcdef.old.site';

const refused = (path: string, entry?: string): ExpectedError => ({
  code: 'EINVAL',
  says: `cannot use '${path}': only unfinished copies have such a name, and cleaning removes them`,
  ...(entry && { entry }),
});

function tree(put: Put): void {
  put.directory(`in/a/d/${temporary}`, `in/a/${aside}`);
  put.file('in/a/f');
  put.file(`in/a/d/${temporary}/g`);
  put.file(`in/a/${aside}/g`);
  put.symlink(`in/a/d/${temporary.replace('0', '1')}`, 'f');
  put.file('in/a/.mapcp-0123456789abcdef.tmp.txt');
}

const left = [aside, `d/${temporary}`, `d/${temporary.replace('0', '1')}`];

/** Names that only unfinished copies have. A copy under such a name would be lost when its directory is cleaned. */
export const unfinishedNames: readonly Behaviour[] = [
  ...[`out/${temporary}`, `out/${aside}`, `out/d/${temporary}`, `out/${temporary}/b`].map(
    (target): Behaviour => ({
      name: `a target whose path has the name of an unfinished copy is refused: ${target}`,
      prepare: (put) => put.file('in/a'),
      target,
      error: refused(target),
    }),
  ),
  {
    name: 'a file with the name of an unfinished copy can be copied under another name',
    prepare: (put) => put.file(`in/${temporary}`),
    source: `in/${temporary}`,
    out: { b: 'content' },
  },
  {
    name: 'a tree is copied without the entries that have names of unfinished copies, with a warning for each',
    prepare: tree,
    options: { recursive: true },
    out: { b: null, 'b/f': 'content', 'b/d': null, 'b/.mapcp-0123456789abcdef.tmp.txt': 'content' },
    warnings: left.map((entry) => refused(`in/a/${entry}`, entry)),
    counts: { files: 2, directories: 2 },
  },
  {
    name: 'of copies that divide a tree, one warns of each entry with the name of an unfinished copy',
    prepare: tree,
    options: { recursive: true },
    shards: 3,
    out: { b: null, 'b/f': 'content', 'b/d': null, 'b/.mapcp-0123456789abcdef.tmp.txt': 'content' },
    warnings: left.map((entry) => refused(`in/a/${entry}`, entry)),
  },
  {
    name: 'an excluded entry with the name of an unfinished copy causes no warning',
    prepare: tree,
    options: { recursive: true, exclude: ['.mapcp-*.tmp', '.mapcp-*.old.*'] },
    out: { b: null, 'b/f': 'content', 'b/d': null, 'b/.mapcp-0123456789abcdef.tmp.txt': 'content' },
    warnings: [],
  },
  {
    name: 'a listed path with the name of an unfinished copy is refused',
    prepare: tree,
    options: { files: [`d/${temporary}/g`] },
    out: { b: null },
    error: refused(`in/a/d/${temporary}/g`, `d/${temporary}/g`),
  },
];
