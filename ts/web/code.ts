// Functions from the files that the page was built from.

import fileCopy from '../../c-src/engine/file_copy.c?raw';
import mapping from '../../c-src/engine/window.c?raw';
import walk from '../browser/walk.ts?raw';
import copying from './copying.ts?raw';
import { element, make } from './elements.js';

/** A function in a file. */
interface Excerpt {
  readonly file: string;
  readonly text: string;
  readonly name: string;
  readonly says: string;
}

const excerpts: readonly Excerpt[] = [
  {
    file: 'c-src/engine/window.c',
    text: mapping,
    name: 'mapcp_map',
    says: 'The engine maps a window of the source.',
  },
  {
    file: 'c-src/engine/file_copy.c',
    text: fileCopy,
    name: 'copy_window',
    says: 'It writes the window and unmaps it.',
  },
  { file: 'ts/web/copying.ts', text: copying, name: 'copyAll', says: 'This page starts the copy.' },
  {
    file: 'ts/browser/walk.ts',
    text: walk,
    name: 'walk',
    says: 'The host walks every path, and never above its start.',
  },
];

/**
 * The lines of a function that begins and ends at the left margin.
 *
 * @throws an Error if there is no such function
 */
export function functionIn(text: string, name: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^\w/.test(line) && line.includes(` ${name}(`));
  const end = lines.indexOf('}', start);
  if (start === -1 || end === -1) {
    throw new Error(`there is no function '${name}' to show`);
  }
  return lines.slice(start, end + 1).join('\n');
}

/** Shows the functions. */
export function showCode(): void {
  element('code', HTMLDivElement).replaceChildren(
    ...excerpts.map(({ file, text, name, says }) => {
      const code = make('pre', '', make('code', '', functionIn(text, name)));
      code.tabIndex = 0;
      code.setAttribute('role', 'region');
      code.setAttribute('aria-label', `${name} in ${file}`);
      return make('figure', '', make('figcaption', '', `${says} `, make('code', '', file)), code);
    }),
  );
}
