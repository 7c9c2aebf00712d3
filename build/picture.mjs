// Draws what the command line shows while it copies: `node build/picture.mjs PICTURE.svg`.
//
// Copies a real tree, in a pseudo-terminal by util-linux's `script`, and lets a terminal emulator say what is on the
// screen. The picture moves as the run did, and stands still at the end before it begins anew.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import xterm from '@xterm/headless';
import { runScript, ToolError } from './clang.mjs';

const COLUMNS = 100;
const ROWS = 3;
/** The command as the picture shows it, and as it is run. */
const COMMAND = 'mapcp --recursive photos backup && ls backup/photos';
const FILES = 40;
const FILE_BYTES = 16 * 2 ** 20;
/** Milliseconds: as often as the screen is looked at, and for how long the last one stays. */
const FRAME = 150;
const REST = 3000;

const CHARACTER_WIDTH = 8.4;
const LINE_HEIGHT = 20;
const MARGIN = 16;

/** @typedef {{ at: number, lines: string[] }} Frame what was on the screen from a moment on, in milliseconds */

/** @param {string} directory an empty one, which gets a tree that takes some seconds to copy, and the command */
function prepare(directory) {
  const content = Buffer.alloc(FILE_BYTES, 'photo');
  mkdirSync(join(directory, 'backup'));
  for (let number = 1; number <= FILES; number++) {
    const month = join(directory, 'photos', `2026-${String(Math.ceil(number / 5)).padStart(2, '0')}`);
    mkdirSync(month, { recursive: true });
    writeFileSync(join(month, `${String(number).padStart(4, '0')}.raw`), content);
  }
  symlinkSync(resolve('build/out/js/cli/main.js'), join(directory, 'mapcp'));
}

/**
 * @param {string} directory where the command is run
 * @returns {Promise<Frame[]>}
 */
async function record(directory) {
  const terminal = new xterm.Terminal({
    cols: COLUMNS,
    rows: ROWS,
    allowProposedApi: true,
    convertEol: false,
  });
  const onScreen = () =>
    Array.from(
      { length: ROWS },
      (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? '',
    );
  const started = performance.now();
  /** @type {Frame[]} */
  const frames = [];
  const look = () => {
    const lines = onScreen();
    if (lines.join('\n') !== frames.at(-1)?.lines.join('\n')) {
      frames.push({ at: performance.now() - started, lines });
    }
  };
  /** @param {string | Uint8Array} data */
  const show = (data) => new Promise((done) => terminal.write(data, () => done(undefined)));

  await show(`$ ${COMMAND}\r\n`);
  look();
  const child = spawn('script', ['-qfec', `stty cols ${COLUMNS} && ${COMMAND}`, '/dev/null'], {
    cwd: directory,
    env: { ...process.env, PATH: `${directory}:${process.env.PATH}`, TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setInterval(look, FRAME);
  for await (const data of child.stdout) {
    await show(data);
  }
  clearInterval(timer);
  look();
  if (child.exitCode) {
    throw new ToolError(`'${COMMAND}' ended with status ${child.exitCode}`);
  }
  return frames;
}

/** @param {string} text */
function xmlText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * A line with the width that it has in a terminal, whatever the font.
 * @param {string} text
 * @param {number} row
 */
function drawLine(text, row) {
  const y = MARGIN + (row + 0.75) * LINE_HEIGHT;
  const width = (text.length * CHARACTER_WIDTH).toFixed(1);
  return text === ''
    ? ''
    : `<text x="${MARGIN}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${xmlText(text)}</text>`;
}

/**
 * @param {readonly Frame[]} frames
 * @returns {string}
 */
function draw(frames) {
  const all = (frames.at(-1)?.at ?? 0) + REST;
  const drawn = frames.map(({ at, lines }, index) => {
    const from = (at / all).toFixed(4);
    const until = frames[index + 1]?.at;
    const isFirst = index === 0;
    const values = [...(isFirst ? [] : ['hidden']), 'visible', ...(until === undefined ? [] : ['hidden'])];
    const times = [
      ...(isFirst ? [] : ['0']),
      isFirst ? '0' : from,
      ...(until === undefined ? [] : [(until / all).toFixed(4)]),
    ];
    // What does not move shows the frame in the middle.
    const visibility = index === Math.floor(frames.length / 2) ? 'visible' : 'hidden';
    const animation =
      `<animate attributeName="visibility" calcMode="discrete" repeatCount="indefinite" dur="${(all / 1000).toFixed(2)}s" ` +
      `values="${values.join(';')}" keyTimes="${times.join(';')}"/>`;
    return `<g visibility="${visibility}">${animation}${lines.map(drawLine).join('')}</g>`;
  });
  const width = 2 * MARGIN + COLUMNS * CHARACTER_WIDTH;
  const height = 2 * MARGIN + ROWS * LINE_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>mapcp copies a tree, with a bar that shows how far it is</title>',
    '<style>text { font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }</style>',
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

await runScript(async () => {
  const [picture] = process.argv.slice(2);
  if (picture === undefined) {
    throw new ToolError('usage: node build/picture.mjs PICTURE.svg');
  }
  const directory = mkdtempSync(join(tmpdir(), 'mapcp-picture-'));
  try {
    prepare(directory);
    writeFileSync(picture, draw(await record(directory)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return 0;
});
