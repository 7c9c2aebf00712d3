import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest files, slowest first. Their cases are elsewhere, so their size does not show how long they take. */
const slowest = [
  'tests/runtimes/runtimes.test.ts',
  'tests/behaviour/command-line.test.ts',
  'tests/faults/killed.test.ts',
  'tests/faults/every-call.test.ts',
  'tests/browser/storage-ways.test.ts',
  'tests/cli/large.test.ts',
];

/** Starts the slowest files first, so that at the end no processor waits for another. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = slowest.indexOf(relative(import.meta.dirname, moduleId));
      return index === -1 ? slowest.length : index;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Only a test that hangs may take so long: these tests also run on machines that have much else to do.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    // The default leaves one processor free, which halves the speed on two.
    maxWorkers: '100%',
    sequence: { sequencer: SlowestFirst },
  },
});
