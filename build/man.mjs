// Makes a manual page from the command line's documentation: `node build/man.mjs DOCUMENT.md PAGE.1`.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import remarkMan from 'remark-man';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { runScript } from './clang.mjs';

const description = 'copy files, links and directory trees in a sandbox';

await runScript(async () => {
  const [document = '', page = ''] = process.argv.slice(2);
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const processor = unified().use(remarkParse).use(remarkMan, { name, section: 1, version, description });
  const roff = String(await processor.process(readFileSync(document, 'utf8')))
    // No date: the same sources must give the same page.
    .replace(/^(\.TH "\w+" "1") "[^"]*"/m, '$1 ""')
    // Some formatters would print a typographic dash, and a copied option would not work.
    .replace(/^[^.].*$/gm, (line) => line.replaceAll('-', '\\-'));
  writeFileSync(page, roff);
  return 0;
});
