import { expect, it, vi } from 'vitest'

import { figuresOf } from '../helpers/figures-of.ts'

// Several programs are started for each: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 })

it('measures bulk actions: every job is dealt with, beside the loops and the calls that do the same', async () => {
  const speeds = { ours_per_s: expect.any(Number), naive_per_s: expect.any(Number) }
  const part = (done: number) => ({ ...speeds, max_block_ms: expect.any(Number), done })
  expect(await figuresOf('bulk')).toMatchObject({
    bench: 'bulk',
    quarantine: part(600),
    release: part(600),
    retry: { ...part(600), retry_jobs_per_s: expect.any(Number) },
    poison: { ...part(300), naive_removed: 300, drain_per_s: expect.any(Number) },
    rss_mb: expect.any(Number),
  })
})

it('kills bot, Redis or PostgreSQL while jobs are quarantined and released: each is in one place', async () => {
  expect(await figuresOf('chaos-bulk')).toMatchObject({
    bench: 'chaos-bulk',
    runs: 1,
    lost: 0,
    repeated: 0,
    unaudited: 0,
    unapproved: 0,
    stuck: 0,
    found: [],
  })
})
