// Copies, with random faults, kills, aborts and races, and checks each copy: `make soak MINUTES=60`.
//
// Prints a seed at the start, counts every minute, and at the end the broken promises and leaks. `make soak SEED=…`
// repeats a run. Each round has a seed of its own, and `make soak ROUND=…` repeats that round. Only the timing of races
// and kills varies.

import process from 'node:process';
import { inMemoryDirectory } from '../helpers/directory.js';
import { activities } from './activities.js';
import { Chance } from './chance.js';
import { describe, type Holdings, holdings, leaksSince } from './leaks.js';

const MINUTES = Number(process.env.MINUTES ?? 1);
if (!(MINUTES > 0)) {
  throw new Error(`MINUTES must be a number above 0, and is '${process.env.MINUTES}'`);
}
const ROUND = process.env.ROUND;

type Name = keyof typeof activities;
const names = Object.keys(activities) as Name[];

/** After this many rounds, every activity has run once, and caches are filled. */
const EARLY = names.length;
/** The minimum, if the time is short: every activity runs twice. */
const LEAST = 2 * EARLY;

const done = new Map(names.map((name) => [name, 0]));
let copied = 0;

/** Runs the round of a seed. Returns false if it breaks a promise. */
async function run(seed: number): Promise<boolean> {
  // The activities take turns.
  const name = names[seed % names.length] ?? 'copies';
  let wrong: readonly string[];
  try {
    const result = await inMemoryDirectory((directory) => activities[name](new Chance(seed), directory));
    wrong = result.wrong;
    copied += result.copies;
  } catch (error) {
    wrong = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  done.set(name, (done.get(name) ?? 0) + 1);
  for (const what of wrong) {
    console.error(`${name}: ${what}`);
  }
  if (wrong.length > 0) {
    console.error(`repeat it with: make soak ROUND=${seed}`);
  }
  return wrong.length === 0;
}

function report(start: number, has: Holdings): void {
  const counts = [...done].map(([name, count]) => `${count} of ${name}`).join(', ');
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  console.log(`${minutes} minutes: ${copied} copies in rounds: ${counts}; ${describe(has)}`);
}

async function soak(): Promise<boolean> {
  const start = performance.now();
  const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`SEED=${first}`);
  let good = true;
  let told = start;
  let early = await holdings();
  let copiedEarly = 0;
  for (let round = 0; good && (round < LEAST || performance.now() - start < MINUTES * 60_000); round++) {
    good = await run(first + round);
    if (round + 1 === EARLY) {
      early = await holdings();
      copiedEarly = copied;
    }
    if (performance.now() - told > 60_000) {
      report(start, await holdings());
      told = performance.now();
    }
  }
  const last = await holdings();
  report(start, last);
  if (!good) {
    console.log('a promise was broken');
    return false;
  }
  console.log(`no promise was broken; early on there were ${describe(early)}`);
  const leaks = leaksSince(early, last, copied - copiedEarly);
  for (const leak of leaks) {
    console.error(leak);
  }
  console.log(leaks.length > 0 ? 'something leaks' : 'nothing leaks');
  return leaks.length === 0;
}

process.exitCode = (ROUND === undefined ? await soak() : await run(Number(ROUND))) ? 0 : 1;
