import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The default of a second is too short on a busy machine.
    expect: { poll: { timeout: 60_000 } },
    // The default leaves one processor free, which halves the speed on two.
    maxWorkers: '100%',
  },
});
