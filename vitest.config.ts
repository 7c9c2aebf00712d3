import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One fewer would be usual, and half the speed on two processors.
    maxWorkers: '100%',
  },
});
