// Makes the manual pages: `node build/man.mjs DOCUMENT.md PAGE.1` from the documentation of `mapcp`, and
// `node build/man.mjs PROGRAM.js PAGE.1` from what another command prints as its help.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import remarkMan from 'remark-man';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { runScript } from './clang.mjs';

/**
 * What the commands do.
 * @type {Readonly<Record<string, string>>}
 */
const descriptions = {
  mapcp: 'copy files, links and directory trees in a sandbox',
  'mapcp-run': 'run a WebAssembly program in a sandbox',
};

/**
 * Converts the help of a command to Markdown: a line of usage, text, a line for each option, and text.
 * @param {string} help
 */
function markdownFrom(help) {
  const [usage = '', ...parts] = help.trim().split('\n\n');
  const texts = parts.map((part) => part.replace(/^ {2}(--.*?) {2,}(.*)$/gm, '- `$1`: $2'));
  return `## Synopsis\n\n\`${usage.replace(/^Usage: /, '')}\`\n\n## Description\n\n${texts.join('\n\n')}\n`;
}

await runScript(async () => {
  const [document = '', page = ''] = process.argv.slice(2);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const name = basename(page, '.1');
  const description = descriptions[name];
  const text = document.endsWith('.md')
    ? readFileSync(document, 'utf8')
    : markdownFrom(execFileSync(process.execPath, [document, '--help'], { encoding: 'utf8' }));
  const processor = unified().use(remarkParse).use(remarkMan, { name, section: 1, version, description });
  const roff = String(await processor.process(text))
    // No date: the same sources must give the same page.
    .replace(/^(\.TH "[\w-]+" "1") "[^"]*"/m, '$1 ""')
    // A relative link leads nowhere from a manual page.
    .replace(/\\fI\\\(la([\w-]+\.md)(#[\w-]+)?\\\(ra\\fR/g, '(docs/$1 of the package)')
    // Without UTF-8, formatters cannot print an ellipsis, and leave it out.
    .replaceAll('…', '...')
    // Some formatters would print a typographic dash, and a copied option would not work.
    .replace(/^[^.].*$/gm, (line) => line.replaceAll('-', '\\-'));
  writeFileSync(page, roff);
  return 0;
});
