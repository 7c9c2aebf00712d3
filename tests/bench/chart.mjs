// Draws the ratios: horizontal bars on a logarithmic scale, each with a thin line from minimum to maximum, and a line
// at cp. The background is light or dark as the reader's system is. `glance` draws the main ones, on a plain scale.

import { milliseconds, multiple, roundsOf } from './report.mjs';

const WIDTH = 896;
const MARGIN = 8;
const LABELS = 200;
const FIGURES = 40;
const BAR = 9;
const LINE = 24;
const HEAD = 34;

// The names of tmpfs and the disk; each has a colour of its own.
const places = ['tmpfs', 'disk'];

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .head { font-weight: 600 } .figure { font-size: 9px } .ours { font-weight: 600 }
  .ground { fill: #ffffff } .spread { stroke: #24292f }
  .tmpfs { fill: #54aeff } .disk { fill: #afb8c1 } .cp { stroke: #cf222e; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .ground { fill: #0d1117 } .spread { stroke: #e6edf3 }
    .tmpfs { fill: #1f6feb } .disk { fill: #57606a } .cp { stroke: #f85149 }
  }`;

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** @param {number} value */
const tenths = (value) => Number(value.toFixed(1));

/** @param {number} x @param {number} y @param {string} content @param {string} [kind] */
const text = (x, y, content, kind = '') =>
  `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}>${escaped(content)}</text>`;

/** @param {number} x1 @param {number} x2 @param {number} y1 @param {number} y2 @param {string} kind */
const line = (x1, x2, y1, y2, kind) =>
  `<line x1="${tenths(x1)}" x2="${tenths(x2)}" y1="${y1}" y2="${y2}" class="${kind}"/>`;

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} kind */
const bar = (x, y, width, height, kind) =>
  `<rect x="${x}" y="${y}" width="${tenths(width)}" height="${height}" class="${kind}"/>`;

/** The cases of the small picture, and the contestants in each. */
const glances = [
  { name: 'large', title: 'One large file' },
  { name: 'small', title: '5,000 small files' },
];
const RIVALS = ['cp', 'rsync', 'uutils cp', 'fs.copyFile', 'fs.cp', 'fs.cpSync', 'cpy', 'fs-extra'];

/** A bar that would be longer than this multiple of cp's is cut. */
const LONGEST = 4;

/** @param {string} name */
const isOurs = (name) => name === 'mapcp' || name === 'mapcp with atomic: tree';

/**
 * Draws a picture to look at for five seconds: the main contestants on tmpfs, the fastest first.
 * @param {import('./report.mjs').Results} results
 * @returns {string} an SVG document
 */
export function glance(results) {
  const room = WIDTH - MARGIN - LABELS - 2 * FIGURES;
  const parts = [text(MARGIN, 22, 'Time to copy, as a multiple of cp: shorter is faster', 'head')];
  let y = 34;
  for (const { name, title } of glances) {
    const rows = results.rows
      .flatMap((row) => ('median' in row && row.place === 'tmpfs' && row.case === name ? [row] : []))
      .filter(({ contestant }) => RIVALS.includes(contestant) || isOurs(contestant))
      .toSorted((one, other) => one.median - other.median);
    parts.push(text(MARGIN, y + 18, title, 'head'));
    y += HEAD - 8;
    const top = y;
    for (const { contestant, ratio = 0 } of rows) {
      const length = (Math.min(ratio, LONGEST) / LONGEST) * room;
      const end = ratio > LONGEST ? ' (cut)' : '';
      parts.push(
        text(MARGIN, y + 13, contestant, isOurs(contestant) ? 'ours' : ''),
        bar(LABELS, y + 2, Math.max(length, 1), 14, isOurs(contestant) ? 'tmpfs' : 'disk'),
        text(Math.round(LABELS + length) + 6, y + 13, `${ratio.toFixed(1)}${end}`),
      );
      y += 20;
    }
    parts.push(line(LABELS + room / LONGEST, LABELS + room / LONGEST, top, y, 'cp'));
    y += 8;
  }
  return picture(y, parts);
}

/**
 * Draws the results.
 * @param {import('./report.mjs').Results} results
 * @returns {string} an SVG document
 */
export function chart(results) {
  const drawn = results.rows.flatMap((row) =>
    'median' in row && row.ratio !== undefined
      ? [{ ...row, ratio: row.ratio, unit: row.median / row.ratio }]
      : [],
  );
  const logarithms = drawn.flatMap(({ least, most, unit }) => [
    Math.log10(least / unit),
    Math.log10(most / unit),
  ]);
  const [left, right] = [Math.min(-0.3, ...logarithms), Math.max(0.3, ...logarithms)];
  const room = WIDTH - MARGIN - LABELS - FIGURES;
  const at = (/** @type {number} */ ratio) => LABELS + ((Math.log10(ratio) - left) / (right - left)) * room;

  const parts = [
    text(MARGIN, 22, 'Time against cp: shorter is faster, the dashed line is cp (logarithmic)', 'head'),
    text(MARGIN, 38, `${results.date}, ${results.machine}`),
    text(MARGIN, 54, `${roundsOf(results)}; thin lines from the least to the most`),
  ];
  places.forEach((place, index) => {
    const x = WIDTH - 118 + index * 60;
    parts.push(bar(x, 13, 10, 10, place), text(x + 14, 22, place));
  });

  let y = 66;
  for (const title of new Set(drawn.map((row) => row.title))) {
    const group = drawn.filter((row) => row.title === title);
    const ofCp = group.filter(({ contestant }) => contestant === 'cp');
    const absolute = ofCp.map(({ place, median }) => `${milliseconds(median)} ms on ${place}`).join(', ');
    parts.push(text(MARGIN, y + 18, `${title}: cp takes ${absolute}`, 'head'));
    y += HEAD - 6;
    const top = y;
    for (const name of new Set(group.map(({ contestant }) => contestant))) {
      parts.push(text(MARGIN, y + 14, name, name === 'mapcp' ? 'ours' : ''));
      for (const { place, ratio, unit, least, most } of group.filter((row) => row.contestant === name)) {
        const upper = y + 2 + places.indexOf(place) * (BAR + 1);
        const middle = upper + BAR / 2;
        parts.push(
          bar(LABELS, upper, Math.max(at(ratio) - LABELS, 1), BAR, place),
          line(at(least / unit), at(most / unit), middle, middle, 'spread'),
          text(Math.round(at(most / unit)) + 4, upper + 8, multiple(ratio), 'figure'),
        );
      }
      y += LINE;
    }
    parts.push(line(at(1), at(1), top, y, 'cp'));
    y += 10;
  }
  return picture(y, parts);
}

/** @param {number} height @param {readonly string[]} parts */
const picture = (height, parts) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Time of copies against cp</title>
<style>${style}
</style>
<rect width="${WIDTH}" height="${height}" rx="8" class="ground"/>
${parts.join('\n')}
</svg>
`;
