// Prints results as a table for people, and writes them as JSON for programs.

import { cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';

/** @typedef {import('./measure.mjs').Figures} Figures */

/**
 * A contestant in a case at a place. Its ratio is to cp in the same run, if cp has figures.
 * @typedef {{ place: string, case: string, title: string, contestant: string } & ( (Figures & { ratio: number |
 *   undefined }) | { missing: string } | { failed: string })} Row
 */

/**
 * A run. `partial` says why it is not the whole benchmark, or which important figures are missing. `contestants` has
 * their names in order, and `versions` those of the programs.
 * @typedef {{ date: string, machine: string, rounds: number, versions: readonly string[], contestants: readonly
 *   string[], partial: readonly string[], rows: readonly Row[] }} Results
 */

/** Describes the machine that the figures are from. */
export function describeMachine() {
  const [{ model } = { model: 'unknown processor' }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${model.trim()}, ${memory} GiB, ${type()} ${release()}, Node ${process.version}`;
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

// The maximum length of a reason in the table. bench.json has all of it.
const REASON = 72;

/**
 * Why there are no figures, in a few words.
 * @param {{ missing: string } | { failed: string }} outcome
 */
export function why(outcome) {
  const [kind, text] = 'missing' in outcome ? ['missing', outcome.missing] : ['failed', outcome.failed];
  const lines = text.trim().split('\n');
  // Node prints a line of source before the error.
  const line = lines.find((each) => /^\w*Error\b/.test(each)) ?? lines[0] ?? '';
  return `${kind}: ${line.length > REASON ? `${line.slice(0, REASON)}…` : line}`;
}

/**
 * The number of rounds, in words.
 * @param {Results} results
 */
export function roundsOf({ rounds, rows }) {
  const fewest = Math.min(...rows.flatMap((row) => ('median' in row ? [row.rounds] : [])));
  return `medians of ${rounds} rounds${fewest < rounds ? `, and of at least ${fewest} if those take long` : ''}`;
}

/**
 * A Markdown table that is also readable as text, without empty columns.
 * @param {readonly (readonly string[])[]} lines the head and the others
 */
export function markdown(lines) {
  const columns = (lines[0] ?? [])
    .map((_, column) => column)
    .filter((column) => column === 0 || lines.slice(1).some((line) => line[column]));
  const [head = [], ...body] = lines.map((line) =>
    columns.map((column) => line[column]?.replaceAll('|', '\\|') ?? ''),
  );
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((line) => line[column]?.length ?? 0), 3),
  );
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${widths
      .map((width, column) => {
        const text = cells[column] ?? '';
        return column === 0 ? text.padEnd(width) : text.padStart(width);
      })
      .join(' | ')} |\n`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return line(head) + line(rule) + body.map(line).join('');
}

/**
 * The rows of one case at one place.
 * @param {readonly Row[]} rows
 */
export const table = (rows) =>
  markdown([
    ['', 'rounds', 'median', 'spread', 'ratio', 'longest turn', 'memory', 'note'],
    ...rows.map(cellsOf),
  ]);

/**
 * What the names of the cases mean.
 * @param {readonly Row[]} rows
 */
export const legend = (rows) =>
  [...new Map(rows.map((row) => [row.case, row.title]))]
    .map(([name, title]) => `- **${name}**: ${title}\n`)
    .join('');

/**
 * The ratios of all cases at one place, with a line for each contestant and a column for each case. A dash is a row
 * without figures.
 * @param {readonly Row[]} rows
 * @param {readonly string[]} contestants in their order
 */
export function matrix(rows, contestants) {
  const cases = [...new Set(rows.map((row) => row.case))];
  const cell = (/** @type {string} */ contestant, /** @type {string} */ name) => {
    const row = rows.find((each) => each.contestant === contestant && each.case === name);
    if (row === undefined || !('median' in row)) {
      return row === undefined ? '' : '–';
    }
    return contestant === 'cp' ? `${milliseconds(row.median)} ms` : multiple(row.ratio);
  };
  return markdown([
    ['', ...cases],
    ...contestants
      .map((contestant) => [contestant, ...cases.map((name) => cell(contestant, name))])
      .filter(([, ...cells]) => cells.some((each) => each !== '')),
  ]);
}

/** @param {Row} row */
function cellsOf(row) {
  if (!('median' in row)) {
    return [row.contestant, '', '', '', '', '', '', why(row)];
  }
  const { contestant, rounds, median, least, most, ratio, longestTurn, memory } = row;
  return [
    contestant,
    `${rounds}`,
    `${milliseconds(median)} ms`,
    `${milliseconds(least)}–${milliseconds(most)}`,
    ratio?.toFixed(2) ?? '',
    longestTurn === undefined ? '' : `${milliseconds(longestTurn)} ms`,
    memory === undefined ? '' : `${(memory / 2 ** 20).toFixed(0)} MiB`,
  ];
}

/** @param {number} value */
export const milliseconds = (value) => value.toFixed(value < 100 ? 1 : 0);

/** @param {number | undefined} ratio */
export const multiple = (ratio) => ratio?.toFixed(ratio < 10 ? 2 : 0) ?? '';
