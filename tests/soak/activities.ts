// The activities of a soak.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CopyError, type CopyOptions, clean, copy, openSandbox } from 'mapcp';
import { type Directory, make } from '../behaviour/random-tree.js';
import { look } from '../behaviour/tree.js';
import { copiers } from '../faults/copy-processes.js';
import type { Way } from '../faults/faulty-host.js';
import { type Ending, FaultySandbox } from '../faults/faulty-sandbox.js';
import { copyHostileTree } from '../faults/hostile-tree.js';
import { copyCommands, kill } from '../faults/killed-copies.js';
import { brokenPromises, isTemporary } from '../faults/promises.js';
import { argumentsFor } from '../faults/recovery.js';
import { faultsOf } from '../faults/scenarios.js';
import { predictTarget, type Tree, withAnyTimes } from '../helpers/oracle.js';
import { type Chance, older } from './chance.js';

const FAULTS = 20;
const RACES = 20;

/** Runs in an empty directory. Returns what is wrong, and how many copies were made. */
export type Activity = (
  chance: Chance,
  directory: string,
) => Promise<{ wrong: readonly string[]; copies: number }>;

/** Copies a tree, to a new target or over an older one. */
const copies: Activity = async (chance, directory) => {
  const before = prepare(directory, chance.tree(), chance.coin());
  const options = chance.options();
  await copy(join(directory, 'in/a'), join(directory, 'out/b'), options);
  return { wrong: differences(directory, before, options), copies: 1 };
};

/** Copies all shards of a tree at once. */
const shards: Activity = async (chance, directory) => {
  const before = prepare(directory, chance.tree(), chance.coin());
  const options = chance.options();
  const count = 1 + chance.below(3);
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      copy(join(directory, 'in/a'), join(directory, 'out/b'), { ...options, shard: { index, count } }),
    ),
  );
  return { wrong: differences(directory, before, options), copies: count };
};

/** Copies a tree and an older one to the same target at once. */
const contests: Activity = async (chance, directory) => {
  const tree = chance.tree();
  prepare(directory, tree, false);
  make(join(directory, 'in/older'), older(tree));
  await Promise.all(
    ['a', 'older'].map((name) =>
      copy(join(directory, 'in', name), join(directory, 'out/b'), {
        ...chance.options(),
        preserveMode: false,
      }),
    ),
  );
  const found = look(join(directory, 'out/b'));
  const whole = ['a', 'older'].map((name) => look(join(directory, 'in', name)));
  const wrong = Object.entries(found)
    .filter(([path, { kind, content }]) =>
      whole.every((tree) => tree[path]?.kind !== kind || tree[path]?.content !== content),
    )
    .map(([path]) => `'${path}' is of neither tree`);
  const missing = Object.keys(whole[0] ?? {}).filter((path) => found[path] === undefined);
  return { wrong: [...wrong, ...missing.map((path) => `'${path}' is missing`)], copies: 2 };
};

/** Aborts the copy of a tree, or closes its sandbox, and copies it again. */
const aborts: Activity = async (chance, directory) => {
  const before = prepare(directory, chance.forest(), chance.coin());
  const options = chance.options();
  const controller = new AbortController();
  using box = await openSandbox({
    '/in': { path: join(directory, 'in'), access: 'read' },
    '/out': { path: join(directory, 'out'), access: 'read-write' },
  });
  const task = box.copy('/in/a', '/out/b', { ...options, signal: controller.signal });
  const ending = task.then(
    () => undefined,
    (error: unknown) => error,
  );
  for (let turns = chance.below(30); turns > 0; turns--) {
    await nextTurn();
  }
  if (chance.coin()) {
    controller.abort();
  } else {
    box.close();
  }
  const error = await ending;
  const isExpected =
    error === undefined ||
    error === controller.signal.reason ||
    String(error) === 'Error: the sandbox is closed';
  const found = look(join(directory, 'out'));
  await copy(join(directory, 'in/a'), join(directory, 'out/b'), options);
  const complete = predictTarget(look(join(directory, 'in')), before, options);
  return {
    wrong: [
      ...(isExpected ? [] : [`it ended with ${error}`]),
      ...brokenPromises({ before, complete, found, succeeded: error === undefined }),
      ...differences(directory, before, options),
    ],
    copies: 2,
  };
};

