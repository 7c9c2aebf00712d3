import { expect, it } from 'vitest';
import { Pace } from '../../ts/task/pace.js';

const MiB = 1024 * 1024;

/** The budget in MiB after steps that each took so long per MiB, and at least `least` in all. */
function budgetAfter(steps: number, perMiB: number, least = 0): number {
  const pace = new Pace();
  for (let step = 0; step < steps; step++) {
    pace.took(Math.max((Number(pace.budget) / MiB) * perMiB, least));
  }
  return Number(pace.budget) / MiB;
}

it('a step aims at ten milliseconds, however fast the disk is', () => {
  expect(budgetAfter(20, 1)).toBeCloseTo(10);
  expect(budgetAfter(20, 0.5)).toBeCloseTo(20);
  expect(budgetAfter(20, 5)).toBeCloseTo(2);
});

it('a step has between 1 and 64 MiB, and may take no time', () => {
  expect(budgetAfter(20, 1000)).toBe(1);
  expect(budgetAfter(20, 0)).toBe(64);
});

it('one slow step halves the next, and no more', () => {
  const before = budgetAfter(20, 0.5);
  const pace = new Pace();
  expect(budgetAfter(1, 0, 1e6)).toBe(Number(pace.budget) / MiB / 2);
  expect(budgetAfter(21, 0.5)).toBeCloseTo(before);
});
