// Writes the options into the documentation and the fuzzer's dictionary: `node build/document.mjs [--check]`.
//
// The command line's options come from the component's table, and the API's from the doc comments of
// ts/common/options.ts. With --check it changes nothing, and fails if a file is stale.

import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import ts from 'typescript';
import { runScript, ToolError } from './clang.mjs';
import { allOptions, listedOptions } from './options.mjs';

const WIDTH = 120;

/**
 * @param {string} text
 * @param {string} part what stands in the markers
 * @param {string} content what to put between them
 * @returns {string}
 */
function withPart(text, part, content) {
  const [begin, end] = [`<!-- ${part}: begin -->\n`, `<!-- ${part}: end -->`];
  const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
  if (start < 0 || stop < start) {
    throw new ToolError(`a document has no markers for ${part}`);
  }
  return text.slice(0, start + begin.length) + content + text.slice(stop);
}

/**
 * @param {string} text
 * @param {string} indent of the lines after the first
 * @returns {string} the text in lines
 */
function wrapped(text, indent) {
  const lines = [''];
  // Code stays on one line.
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    const last = lines.at(-1) ?? '';
    if (last.trim() !== '' && `${last} ${word}`.length > WIDTH) {
      lines.push(indent + word);
    } else {
      lines[lines.length - 1] = last.trim() === '' ? last + word : `${last} ${word}`;
    }
  }
  return lines.join('\n');
}

/**
 * The list of docs/command-line.md: of each option, its names and its clause of --help. What was written behind that stays.
 * @param {string} document
 * @returns {Promise<string>}
 */
async function commandLineList(document) {
  const details = new Map(
    [...document.matchAll(/^- (?:`-\w`, )?`--([\w-]+)[^`]*`: (.*(?:\n {2}.*)*)/gm)].map(
      ([, name, text = '']) => [name, text.replaceAll(/\s+/g, ' ').replace(/^.*?\.(?= |$) ?/, '')],
    ),
  );
  const options = await listedOptions();
  let section = '';
  let list = '';
  for (const option of options) {
    const { name, letters, value, help, default: initial, choices } = option;
    if (option.section !== section) {
      ({ section } = option);
      list += `\n${section}\n\n`;
    }
    const letter = letters === '' ? '' : `\`-${letters[0]}\`, `;
    const term = `${letter}\`--${name}${value === undefined ? '' : ` <${value}>`}\``;
    const byDefault = initial === undefined || choices.length > 0 ? '' : ` (default ${initial})`;
    const clause = `${help[0]?.toUpperCase()}${help.slice(1)}${byDefault}.`;
    // Options and patterns are code.
    const marked = clause.replaceAll(
      /'[^']+'|(?<!\S|\()--?[a-z][\w-]*|(?<=\()-\w/gi,
      (it) => `\`${it.replaceAll("'", '')}\``,
    );
    list += `${wrapped(`- ${term}: ${marked} ${details.get(name) ?? ''}`, '  ')}\n`;
  }
  return `${list}\n`;
}

/**
 * The table of docs/api.md.
 * @returns {string}
 */
function apiTable() {
  const file = 'ts/common/options.ts';
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const options = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'CopyOptions',
  );
  if (options === undefined || !ts.isInterfaceDeclaration(options)) {
    throw new ToolError(`${file} has no CopyOptions`);
  }
  const rows = options.members.filter(ts.isPropertySignature).map((member) => {
    const comments = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
    const text = ts.getTextOfJSDocComment(comments[0]?.comment) ?? '';
    const initial = ts.getTextOfJSDocComment(
      ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default')?.comment,
    );
    const [sentence = ''] = /^.*?\.(?=\s|$)/.exec(text.replaceAll(/\s+/g, ' ')) ?? [];
    const type = (member.type?.getText(source) ?? '').replaceAll(/\s+/g, ' ').replace(/ \| undefined$/, '');
    const code = (/** @type {string} */ it) => (/^[\w'[\]]+$/.test(it) ? `\`${it}\`` : it);
    return [
      `\`${member.name.getText(source)}\``,
      `\`${type.replace(/^readonly string\[\]$/, 'string[]').replace(/^\(\((\w+): (\w+)\) => unknown\)$/, '($1: $2) => unknown')}\``.replaceAll(
        ' | ',
        '` or `',
      ),
      initial === undefined ? '' : code(initial),
      sentence,
    ];
  });
  return `\n${table([['option', 'type', 'default', 'meaning'], ...rows])}\n`;
}

/**
 * @param {readonly (readonly string[])[]} rows the first are headings
 * @returns {string} a table, padded so that it can be read as text
 */
function table(rows) {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`;
  return line(head) + rule + rows.slice(1).map(line).join('');
}

/**
 * The fuzzer's dictionary: every option, with a value if it takes one, and the names of its workplace.
 * @returns {Promise<string>}
 */
async function dictionary() {
  const values = ['1', '0/2', '64K', 'g', 'd'];
  const words = (await allOptions()).flatMap(({ name, letters, value, choices }) => [
    ...Array.from(letters, (letter) => `-${letter}`),
    `--${name}`,
    ...(value === undefined ? [] : (choices.length > 0 ? choices : values).map((it) => `--${name}=${it}`)),
  ]);
  const names = ['--', 'f', 'd', 'd/e', 'g', '.', 'x/y'];
  const lines = [...words, ...names].map((word) => `"${word}\\x00"\n`);
  return `# The options, each with the NUL that ends it. build/document.mjs writes this.\n${lines.join('')}`;
}

await runScript(async () => {
  const [option] = process.argv.slice(2);
  if (option !== undefined && option !== '--check') {
    throw new ToolError('usage: node build/document.mjs [--check]');
  }
  const read = (/** @type {string} */ file) => readFileSync(file, 'utf8');
  const commandLine = read('docs/command-line.md');
  const due = {
    'docs/command-line.md': withPart(commandLine, 'options', await commandLineList(commandLine)),
    'docs/api.md': withPart(read('docs/api.md'), 'options', apiTable()),
    'tests/fuzz/arguments.dict': await dictionary(),
  };
  const stale = Object.entries(due).filter(([file, text]) => text !== read(file));
  if (option === '--check') {
    if (stale.length > 0) {
      throw new ToolError(`${stale.map(([file]) => file).join(' and ')}: run 'make document'`);
    }
    return 0;
  }
  for (const [file, text] of stale) {
    writeFileSync(file, text);
  }
  return 0;
});
