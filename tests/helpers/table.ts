import { readFileSync } from 'node:fs';

/** The output of a program with a table of cases (table.h) if all pass: the names of the cases in its source. */
export function expectedOutput(source: string): string {
  const rows = [...readFileSync(source, 'utf8').matchAll(/^CASE\("(.+)"\) \{$/gm)];
  return rows.map(([, sentence]) => `ok: ${sentence}\n`).join('');
}
