// The ratios as a picture: horizontal bars on a logarithmic scale, with a line where cp is. Readable on light and on
// dark ground.

/** @typedef {import('./report.mjs').Row} Row */

const WIDTH = 880;
const LABELS = 200;
const FIGURES = 56;
const BAR = 9;
const LINE = 24;
const HEAD = 34;

// Names of tmpfs and the disk, each with a colour of its own.
const places = ['tmpfs', 'disk'];

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .head { font-weight: 600 } .figure { font-size: 9px } .ours { font-weight: 600 }
  .tmpfs { fill: #0969da } .disk { fill: #8c959f } .cp { stroke: #cf222e; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .tmpfs { fill: #4493f8 } .disk { fill: #6e7681 } .cp { stroke: #f85149 }
  }`;

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** @param {number} x @param {number} y @param {string} content @param {string} [kind] */
const text = (x, y, content, kind = '') =>
  `<text x="${x}" y="${y}" class="${kind}">${escaped(content)}</text>`;

/**
 * Draws what was measured.
 * @param {import('./report.mjs').Results} results
 * @returns {string} an SVG document
 */
export function chart({ date, machine, rows }) {
  const drawn = rows.flatMap((row) =>
    'median' in row && row.ratio !== undefined ? [{ ...row, ratio: row.ratio }] : [],
  );
  const logarithms = drawn.map(({ ratio }) => Math.log10(ratio));
  const [least, most] = [Math.min(-0.3, ...logarithms), Math.max(0.3, ...logarithms)];
  const room = WIDTH - LABELS - FIGURES;
  const at = (/** @type {number} */ ratio) => LABELS + ((Math.log10(ratio) - least) / (most - least)) * room;

  const parts = [
    text(0, 14, 'Time against cp: shorter is faster, the dashed line is cp (logarithmic)', 'head'),
    text(0, 30, `${date}, ${machine}`),
  ];
  places.forEach((place, index) => {
    const x = WIDTH - 110 + index * 60;
    parts.push(`<rect x="${x}" y="5" width="10" height="10" class="${place}"/>`, text(x + 14, 14, place));
  });

  let y = 44;
  for (const title of new Set(drawn.map((row) => row.title))) {
    const group = drawn.filter((row) => row.title === title);
    parts.push(text(0, y + 18, title, 'head'));
    y += HEAD - 6;
    const top = y;
    for (const name of new Set(group.map(({ contestant }) => contestant))) {
      parts.push(text(0, y + 14, name, name === 'mapcp' ? 'ours' : ''));
      for (const { place, ratio } of group.filter(({ contestant }) => contestant === name)) {
        const line = y + 2 + places.indexOf(place) * (BAR + 1);
        const length = Math.max(at(ratio) - LABELS, 1).toFixed(1);
        parts.push(
          `<rect x="${LABELS}" y="${line}" width="${length}" height="${BAR}" class="${place}"/>`,
          text(LABELS + Number(length) + 4, line + 8, ratio.toFixed(ratio < 10 ? 2 : 0), 'figure'),
        );
      }
      y += LINE;
    }
    const x = at(1).toFixed(1);
    parts.push(`<line x1="${x}" x2="${x}" y1="${top}" y2="${y}" class="cp"/>`);
    y += 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img">
<title>Time of copies against cp</title>
<style>${style}
</style>
${parts.join('\n')}
</svg>
`;
}
