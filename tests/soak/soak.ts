// Copies, faults, kills and races at random for as long as is asked for, everything checked: `make soak MINUTES=60`.
//
// Prints a seed at the start, counts every minute, and at the end whether a promise was broken. Each round has a seed of
// its own, and `make soak ROUND=…` repeats that one; what a race or a kill meets, only the clock knows.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { CopyError, type CopyOptions, clean, copy } from 'mapcp';
import { anyDirectory, type Directory, make, type Node } from '../behaviour/random-tree.js';
import { look } from '../behaviour/tree.js';
import { completed, completedIn } from '../faults/complete.js';
import type { Way } from '../faults/faulty-host.js';
import { FaultySandbox } from '../faults/faulty-sandbox.js';
import { raceInside } from '../faults/hostile-tree.js';
import { argumentsFor } from '../faults/menders.js';
import { brokenPromises, isTemporary } from '../faults/promises.js';
import { racers } from '../faults/racers.js';
import { randomNumbers } from '../faults/random-numbers.js';
import { faultsOf } from '../faults/scenarios.js';
import { kill, victims } from '../faults/victims.js';
import { inMemoryDirectory } from '../helpers/directory.js';

const MINUTES = Number(process.env.MINUTES ?? 1);
if (!(MINUTES > 0)) {
  throw new Error(`MINUTES must be a number above 0, and is '${process.env.MINUTES}'`);
}
const ROUND = process.env.ROUND;
const FAULTS = 40;
const RACES = 50;

/** Random choices, which the seed of a round repeats. */
class Chance {
  readonly #random: () => number;
  readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#random = randomNumbers(seed);
  }

  /** A whole number from 0 to below `most`. */
  below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** A tree that its maker can remove again. */
  tree(): Directory {
    const [tree] = fc.sample(anyDirectory(true), { seed: this.below(2 ** 31), numRuns: 1 });
    return tree === undefined ? this.tree() : (changed(tree, (mode) => mode | 0o700, 0) as Directory);
  }

  options(): CopyOptions {
    return {
      recursive: true,
      verify: this.below(2) === 0,
      sync: this.below(4) === 0,
      preserveTimestamps: this.below(2) === 0,
      sparse: this.of(['auto', 'always', 'never']),
      windowSize: this.of([65_536, 1_048_576]),
    };
  }
}

/** The same tree with other modes and other contents. */
function changed(node: Node, modeOf: (mode: number) => number, seed: number): Node {
  if (node.kind === 'link') {
    return node;
  }
  if (node.kind === 'file') {
    return { ...node, seed: (node.seed + seed) % 256 };
  }
  const entries = Object.entries(node.entries).map(([name, entry]) => [name, changed(entry, modeOf, seed)]);
  return { ...node, mode: modeOf(node.mode), entries: Object.fromEntries(entries) };
}

/** What is done in a round, in an empty directory; returns what is wrong, and how many copies were made. */
type Activity = (chance: Chance, directory: string) => Promise<{ wrong: readonly string[]; copies: number }>;

/** Copies a tree, to nothing or over an older one. */
const copies: Activity = async (chance, directory) => {
  const tree = chance.tree();
  prepare(directory, tree, chance.below(2) === 0);
  const options = chance.options();
  const out = join(directory, 'out');
  const before = look(out);
  const complete = completed({ source: look(join(directory, 'in')), before, to: 'b', options });
  await copy(join(directory, 'in/a'), join(out, 'b'), options);
  return { wrong: brokenPromises({ before, complete, found: look(out), succeeded: true }), copies: 1 };
};

