import { readFileSync } from 'node:fs';

/** What a program with a table of cases (table.h) prints when all of them hold: their sentences, from its source. */
export function expectedOutput(source: string): string {
  const rows = [...readFileSync(source, 'utf8').matchAll(/^ {4}\{"(.+)",\s*\w+\},$/gm)];
  return rows.map(([, sentence]) => `ok: ${sentence}\n`).join('');
}
