// Runs fuzzers:
// `node tests/fuzz/run.mjs hunt SECONDS TARGET...` runs each for that long and prints a line about it.
// `node tests/fuzz/run.mjs merge TARGET...` adds the inputs that reach more code to the seeds.
//
// Fails if a fuzzer finds a fault. The input stays in build/out/fuzz, and is run again to show the fault.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import process from 'node:process';

// Absolute, because the fuzzed code changes its working directory.
const OUT = resolve('build/out/fuzz');
const SEEDS = resolve('tests/fuzz/corpus');

/** Longer inputs are slower, and reach no more code. */
const LIMITS = ['-max_len=256', '-timeout=20'];
/** Hides the output of the fuzzed code, but not the fuzzer's own. */
const SILENCE = ['-close_fd_mask=3', '-verbosity=0', '-print_final_stats=1'];

const programOf = (/** @type {string} */ target) => `${OUT}/${target}`;
const foundBy = (/** @type {string} */ target) => `${OUT}/corpus/${target}`;
const seedsOf = (/** @type {string} */ target) => `${SEEDS}/${target}`;

/**
 * @param {string} target
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number | null, said: string }>} its exit status and its output
 */
async function run(target, args) {
  const fuzzer = spawn(programOf(target), [...LIMITS, ...SILENCE, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  fuzzer.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const [status] = await once(fuzzer, 'close');
  return { status, said };
}

/**
 * Searches for inputs that break a target.
 *
 * @param {string} target
 * @param {string} seconds
 * @returns {Promise<{ good: boolean, executions: number }>}
 */
async function hunt(target, seconds) {
  const dictionary = resolve(`tests/fuzz/${target}.dict`);
  const { status, said } = await run(target, [
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${OUT}/${target}-`,
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
    foundBy(target),
    seedsOf(target),
  ]);
  const executions = Number(/^stat::number_of_executed_units: *(\d+)$/m.exec(said)?.[1] ?? 0);
  const good = status === 0 && executions > 0;
  if (good) {
    console.log(`${target}: ${executions} executions in ${seconds} seconds, crashes: none`);
  } else {
    await explain(target, status, said);
  }
  return { good, executions };
}

/**
 * Prints what a fuzzer has found.
 *
 * @param {string} target
 * @param {number | null} status
 * @param {string} said
 */
async function explain(target, status, said) {
  const input = /Test unit written to (.+)$/m.exec(said)?.[1];
  if (input === undefined) {
    console.error(`${said}${target}: could not be run, and ended with status ${status}`);
    return;
  }
  const again = spawn(programOf(target), [...LIMITS, input], { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(again, 'close');
  const command = [programOf(target), input].map((path) => relative('.', path)).join(' ');
  console.error(`${target}: FOUND an input that breaks it; see it again with: ${command}`);
}

/**
 * Hunts in each target, with one fuzzer per processor.
 *
 * @param {string} seconds
 * @param {readonly string[]} targets
 * @returns {Promise<boolean>} whether nothing was found
 */
async function huntAll(seconds, targets) {
  const waiting = [...targets];
  /** @type {{ good: boolean, executions: number }[]} */
  const outcomes = [];
  const work = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      outcomes.push(await hunt(target, seconds));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const executions = outcomes.reduce((sum, outcome) => sum + outcome.executions, 0);
  const broken = outcomes.filter(({ good }) => !good).length;
  console.log(
    `fuzzed ${targets.join(', ')}: ${executions} executions in all, crashes: ${broken === 0 ? 'none' : `in ${broken}`}`,
  );
  return broken === 0;
}

/**
 * Chooses the unnamed seeds again: as few as reach all the code that was reached.
 *
 * @param {string} target
 * @returns {Promise<boolean>} whether it succeeded
 */
async function merge(target) {
  for (const name of readdirSync(seedsOf(target)).filter((name) => /^[0-9a-f]{40}$/.test(name))) {
    renameSync(`${seedsOf(target)}/${name}`, `${foundBy(target)}/${name}`);
  }
  const { status, said } = await run(target, [
    ...['-merge=1', '-set_cover_merge=1', '-use_counters=0'],
    seedsOf(target),
    foundBy(target),
  ]);
  console.log(
    status === 0
      ? `${target}: ${readdirSync(foundBy(target)).length} inputs were found, and ${readdirSync(seedsOf(target)).length} are kept`
      : `${said}${target}: could not be merged`,
  );
  return status === 0;
}

const [mode = '', ...args] = process.argv.slice(2);
const targets = mode === 'hunt' ? args.slice(1) : args;
// libFuzzer would take 0 as no limit.
if (mode === 'hunt' && !(Number(args[0]) >= 1)) {
  throw new Error(`SECONDS must be a number from 1 on, and is '${args[0]}'`);
}
for (const target of targets) {
  mkdirSync(foundBy(target), { recursive: true });
}
const good =
  mode === 'hunt'
    ? await huntAll(args[0] ?? '', targets)
    : (await Promise.all(targets.map(merge))).every((merged) => merged);
process.exitCode = good ? 0 : 1;
