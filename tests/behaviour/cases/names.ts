import type { Behaviour } from '../behaviour.js';

const odd = [
  'two words',
  ' ',
  'two\nlines',
  'tab\there',
  'bell\x07',
  'ünïcödé ☃ 文件 🎉',
  'e\u0301 is not \u00e9',
  'right-to-left \u202e',
  'back\\slash',
  '-r',
  '--help',
  "it's",
  '"quoted"',
  '*?[x]',
  '...',
  '~',
  '$HOME',
  'a:b',
  'CON',
  '.mapcp-not-ours.tmp',
  'n'.repeat(255),
];

/** Names that often cause faults. */
export const names: readonly Behaviour[] = [
  ...odd.map(
    (name): Behaviour => ({
      name: `a file named ${JSON.stringify(name.slice(0, 40))} is copied`,
      prepare: (put) => put.file(`in/${name}`, name),
      source: `in/${name}`,
      target: `out/${name}`,
      out: { [name]: name },
    }),
  ),
  {
    name: 'a tree keeps names of every kind',
    prepare: (put) => {
      for (const name of odd) {
        put.directory(`in/a/${name}`);
        put.file(`in/a/${name}/${name}`, name);
      }
    },
    options: { recursive: true },
    out: {
      b: null,
      ...Object.fromEntries(odd.flatMap((name) => [[`b/${name}`, null] as const])),
      ...Object.fromEntries(odd.map((name) => [`b/${name}/${name}`, name])),
    },
  },
  {
    name: 'names that differ only in case or Unicode form stay different',
    onWindows: 'Windows ignores case in names',
    prepare: (put) => {
      put.directory('in/a');
      for (const name of ['x', 'X', '\u00e9', 'e\u0301']) {
        put.file(`in/a/${name}`, name);
      }
    },
    options: { recursive: true },
    out: { b: null, 'b/x': 'x', 'b/X': 'X', 'b/\u00e9': '\u00e9', 'b/e\u0301': 'e\u0301' },
  },
  {
    name: 'a target with a name that is too long is refused',
    prepare: (put) => put.file('in/a'),
    target: `out/${'n'.repeat(256)}`,
    error: {
      code: 'ENAMETOOLONG',
      says: `cannot inspect 'out/${'n'.repeat(256)}': the name or the path is too long`,
    },
  },
];