/** Makes some calls of the copies of a tree fail. */
const faults: Activity = async (chance, directory) => {
  const tree = chance.tree();
  const isOver = chance.coin();
  const scenario = {
    name: 'any tree',
    options: {
      ...chance.options(),
      // Only this thread has the host with faults, and that host always carries permissions.
      concurrency: 1,
      preserveMode: true,
      overwrite: chance.of(['always', 'always', 'never']),
    } satisfies CopyOptions,
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
    // An interrupted read or write is repeated forever.
    const goesOn = fault !== 'short' && fault !== 'interrupted' && chance.below(4) === 0;
    const ending = await sandbox.copy((_, each) =>
      each === number || (goesOn && each > number) ? fault : undefined,
    );
    if (ending.error !== undefined && !(ending.error instanceof CopyError)) {
      throw ending.error;
    }
    // A temporary file stays if it cannot be removed.
    const mayLeave = goesOn || call === 'unlinkFileAt';
    if (mayLeave) {
      sandbox.clean();
    }
    const again = await sandbox.copyAgain();
    const here = `call ${number}, ${call}, ${goesOn ? 'and all after it ' : ''}${fault}`;
    // If a file system refuses to set times, that is only a warning. A second copy may keep what the first one finished.
    const refusesTimes = fault === 'access' && (goesOn || call === 'setTimes' || call === 'setTimesAt');
    const check = (copy: Ending) =>
      brokenPromises(refusesTimes ? { ...copy, complete: withAnyTimes(copy.complete) } : copy);
    wrong.push(
      ...check({ ...ending, found: mayLeave ? again.before : ending.found }).map(
        (what) => `${here}: ${what}`,
      ),
    );
    wrong.push(...check(again).map((what) => `after ${here}: ${what}`));
    if (!again.succeeded || ending.descriptorsLeft !== 0) {
      wrong.push(`${here}: ${ending.descriptorsLeft} descriptors left, then ${again.error}`);
    }
  }
  return { wrong, copies: 2 * FAULTS };
};

/** Kills the copy of a tree. */
const kills: Activity = async (chance, directory) => {
  const before = prepare(directory, chance.tree(), chance.coin());
  const out = join(directory, 'out');
  const frontend = chance.of(
    copyCommands.filter(({ missing }) => !missing) as [(typeof copyCommands)[number]],
  );
  const options = {
    ...chance.options(),
    preserveMode: frontend.hasModes,
    ...(!frontend.hasThreads && { concurrency: undefined }),
  };
  const command = [...frontend.command(directory), ...argumentsFor(options)];
  await kill(command, directory, chance.below(10));
  const left = Object.keys(look(out)).filter(isTemporary).length;
  const cleaned = await clean(out);
  const found = look(out);
  const complete = predictTarget(look(join(directory, 'in')), before, options);
  await copy(join(directory, 'in/a'), join(out, 'b'), options);
  return {
    wrong: [
      ...(cleaned === left ? [] : [`${cleaned} of ${left} unfinished files were cleaned`]),
      ...brokenPromises({ before, complete, found, succeeded: false }),
      ...differences(directory, before, options),
    ],
    copies: 2,
  };
};

/** Copies a tree while another process changes it. */
const races: Activity = async (chance, directory) => {
  const copier = chance.of(copiers.filter(({ missing }) => !missing) as [(typeof copiers)[number]]);
  const { wrong } = await copyHostileTree(directory, copier, RACES, [], {
    verify: chance.coin(),
    ...(copier.hasThreads && { concurrency: chance.of([1, 2]) }),
  });
  return { wrong, copies: RACES + 1 };
};

/** All activities by name. */
export const activities = { copies, shards, contests, aborts, faults, kills, races } as const;

/** Puts a tree into `in/a`, and, if `isOver`, an older one into `out/b`. Returns the entries of `out`. */
function prepare(directory: string, tree: Directory, isOver: boolean): Tree {
  mkdirSync(join(directory, 'in'));
  mkdirSync(join(directory, 'out'));
  make(join(directory, 'in/a'), tree);
  if (isOver) {
    make(join(directory, 'out/b'), older(tree));
  }
  return look(join(directory, 'out'));
}

/** Compares `out` with a complete copy of `in/a`, and returns the differences. */
function differences(directory: string, before: Tree, options: CopyOptions): string[] {
  const complete = predictTarget(look(join(directory, 'in')), before, options);
  return brokenPromises({ before, complete, found: look(join(directory, 'out')), succeeded: true });
}
