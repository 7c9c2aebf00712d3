import fc from 'fast-check';
import type { CopyOptions } from 'mapcp';
import { anyDirectory, type Directory, type Node } from '../behaviour/random-tree.js';
import { randomNumbers } from '../faults/random-numbers.js';

/** Random choices that repeat with their seed. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  /** A whole number of at least 0 and less than `most`. */
  below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  coin(): boolean {
    return this.below(2) === 0;
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** A tree that its owner can remove. */
  tree(): Directory {
    const [tree] = fc.sample(anyDirectory(true), { seed: this.below(2 ** 31), numRuns: 1 });
    return tree === undefined ? this.tree() : changed(tree, (mode) => mode | 0o700, 0);
  }

  /** A directory of eight trees, whose copy takes several steps. */
  forest(): Directory {
    const trees = Array.from({ length: 8 }, (_, index) => [`${index}`, this.tree()]);
    return { kind: 'directory', time: 1_000_000, mode: 0o755, entries: Object.fromEntries(trees) };
  }

  /** Options that exclude nothing. */
  options(): CopyOptions {
    return {
      recursive: true,
      verify: this.coin(),
      sync: this.below(4) === 0,
      preserveTimestamps: this.coin(),
      preserveMode: this.below(4) > 0,
      sparse: this.of(['auto', 'always', 'never']),
      windowSize: this.of([65_536, 1_048_576]),
      concurrency: this.of([1, 1, 2]),
    };
  }
}

/** The same tree with other contents. */
export function older(tree: Directory): Directory {
  return changed(tree, (mode) => mode, 1);
}

function changed<Kind extends Node>(node: Kind, modeOf: (mode: number) => number, seed: number): Kind {
  if (node.kind === 'link') {
    return node;
  }
  if (node.kind === 'file') {
    return { ...node, seed: (node.seed + seed) % 256 };
  }
  const entries = Object.entries(node.entries).map(([name, entry]) => [name, changed(entry, modeOf, seed)]);
  return { ...node, mode: modeOf(node.mode), entries: Object.fromEntries(entries) };
}
