// What was measured, as a table for people and as JSON for programs.

import { cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';

/** @typedef {import('./measure.mjs').Figures} Figures */

/**
 * One row: a contestant on a case at a place, with its time as a multiple of cp's in the same run.
 * @typedef {{ place: string, case: string, title: string, contestant: string } & (
 *   (Figures & { ratio: number }) | { missing: string } | { failed: string })} Row
 */

/** @typedef {{ date: string, machine: string, rounds: number, rows: readonly Row[] }} Results */

/** What the figures hold for. */
export function describeMachine() {
  const [{ model } = { model: 'unknown processor' }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${model.trim()}, ${memory} GiB, ${type()} ${release()}, Node ${process.version}`;
}

/**
 * A Markdown table that is readable as it is, too.
 * @param {readonly (readonly string[])[]} lines the head and the others, with as many cells in each
 */
function markdown([head = [], ...body]) {
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
  markdown([['', 'rounds', 'median', 'spread', 'ratio', 'longest turn', 'memory'], ...rows.map(cellsOf)]);

/**
 * The ratios of all cases at one place, a line for each contestant and a column for each case.
 * @param {readonly Row[]} rows
 * @param {readonly string[]} contestants in the order that they are to have
 */
export function matrix(rows, contestants) {
  const cases = [...new Set(rows.map((row) => row.case))];
  const cell = (/** @type {string} */ contestant, /** @type {string} */ name) => {
    const row = rows.find((each) => each.contestant === contestant && each.case === name);
    if (row === undefined || !('ratio' in row)) {
      return row === undefined ? '' : 'missing' in row ? 'missing' : 'failed';
    }
    return row.ratio === 1 ? `${milliseconds(row.median)} ms` : row.ratio.toFixed(row.ratio < 10 ? 2 : 0);
  };
  return markdown([
    ['', ...cases.map((name) => rows.find((row) => row.case === name)?.title ?? '')],
    ...contestants.map((contestant) => [contestant, ...cases.map((name) => cell(contestant, name))]),
  ]);
}

/** @param {Row} row */
function cellsOf(row) {
  if ('missing' in row) {
    return [row.contestant, 'missing'];
  }
  if ('failed' in row) {
    return [row.contestant, 'failed'];
  }
  const { contestant, rounds, median, least, most, ratio, longestTurn, memory } = row;
  return [
    contestant,
    `${rounds}`,
    `${milliseconds(median)} ms`,
    `${milliseconds(least)}–${milliseconds(most)}`,
    ratio.toFixed(2),
    longestTurn === undefined ? '' : `${milliseconds(longestTurn)} ms`,
    memory === undefined ? '' : `${(memory / 2 ** 20).toFixed(0)} MiB`,
  ];
}

/** @param {number} value */
const milliseconds = (value) => value.toFixed(value < 100 ? 1 : 0);
