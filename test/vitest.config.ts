import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['./helpers/slack-scopes.ts', './helpers/global-setup.ts'],
    // Real servers on two cores: one file at a time per core, and patience.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
