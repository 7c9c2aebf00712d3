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

const columns = ['', 'median', 'spread', 'ratio', 'longest turn', 'memory'];

/**
 * The rows of one case at one place as a Markdown table, which is readable as it is, too.
 * @param {readonly Row[]} rows
 */
export function table(rows) {
  const cells = [columns, ...rows.map(cellsOf)];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0), 3));
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${widths
      .map((width, column) => {
        const text = row[column] ?? '';
        return column === 0 ? text.padEnd(width) : text.padStart(width);
      })
      .join(' | ')} |\n`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [head = columns, ...body] = cells;
  return line(head) + line(rule) + body.map(line).join('');
}

/** @param {Row} row */
function cellsOf(row) {
  if ('missing' in row) {
    return [row.contestant, 'missing'];
  }
  if ('failed' in row) {
    return [row.contestant, 'failed'];
  }
  const { contestant, median, least, most, ratio, longestTurn, memory } = row;
  return [
    contestant,
    `${milliseconds(median)} ms`,
    `${milliseconds(least)}–${milliseconds(most)}`,
    ratio.toFixed(2),
    longestTurn === undefined ? '' : `${milliseconds(longestTurn)} ms`,
    memory === undefined ? '' : `${(memory / 2 ** 20).toFixed(0)} MiB`,
  ];
}

/** @param {number} value */
const milliseconds = (value) => value.toFixed(value < 100 ? 1 : 0);