/** Has some calls of the copies of a tree fail. */
const faults: Activity = async (chance, directory) => {
  const tree = chance.tree();
  const isOver = chance.below(2) === 0;
  const scenario = {
    name: 'any tree',
    options: chance.options(),
    source: () => make(join(directory, 'in/a'), tree),
    target: () => (isOver ? make(join(directory, 'out/b'), older(tree)) : undefined),
  };
  const wrong: string[] = [];
  using sandbox = await FaultySandbox.open(scenario, chance.of<Way>(['in memory', 'by value']), directory);
  await sandbox.copy();
  const { calls } = sandbox;
  for (let count = 0; count < FAULTS; count++) {
    const number = chance.below(calls.length);
    const call = calls[number]?.name ?? 'write';
    const fault = chance.of(faultsOf[call] as [(typeof faultsOf)[typeof call][number]]);
    // A read or a write that is interrupted is made again, however often.
    const goesOn = fault !== 'short' && fault !== 'interrupted' && chance.below(4) === 0;
    const ending = await sandbox.copy((_, each) =>
      each === number || (goesOn && each > number) ? fault : undefined,
    );
    if (ending.error !== undefined && !(ending.error instanceof CopyError)) {
      throw ending.error;
    }
    if (goesOn) {
      sandbox.clean();
    }
    const again = await sandbox.copyAgain();
    const here = `call ${number}, ${call}, ${goesOn ? 'and all after it ' : ''}${fault}`;
    wrong.push(
      ...brokenPromises({ ...ending, found: goesOn ? again.before : ending.found }).map(
        (what) => `${here}: ${what}`,
      ),
    );
    wrong.push(...brokenPromises(again).map((what) => `after ${here}: ${what}`));
    if (!again.succeeded || ending.descriptorsLeft !== 0) {
      wrong.push(`${here}: ${ending.descriptorsLeft} descriptors left, then ${again.error}`);
    }
  }
  return { wrong, copies: 2 * FAULTS };
};

/** Kills the copy of a tree. */
const kills: Activity = async (chance, directory) => {
  const tree = chance.tree();
  prepare(directory, tree, chance.below(2) === 0);
  const out = join(directory, 'out');
  const before = look(out);
  const victim = chance.of(victims.filter(({ missing }) => !missing) as [(typeof victims)[number]]);
  const command = [...victim.command(directory), ...argumentsFor({ recursive: true })];
  await kill(command, directory, chance.below(10));
  const left = Object.keys(look(out)).filter(isTemporary).length;
  const cleaned = await clean(out);
  const found = look(out);
  const complete = completedIn(directory, before, { preserveMode: victim.hasModes });
  await copy(join(directory, 'in/a'), join(out, 'b'), { recursive: true });
  return {
    wrong: [
      ...(cleaned === left ? [] : [`${cleaned} of ${left} unfinished files were cleaned`]),
      ...brokenPromises({ before, complete, found, succeeded: false }),
      ...brokenPromises({ before, complete, found: look(out), succeeded: true }),
    ],
    copies: 2,
  };
};

/** Copies a tree that another process wrecks. */
const races: Activity = async (chance, directory) => {
  const racer = chance.of(racers.filter(({ missing }) => !missing) as [(typeof racers)[number]]);
  const { wrong } = await raceInside(directory, racer, RACES);
  return { wrong, copies: RACES + 1 };
};

const activities = { copies, faults, kills, races };

function older(tree: Directory): Node {
  return changed(tree, (mode) => mode, 1);
}

function prepare(directory: string, tree: Directory, isOver: boolean): void {
  mkdirSync(join(directory, 'in'));
  mkdirSync(join(directory, 'out'));
  make(join(directory, 'in/a'), tree);
  if (isOver) {
    make(join(directory, 'out/b'), older(tree));
  }
}

const done = new Map(Object.keys(activities).map((name) => [name, 0]));
let copied = 0;

/** Runs the round with this seed; false where it breaks a promise. */
async function run(seed: number): Promise<boolean> {
  const chance = new Chance(seed);
  const name = chance.of(['copies', 'faults', 'kills', 'races'] as const);
  let wrong: readonly string[];
  try {
    const result = await inMemoryDirectory((directory) => activities[name](chance, directory));
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

function report(start: number): void {
  const counts = [...done].map(([name, count]) => `${count} of ${name}`).join(', ');
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  const descriptors = readdirSync('/proc/self/fd').length;
  console.log(
    `${minutes} minutes: ${copied} copies in rounds: ${counts}; ${memory} MiB, ${descriptors} descriptors`,
  );
}

async function soak(): Promise<boolean> {
  const start = performance.now();
  const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`SEED=${first}`);
  let good = true;
  let told = start;
  for (let round = 0; good && performance.now() - start < MINUTES * 60_000; round++) {
    good = await run(first + round);
    if (performance.now() - told > 60_000) {
      report(start);
      told = performance.now();
    }
  }
  report(start);
  console.log(good ? 'no promise was broken' : 'a promise was broken');
  return good;
}

process.exitCode = (ROUND === undefined ? await soak() : await run(Number(ROUND))) ? 0 : 1;
