import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['./helpers/slack-scopes.ts', './helpers/global-setup.ts'],
    // Real servers: most of a test's time is waiting, so two cores carry three files at once.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
